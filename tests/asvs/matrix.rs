//! The table of requirements, and whether it holds what it says.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use crate::{documents::section, v3, v6, v7, v8};

/// A requirement of the standard, in our words.
pub struct Requirement {
    /// Its number, such as `6.2.1`.
    pub id: &'static str,
    /// From which level on it is asked for, 1 to 3.
    pub level: u8,
    /// What it wants.
    pub gist: &'static str,
    /// The tests that prove it: of this binary by their name, of the other one as
    /// `app::file::name`, and stories of the browser as `browser: title`. One of them at least
    /// is named after it ([`named_after`]).
    pub proof: &'static [&'static str],
    /// What is missing, or why nothing is.
    pub gap: Option<Gap>,
}

/// Why a requirement is not, or not wholly, proved.
#[derive(Clone, Copy)]
pub enum Gap {
    /// It speaks of what Byline does not have.
    NotApplicable(&'static str),
    /// It is not met.
    Open(&'static str),
}

/// Met, and proved.
pub const fn met(
    id: &'static str,
    level: u8,
    gist: &'static str,
    proof: &'static [&'static str],
) -> Requirement {
    Requirement { id, level, gist, proof, gap: None }
}

/// Proved as far as it goes; something is missing.
pub const fn partly(
    id: &'static str,
    level: u8,
    gist: &'static str,
    proof: &'static [&'static str],
    gap: Gap,
) -> Requirement {
    Requirement { id, level, gist, proof, gap: Some(gap) }
}

/// Not proved, for a reason.
pub const fn unproved(id: &'static str, level: u8, gist: &'static str, gap: Gap) -> Requirement {
    Requirement { id, level, gist, proof: &[], gap: Some(gap) }
}

/// How many requirements each section of the four chapters has.
const SECTIONS: [(&str, usize); 29] = [
    ("3.1", 1),
    ("3.2", 3),
    ("3.3", 5),
    ("3.4", 8),
    ("3.5", 8),
    ("3.6", 1),
    ("3.7", 5),
    ("6.1", 3),
    ("6.2", 12),
    ("6.3", 8),
    ("6.4", 6),
    ("6.5", 8),
    ("6.6", 4),
    ("6.7", 2),
    ("6.8", 4),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 3),
    ("7.6", 2),
    ("8.1", 4),
    ("8.2", 4),
    ("8.3", 3),
    ("8.4", 2),
    // The chapters themselves, so that none loses a section.
    ("3", 31),
    ("6", 47),
    ("7", 19),
    ("8", 13),
];

fn all() -> impl Iterator<Item = &'static Requirement> {
    v3::REQUIREMENTS.iter().chain(v6::REQUIREMENTS).chain(v7::REQUIREMENTS).chain(v8::REQUIREMENTS)
}

/// The files under that folder with one of those endings, and what is in them.
pub fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.extension().is_some_and(|e| e == ending) {
                let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                found.push((stem, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ending, &mut found);
    assert!(!found.is_empty(), "{folder}");
    found
}

/// The names of the tests in a file of Rust: stories, and what carries an attribute that makes
/// a test of it, or stands in a `proptest!`.
fn tests_of(text: &str) -> Vec<String> {
    let word = |rest: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        rest.chars().take_while(|c| is_part(*c)).collect::<String>()
    };
    let mut tests = Vec::new();
    let mut marked = false;
    // `story!(` with the name of the story on the next line.
    let mut begun = false;
    for line in text.lines() {
        let line = line.trim_start();
        let told = line
            .split_once("story!(")
            .filter(|(before, _)| before.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        if let Some((_, rest)) = told {
            begun = rest.is_empty();
            tests.extend((!begun).then(|| word(rest)));
        } else if std::mem::take(&mut begun) {
            tests.push(word(line));
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some(rest) = line.strip_prefix("async fn ").or(line.strip_prefix("fn ")) {
            if std::mem::take(&mut marked) {
                tests.push(word(rest));
            }
        } else if let Some(rest) = line.strip_prefix("mod ")
            && line.ends_with('{')
        {
            // A story that is written out: its tests are its engines.
            tests.push(word(rest));
        }
    }
    tests
}

/// Every test that a row may name, as it names it.
fn known() -> Vec<String> {
    let mut known = Vec::new();
    for (file, text) in files("tests/app", "rs") {
        known.extend(tests_of(&text).into_iter().map(|test| format!("app::{file}::{test}")));
    }
    for (_, text) in files("tests/asvs", "rs") {
        known.extend(tests_of(&text));
    }
    for (_, text) in files("end2end/tests", "ts") {
        let titles = text.split("test(").skip(1).filter_map(|rest| {
            let quote = rest.chars().next().filter(|c| "'`\"".contains(*c))?;
            rest[1..].split(quote).next().map(|title| format!("browser: {title}"))
        });
        known.extend(titles);
    }
    known
}

/// The requirement that a test is named after: `v6_2_1_…` is 6.2.1's, and so are
/// `app::file::v6_2_1_…`, `t37_v6_2_1_…`, which is an attack's too, and `browser: V6.2.1 …`.
fn named_after(test: &str) -> Option<String> {
    if let Some(title) = test.strip_prefix("browser: V") {
        let id = title.split(' ').next()?;
        return id.starts_with(|c: char| c.is_ascii_digit()).then(|| id.to_owned());
    }
    let name = test.rsplit("::").next()?;
    let name = if is_of_an_attack(name) { &name[4..] } else { name };
    let mut parts = name.strip_prefix('v')?.splitn(4, '_');
    let mut number =
        || parts.next().filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    Some(format!("{}.{}.{}", number()?, number()?, number()?))
}

/// Whether a test is named after an attack: `t37_…` or `s05_…`.
fn is_of_an_attack(name: &str) -> bool {
    let mut letters = name.bytes();
    matches!(letters.next(), Some(b't' | b's'))
        && letters.by_ref().take(2).filter(u8::is_ascii_digit).count() == 2
        && letters.next() == Some(b'_')
}

#[test]
fn no_requirement_is_left_out() {
    for (section, count) in SECTIONS {
        let prefix = format!("{section}.");
        let ids: Vec<&str> = all().map(|r| r.id).filter(|id| id.starts_with(&prefix)).collect();
        assert_eq!(ids.len(), count, "{section}: {ids:?}");
        if section.contains('.') {
            let expected: Vec<String> = (1..=count).map(|n| format!("{prefix}{n}")).collect();
            assert_eq!(ids, expected);
        }
    }
}

#[test]
fn every_requirement_has_a_test_or_a_reason() {
    for r in all() {
        assert!((1..=3).contains(&r.level) && !r.gist.is_empty(), "{}", r.id);
        assert!(!r.proof.is_empty() || r.gap.is_some(), "{} has neither", r.id);
    }
}

#[test]
fn every_requirement_that_is_met_has_a_test_named_after_it() {
    for r in all().filter(|r| !r.proof.is_empty()) {
        let mut names = r.proof.iter().filter_map(|test| named_after(test));
        assert!(names.any(|id| id == r.id), "{}: no test of {:?} is named after it", r.id, r.proof);
    }
}

#[test]
fn every_test_that_is_named_is_there() {
    let known = known();
    assert!(known.len() > 200, "{known:?}");
    for r in all() {
        for test in r.proof {
            assert!(known.iter().any(|k| k == test), "{} names {test}, which is not there", r.id);
        }
    }
}

#[test]
fn every_test_of_a_requirement_is_in_its_row() {
    let mut tests = 0;
    for test in known() {
        let Some(id) = named_after(&test) else { continue };
        let row = all().find(|r| r.id == id).unwrap_or_else(|| panic!("{test}: no {id}"));
        assert!(row.proof.contains(&test.as_str()), "{id} does not name {test}");
        tests += 1;
    }
    assert!(tests >= 80, "{tests}");
}

#[test]
fn every_test_of_a_requirement_is_in_the_file_of_its_chapter() {
    for (file, text) in files("tests/asvs", "rs") {
        assert!(!text.contains(concat!("#[", "ignore")), "{file} leaves a test out");
        for test in tests_of(&text).iter().filter(|test| named_after(test).is_some()) {
            assert!(file.starts_with(&test[..2]), "{test} stands in {file}");
        }
    }
}

/// docs/attacks.md is a table of attacks that other systems fell for.
#[test]
fn every_numbered_attack_is_told_of_with_all_its_tests() {
    let told = section("The numbered attacks");
    let code = told.split('`').skip(1).step_by(2);
    let named: Vec<&str> = code.filter(|code| code.contains("::")).collect();
    let known = known();
    for test in &named {
        assert!(known.contains(&format!("app::{test}")), "{test} is not there");
    }
    let tests = known.iter().filter_map(|test| test.strip_prefix("app::"));
    for test in tests.filter(|test| test.split("::").nth(1).is_some_and(is_of_an_attack)) {
        assert!(named.contains(&test), "{test} is not told of");
    }
}

impl Requirement {
    fn state(&self) -> &'static str {
        match (self.gap, self.proof.is_empty()) {
            (None, _) => "met",
            (Some(_), false) => "partly",
            (Some(Gap::NotApplicable(_)), true) => "n/a",
            (Some(Gap::Open(_)), true) => "open",
        }
    }

    fn reason(&self) -> Option<String> {
        self.gap.map(|gap| match gap {
            Gap::NotApplicable(why) => format!("n/a: {why}"),
            Gap::Open(why) => format!("open: {why}"),
        })
    }
}

/// Prints it: `cargo test --features ssr --test asvs the_matrix -- --nocapture`.
#[test]
fn the_matrix() {
    let mut printed = String::from("\nOWASP ASVS 5.0, chapters 3, 6, 7 and 8\n\n");
    let mut totals: BTreeMap<(u8, &str), usize> = BTreeMap::new();
    for r in all() {
        *totals.entry((r.level, r.state())).or_default() += 1;
        writeln!(printed, "{:<6} L{}  {:<6}  {}", r.id, r.level, r.state(), r.gist).unwrap();
        for line in r.proof.iter().map(|test| (*test).to_owned()).chain(r.reason()) {
            writeln!(printed, "{:20}{line}", "").unwrap();
        }
    }
    writeln!(printed, "\n{:<8}{:>6}{:>8}{:>6}{:>6}", "", "met", "partly", "open", "n/a").unwrap();
    for level in 1..=3 {
        let of = |state| totals.get(&(level, state)).copied().unwrap_or_default();
        let [met, partly, open, not] = ["met", "partly", "open", "n/a"].map(of);
        writeln!(printed, "Level {level} {met:>6}{partly:>8}{open:>6}{not:>6}").unwrap();
    }
    println!("{printed}");
}
