//! Search: what is found, and where the words stand in it.

use serde::{Deserialize, Serialize};

use super::article::Preview;

/// As many articles are ranked and counted, the newest of those that have the words. Whoever
/// finds more needs another word and not another page.
pub const MOST: u32 = 1000;

/// One page of what was found, the best first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// At most [`PER_PAGE`](super::page::PER_PAGE) of them.
    pub hits: Vec<Hit>,
    /// This page, from 1.
    pub page: u32,
    /// How many pages there are; 1 if nothing was found.
    pub pages: u32,
    /// How many articles there are on all pages, at most [`MOST`].
    pub total: u32,
    /// Whether still more have the words.
    pub more: bool,
}

/// An article that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What lists show of it.
    pub preview: Preview,
    /// Its title in pieces.
    pub title: Vec<Piece>,
    /// A part of its text, or its description, in pieces.
    pub snippet: Vec<Piece>,
}

/// A piece of a text: plain text, never HTML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is one of the words that were looked for.
    pub found: bool,
}
