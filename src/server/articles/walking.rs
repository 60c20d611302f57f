//! The way to a page of a long list: from whichever end of its index is nearer, so that the last
//! page costs what the first does.

use crate::domain::page::PER_PAGE;

/// Where the entries before a page are walked past from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The list's beginning.
    First,
    /// Its end: the entries come in the opposite order.
    Last,
}

impl End {
    /// The other one.
    pub const fn opposite(self) -> Self {
        match self {
            End::First => End::Last,
            End::Last => End::First,
        }
    }
}

/// The way to one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Where it begins.
    pub end: End,
    /// How many entries are walked past.
    pub past: i64,
    /// How many are taken then.
    pub taken: i64,
}

/// So many entries are walked past sooner than it takes to ask where to begin.
const NEAR: i64 = 500;

impl Way {
    /// Whether it is worth asking where to begin.
    pub const fn is_long(self) -> bool {
        self.past >= NEAR
    }

    /// From the list's beginning, past so many.
    pub const fn from_first(past: i64, taken: i64) -> Self {
        Self { end: End::First, past, taken }
    }

    /// To that page of a list with so many entries; none to a page behind its end.
    pub fn to(page: u32, total: u64) -> Option<Self> {
        let total = i64::try_from(total).ok()?;
        let before = i64::from(page.checked_sub(1)?) * i64::from(PER_PAGE);
        let here = i64::from(PER_PAGE).min(total - before);
        let after = total - before - here;
        match here {
            ..1 => None,
            _ if before <= after => Some(Self::from_first(before, here)),
            _ => Some(Self { end: End::Last, past: after, taken: here }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_on_one_page_whichever_end_it_is_walked_to_from() {
        for total in 0..=45_i64 {
            let mut seen = Vec::new();
            for page in 1..=6 {
                let Some(way) = Way::to(page, total.unsigned_abs()) else { continue };
                let from_first = way.past..way.past + way.taken;
                match way.end {
                    End::First => seen.extend(from_first),
                    End::Last => seen.extend(from_first.rev().map(|place| total - 1 - place)),
                }
                assert!(way.past <= total / 2, "{total}: {way:?}");
            }
            assert_eq!(seen, (0..total).collect::<Vec<_>>());
        }
    }
}
