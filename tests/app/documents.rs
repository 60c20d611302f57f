//! The documents: README.md, ARCHITECTURE.md and those in docs/, for the tests that hold them to
//! what they say. Which of them says it is no test's business.

use std::{fs, path::Path};

/// All of them, each by its path and with its text.
pub fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().display()));
    let mut names: Vec<String> = docs.filter(|name| name.ends_with(".md")).collect();
    names.extend(["README.md".into(), "ARCHITECTURE.md".into()]);
    names.sort();
    let text = |name: String| {
        let text = fs::read_to_string(root.join(&name)).unwrap();
        (name, text)
    };
    names.into_iter().map(text).collect()
}

/// What stands under that heading, up to the next one of any level.
pub fn section(heading: &str) -> String {
    let documents = documents();
    let found = documents
        .iter()
        .flat_map(|(_, text)| text.split("\n#").map(|part| part.trim_start_matches('#')));
    let found: Vec<&str> = found
        .filter_map(|part| part.trim_start().strip_prefix(heading)?.strip_prefix('\n'))
        .collect();
    assert_eq!(found.len(), 1, "sections with the heading {heading}");
    found[0].to_owned()
}
