//! Rules about the code itself.

use std::{fs, path::Path};

/// The files of Rust under that folder, and what is in them.
pub fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    assert!(!found.is_empty());
    found
}

#[test]
fn a_server_function_on_get_says_that_it_reads_only() {
    let mut counted = 0;
    for (file, text) in sources("src/pages")
        .into_iter()
        .chain([("src/pages.rs".into(), include_str!("../../src/pages.rs").into())])
    {
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains("#[server(") && line.contains("GetUrl"))
        {
            assert_eq!(lines[n - 1], "// reads only", "{file}:{}: {line}", n + 1);
            counted += 1;
        }
    }
    assert!(counted >= 8);
}

#[test]
fn v6_3_4_only_sign_in_logs_in() {
    let calls: usize =
        sources("src").iter().map(|(_, text)| text.matches("auth.login(").count()).sum();
    assert_eq!(calls, 1);
}

/// Everywhere else a new password would be as good as its length.
#[test]
fn a_new_password_is_looked_up_wherever_one_is_set() {
    let places: Vec<String> = sources("src")
        .into_iter()
        .filter(|(_, text)| text.contains("Password::parse_new("))
        .map(|(file, _)| file)
        .collect();
    assert_eq!(places.len(), 1, "{places:?}");
    assert!(places[0].ends_with("server/passwords/known.rs"));
}

#[test]
fn what_only_the_server_knows_hangs_on_one_line() {
    let lines: usize = sources("src")
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter(|line| line.contains("cfg(feature"))
        .count();
    assert!(lines <= 4, "{lines} lines with cfg(feature)");
}

#[test]
fn no_statement_is_put_together_from_what_people_typed() {
    for (file, text) in sources("src") {
        for wrong in ["AssertSqlSafe", "QueryBuilder", "query(&format!", "query_as(&format!"] {
            assert!(!text.contains(wrong), "{wrong} in {file}");
        }
    }
}

#[test]
fn a_step_of_the_schema_that_differs_is_there_for_both_engines() {
    let steps = |folder: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| name.ends_with(".sql"));
        names.sort();
        names
    };
    let (shared, apart) = (steps(""), steps("sqlite"));
    assert_eq!(apart, steps("postgres"));
    let number = |name: &String| name.split('_').next().unwrap().to_owned();
    assert!(apart.iter().all(|own| shared.iter().all(|other| number(own) != number(other))));
}

/// JSON writes both "nothing" and "something that is nothing" as `null`: a browser that takes over
/// such a page reads another value than the one that the server drew.
#[test]
fn nothing_that_travels_is_doubly_optional() {
    let places: Vec<String> = sources("src")
        .into_iter()
        .filter(|(file, text)| !file.contains("/server/") && text.contains("Option<Option<"))
        .map(|(file, _)| file)
        .collect();
    assert!(places.is_empty(), "{places:?}");
}

#[test]
fn v3_2_2_html_is_inserted_in_two_places_only() {
    let places: Vec<String> = sources("src")
        .into_iter()
        .filter(|(_, text)| text.contains("inner_html"))
        .map(|(file, _)| file)
        .collect();
    let mut places = places;
    places.sort();
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(places[0].ends_with("pages/article.rs"));
    assert!(places[1].ends_with("pages/article/responses.rs"));
}
