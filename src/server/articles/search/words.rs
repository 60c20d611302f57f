//! Words: what is written and what is looked for, folded alike.
//!
//! A word is a letter or digit and the letters, digits and marks that follow. Folded it is in lower case and
//! without accents, so that "cafe" finds "Café". Neither engine takes texts apart itself: they
//! would do it differently, and by their locale. What they get has nothing in it that could mean
//! more to them than a word, whatever was typed.

use std::ops::Range;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The longest word, in characters; of a longer one its beginning counts.
const LONGEST: usize = 64;

/// A shorter last word is only itself: too many words begin with one letter or two. In scripts
/// that write a word with one sign or two it may be a beginning.
const SHORTEST_BEGINNING: usize = 3;

/// The words of a text in its order: where each stands, and the word folded.
pub fn words(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let mut from = 0;
    let runs = std::iter::from_fn(move || {
        let start = from + text[from..].find(char::is_alphanumeric)?;
        let length = text[start..].find(|c| !is_part(c)).unwrap_or(text.len() - start);
        from = start + length;
        Some(start..from)
    });
    runs.map(|run| (run.clone(), fold(&text[run]))).filter(|(_, word)| !word.is_empty())
}

/// The folded words, a space between them, as far as they take no more than so many bytes.
pub fn folded(text: &str, most: usize) -> String {
    let mut folded = String::new();
    for (_, word) in words(text) {
        if folded.len() + word.len() >= most {
            break;
        }
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&word);
    }
    folded
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn fold(word: &str) -> String {
    let is_accent = |c: &char| ('\u{300}'..='\u{36F}').contains(c);
    // No letter becomes a sign by folding; should one ever, it would be left out here.
    let is_word = |c: &char| !c.is_ascii() || c.is_ascii_alphanumeric();
    let lower = word.chars().flat_map(char::to_lowercase).nfd();
    lower.filter(|c| !is_accent(c) && is_word(c)).take(LONGEST).collect()
}

/// What somebody looks for: articles that have all of these words.
#[derive(Clone, Debug)]
pub struct Wanted(Vec<String>);

impl Wanted {
    /// Whatever was typed is words, and what is none is left out.
    pub fn parse(typed: &str) -> Self {
        let mut wanted: Vec<String> = Vec::new();
        for (_, word) in words(typed) {
            // The last stays last: it may be a beginning.
            wanted.retain(|known| *known != word);
            wanted.push(word);
        }
        Self(wanted)
    }

    /// Each once.
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Whether the last may be the beginning of a word.
    pub fn ends_open(&self) -> bool {
        let is_long = |word: &String| word.chars().count() >= SHORTEST_BEGINNING;
        self.0.last().is_some_and(|last| is_long(last) || !last.is_ascii())
    }

    /// Which of them a folded word is.
    pub fn which(&self, word: &str) -> Option<usize> {
        let same = self.0.iter().position(|wanted| wanted == word);
        let last = self.0.last().filter(|last| self.ends_open() && word.starts_with(*last));
        same.or(last.map(|_| self.0.len() - 1))
    }
}
