//! Rules about the code itself, and about its documents.

use std::{fs, path::Path};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::documents::documents;

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
        // Puts together names of tables and columns, which are the schema's.
        if file.ends_with("server/db/copying.rs") {
            continue;
        }
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

/// What the headings of a document are called in links to it, as GitHub makes it of them.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors = Vec::new();
    let mut heading = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let mut anchor = heading.take().unwrap().to_lowercase().replace(' ', "-");
                anchor.retain(|sign| sign.is_alphanumeric() || sign == '-' || sign == '_');
                let before = anchors.iter().filter(|other| **other == anchor).count();
                anchors.push(if before > 0 { format!("{anchor}-{before}") } else { anchor });
            }
            Event::Text(part) | Event::Code(part) => {
                heading.iter_mut().for_each(|heading| heading.push_str(&part));
            }
            _ => {}
        }
    }
    anchors
}

/// Where a document's links and pictures lead, but for those to other sites.
fn links(text: &str) -> Vec<String> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.into_string())
            }
            _ => None,
        })
        .filter(|link| !link.contains("://"))
        .collect()
}

/// A section that moves leaves links to it behind, which nothing else would notice.
#[test]
fn every_link_of_a_document_leads_somewhere() {
    let mut counted = 0;
    for (name, text) in documents() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
        for link in links(&text) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let there = if file.is_empty() { here.clone() } else { here.with_file_name(file) };
            assert!(there.exists(), "{name} links to {link}");
            if !anchor.is_empty() {
                let there = fs::read_to_string(there).unwrap();
                assert!(anchors(&there).iter().any(|own| own == anchor), "{name} links to {link}");
            }
            counted += 1;
        }
    }
    assert!(counted >= 60, "{counted}");
}

#[test]
fn every_document_is_linked_from_the_first_and_every_one_that_the_code_names_is_there() {
    let documents = documents();
    let is_there = |name: &str| documents.iter().any(|(document, _)| document == name);
    let (_, first) = documents.iter().find(|(name, _)| name == "README.md").unwrap();
    let linked = links(first);
    for (name, _) in documents.iter().filter(|(name, _)| name != "README.md") {
        assert!(linked.contains(name), "README.md does not link to {name}");
    }
    for (file, text) in ["src", "tests"].into_iter().flat_map(sources) {
        for rest in text.split("docs/").skip(1) {
            let name: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
            let named = rest[name.len()..].starts_with(".md");
            assert!(!named || is_there(&format!("docs/{name}.md")), "{file} names docs/{name}.md");
        }
    }
}
