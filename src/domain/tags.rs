//! All tags, in pages.

use serde::{Deserialize, Serialize};

use super::page::{LAST_PAGE, PER_PAGE};

/// Tags on a page.
pub const TAGS_PER_PAGE: u32 = 200;

/// The last page of tags that can be asked for: as many entries of an index are walked past as for
/// the last page of articles.
pub const LAST_PAGE_OF_TAGS: u32 = LAST_PAGE * PER_PAGE / TAGS_PER_PAGE;

/// A tag, and how many articles have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagCount {
    /// The tag.
    pub tag: String,
    /// How many articles the viewer finds under it, at least 1.
    pub articles: u64,
}

/// One page of all tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagList {
    /// At most [`TAGS_PER_PAGE`] of them, in the order of their names.
    pub tags: Vec<TagCount>,
    /// This page, from 1.
    pub page: u32,
    /// Whether there is another one.
    pub more: bool,
}
