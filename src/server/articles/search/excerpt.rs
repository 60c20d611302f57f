//! What is shown of an article that was found: plain text in pieces, the words marked. It is cut
//! here and not by the engine, so nothing of an engine's is ever taken for HTML.

use std::collections::VecDeque;

use super::words::{Wanted, words};
use crate::domain::search::Piece;

/// The longest snippet, in bytes: two lines and a half.
const LENGTH: usize = 240;

/// How much of the text stands before the first marked word.
const LEAD: usize = 60;

/// As far apart may words be that one snippet shows.
const WIDTH: usize = LENGTH - LEAD - 20;

/// The text in pieces, the words that were looked for marked.
pub fn mark(text: &str, wanted: &Wanted) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut add = |text: &str, found| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), found });
        }
    };
    let mut at = 0;
    for (place, word) in words(text) {
        if wanted.which(&word).is_some() {
            add(&text[at..place.start], false);
            add(&text[place.clone()], true);
            at = place.end;
        }
    }
    add(&text[at..], false);
    pieces
}

/// The part of the text that has the most of the words, if that is more than the description
/// has; else the description, if there is one.
pub fn snippet(description: &str, text: &str, wanted: &Wanted) -> Vec<Piece> {
    let (_, described) = densest(description, wanted);
    let (first, told) = densest(text, wanted);
    if !description.is_empty() && told <= described {
        return mark(description, wanted);
    }
    let (start, end) = around(text, first);
    let mut pieces = mark(&text[start..end], wanted);
    let cut = || Piece { text: "…".into(), found: false };
    if start > 0 {
        pieces.insert(0, cut());
    }
    if end < text.len() {
        pieces.push(cut());
    }
    pieces
}

/// Where those words begin of which the most stand together, and how many of them do.
fn densest(text: &str, wanted: &Wanted) -> (usize, usize) {
    let (mut best, mut distinct) = ((0, 0), 0);
    let mut together: VecDeque<(usize, usize)> = VecDeque::new();
    let mut times = vec![0_u32; wanted.words().len()];
    for (place, word) in words(text) {
        let Some(which) = wanted.which(&word) else { continue };
        distinct += usize::from(times[which] == 0);
        times[which] += 1;
        together.push_back((place.start, which));
        while let Some(&(start, left)) = together.front()
            && place.start - start > WIDTH
        {
            together.pop_front();
            times[left] -= 1;
            distinct -= usize::from(times[left] == 0);
        }
        if let Some(&(start, _)) = together.front()
            && distinct > best.1
        {
            best = (start, distinct);
        }
        if distinct == times.len() {
            break;
        }
    }
    best
}

/// From a little before `first` on, cut between words.
fn around(text: &str, first: usize) -> (usize, usize) {
    let lead = text.floor_char_boundary(first.saturating_sub(LEAD));
    let start = match text[lead..first].find(' ') {
        _ if lead == 0 => 0,
        Some(space) => lead + space + 1,
        None => first,
    };
    let most = text.floor_char_boundary(start + LENGTH);
    let end = match text[first..most.max(first)].rfind(' ') {
        _ if most == text.len() => most,
        Some(space) if space > 0 => first + space,
        _ => most,
    };
    (start, end)
}
