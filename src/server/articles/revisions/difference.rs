//! What changed between two revisions, for people to read.

use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

use super::Whole;
use crate::domain::{
    article::life::{Difference, Fate},
    field::Field,
};

/// Longer texts than this, in bytes of both together, are compared by lines and not by words.
const BY_WORDS: usize = 100_000;

/// What is found by then is shown: a difference that is longer than need be is still one.
const AT_MOST: Duration = Duration::from_millis(300);

/// As much of what stayed is shown beside what changed, in characters.
const AROUND: usize = 160;

/// What `after` changed, part by part; of the first revision all is new.
pub(super) fn differences(before: Option<&Whole>, after: &Whole) -> Vec<Difference> {
    let nothing = Whole {
        title: String::new(),
        description: String::new(),
        body: String::new(),
        tags: String::new(),
        cover: String::new(),
        cover_alt: String::new(),
    };
    let before = before.unwrap_or(&nothing);
    let parts = [
        (Field::Title, &before.title, &after.title),
        (Field::Description, &before.description, &after.description),
        (Field::Tags, &before.tags, &after.tags),
        (Field::Cover, &before.cover, &after.cover),
        (Field::CoverAlt, &before.cover_alt, &after.cover_alt),
        (Field::Body, &before.body, &after.body),
    ];
    let changed = parts.into_iter().filter(|(_, before, after)| before != after);
    let compared = changed.map(|(field, before, after)| Difference {
        part: field.label().into(),
        pieces: shortened(pieces(before, after)),
    });
    compared.collect()
}

/// Pieces that follow each other and fared alike are one.
fn pieces(before: &str, after: &str) -> Vec<(Fate, String)> {
    let mut config = TextDiff::configure();
    config.algorithm(Algorithm::Myers).timeout(AT_MOST);
    let by_words = before.len() + after.len() <= BY_WORDS;
    let diff =
        if by_words { config.diff_words(before, after) } else { config.diff_lines(before, after) };
    let mut pieces: Vec<(Fate, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        let fate = match change.tag() {
            ChangeTag::Equal => Fate::Kept,
            ChangeTag::Insert => Fate::Added,
            ChangeTag::Delete => Fate::Removed,
        };
        match pieces.last_mut() {
            Some((last, text)) if *last == fate => text.push_str(change.value()),
            _ => pieces.push((fate, change.value().to_owned())),
        }
    }
    pieces
}

/// Leaves out what stayed, but for what stands beside a change.
fn shortened(pieces: Vec<(Fate, String)>) -> Vec<(Fate, String)> {
    let last = pieces.len().saturating_sub(1);
    let mut short = Vec::new();
    for (at, (fate, text)) in pieces.into_iter().enumerate() {
        if fate != Fate::Kept || text.chars().nth(3 * AROUND).is_none() {
            short.push((fate, text));
            continue;
        }
        if at > 0 {
            short.push((Fate::Kept, text.chars().take(AROUND).collect()));
        }
        short.push((Fate::Skipped, String::new()));
        if at < last {
            let from = text.char_indices().rev().nth(AROUND - 1).map_or(0, |(at, _)| at);
            short.push((Fate::Kept, text[from..].to_owned()));
        }
    }
    short
}
