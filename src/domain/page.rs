//! Lists that come in pages.

use serde::{Deserialize, Serialize};

use super::article::Preview;

/// Articles on a page.
pub const PER_PAGE: u32 = 10;

/// The last page that can be asked for: a list of 100,000 entries. What lies beyond is found by
/// author and by tag.
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

/// How many pages so many entries fill; 1 for none, and no more than can be asked for.
pub fn pages_of(entries: u64, per_page: u32) -> u32 {
    let pages = entries.div_ceil(u64::from(per_page));
    u32::try_from(pages).unwrap_or(LAST_PAGE).clamp(1, LAST_PAGE)
}

/// Where one page is cut out of a list whose entries nobody counts: one more than it shows is read,
/// and tells whether there is another page.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// This page, from 1.
    pub page: u32,
    most: u32,
    last: u32,
}

impl Cut {
    /// The page of that number, or the nearest that can be asked for, with so many entries at most.
    pub fn new(page: u32, most: u32) -> Self {
        Self::up_to(LAST_PAGE, page, most)
    }

    /// The same of a list whose last page has another number.
    pub fn up_to(last: u32, page: u32, most: u32) -> Self {
        Self { page: page.clamp(1, last), most, last }
    }

    /// How many entries are read.
    pub fn read(self) -> i64 {
        i64::from(self.most) + 1
    }

    /// After how many.
    pub fn past(self) -> i64 {
        i64::from(self.page - 1) * i64::from(self.most)
    }

    /// Leaves of what was read what the page shows; says whether there is another page that can be
    /// asked for.
    pub fn trim<T>(self, entries: &mut Vec<T>) -> bool {
        let most = self.most as usize;
        let more = entries.len() > most;
        entries.truncate(most);
        more && self.page < self.last
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_leads_no_further() {
        for (page, more) in [(1, true), (LAST_PAGE, false), (u32::MAX, false)] {
            let mut entries = vec![(); 11];
            let told = Cut::new(page, 10).trim(&mut entries);
            assert_eq!((told, entries.len()), (more, 10), "{page}");
        }
    }
}
