//! The fuzz targets, in every run: over all that is kept of what was found, and a little beyond.
//! `scripts/fuzz` goes further.

use std::{fs, path::PathBuf};

use proptest::{
    prelude::*,
    sample::Index,
    strategy::ValueTree,
    test_runner::{Config, RngSeed, TestRunner},
};

#[path = "../fuzz/src/lib.rs"]
mod targets;

/// Pieces that parsers stumble over, to be put in anywhere.
const PIECES: [&[u8]; 28] = [
    b"",
    b"\0",
    b"\r\n",
    b"\t",
    b" ",
    b"%00",
    b"%2f",
    b"%5c",
    b"%",
    b"//",
    b"\\",
    b"..",
    b"@",
    b"&",
    b"=",
    b"[]",
    b"[0]",
    b";",
    b",",
    b"\"",
    b"\xff",
    b"\xc3\x28",
    b"\xef\xbc\xa0", // U+FF20
    b"\xe2\x88\x95",
    b"https:",
    b"javascript:",
    b"null",
    b"99999999999999999999",
];

/// How often each is run: what asks a whole site less often.
fn runs(target: &str) -> usize {
    match target {
        "email" | "username" | "next" => 20_000,
        _ => 400,
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// One of what is kept, with up to four changes: a piece put in, some bytes taken out or
/// repeated, or the end of another put in their place.
fn changed(corpus: &[Vec<u8>], runner: &mut TestRunner) -> Vec<u8> {
    let mut draw = |n: usize| any::<Index>().new_tree(runner).unwrap().current().index(n);
    let mut data = corpus[draw(corpus.len())].clone();
    for _ in 0..=draw(4) {
        let at = draw(data.len() + 1);
        let to = at + draw(data.len() - at + 1);
        match draw(5) {
            0 => drop(data.splice(at..at, PIECES[draw(PIECES.len())].iter().copied())),
            1 => drop(data.drain(at..to)),
            2 => data.extend_from_within(at..to),
            3 if at < data.len() => data[at] ^= 1 << draw(8),
            _ => {
                let other = &corpus[draw(corpus.len())];
                data.truncate(at);
                data.extend_from_slice(&other[draw(other.len() + 1)..]);
            }
        }
    }
    data
}

fn fuzz(name: &str) {
    let (_, target) = targets::TARGETS.into_iter().find(|(n, _)| *n == name).unwrap();
    let corpus = corpus(name);
    assert!(corpus.len() >= 5, "{name} has a corpus");
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Random,
        failure_persistence: None,
        ..Config::default()
    });
    for data in &corpus {
        target(data);
    }
    for _ in 0..runs(name) {
        let data = changed(&corpus, &mut runner);
        let shown = String::from_utf8_lossy(&data).into_owned();
        let held = std::panic::catch_unwind(|| target(&data));
        assert!(
            held.is_ok(),
            "{name} does not hold for {shown:?}; keep it in tests/fuzz/corpus: {data:?}"
        );
    }
}

#[test]
fn every_target_has_its_fuzzer() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    for (name, _) in targets::TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        assert!(!corpus(name).is_empty());
    }
}

#[test]
fn t29_an_address_is_plain_and_mail_can_be_sent_to_it() {
    fuzz("email");
}

#[test]
fn a_name_is_no_address_and_one_part_of_a_path() {
    fuzz("username");
}

#[test]
fn t20_next_stays_on_this_origin_whatever_is_written() {
    fuzz("next");
}

#[test]
fn t44_no_cookie_that_is_made_up_is_anybodys() {
    fuzz("cookie");
}

#[test]
fn t26_no_token_that_is_made_up_opens_anything() {
    fuzz("token");
}

#[test]
fn no_handle_that_is_made_up_ends_a_session() {
    fuzz("handle");
}

#[test]
fn no_form_breaks_a_function() {
    fuzz("form");
}
