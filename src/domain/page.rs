//! Lists that come in pages.

use serde::{Deserialize, Serialize};

use super::article::Preview;

/// Articles on a page.
pub const PER_PAGE: u32 = 10;

/// The last page that can be asked for. To get there, 100,000 entries of an index are walked
/// past, which takes SQLite about 5 ms; what lies beyond is found by author and by tag.
pub const LAST_PAGE: u32 = 10_000;

/// The page that an address asks for: `?page=N`. Absent, empty, zero, negative or not a
/// number is the first page; what is too large is the last that can be.
pub fn parse_page(typed: Option<&str>) -> u32 {
    let Some(typed) = typed.map(str::trim).filter(|t| !t.is_empty()) else { return 1 };
    match typed.parse::<u32>() {
        Ok(n) => n.clamp(1, LAST_PAGE),
        Err(_) if typed.bytes().all(|b| b.is_ascii_digit()) => LAST_PAGE,
        Err(_) => 1,
    }
}

/// One page of a list of articles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// At most [`PER_PAGE`] of them.
    pub previews: Vec<Preview>,
    /// This page, from 1.
    pub page: u32,
    /// How many pages there are; 1 for an empty list.
    pub pages: u32,
    /// How many articles there are on all pages.
    pub total: u64,
}
