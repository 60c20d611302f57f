//! The author's desk, and what an article said before.

use serde::{Deserialize, Serialize};

use super::{Stage, Visibility, When};

/// Days that a deleted article can be brought back.
pub const DAYS_TO_UNDO: u32 = 30;

/// Which articles the desk shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// All but those that are deleted.
    #[default]
    All,
    /// Those that nobody else sees.
    Drafts,
    /// Those that appear later.
    Scheduled,
    /// Those that have readers.
    Published,
    /// Those that can be brought back.
    Deleted,
}

impl Tab {
    /// All of them, in the desk's order.
    pub const ALL: [Self; 5] =
        [Self::All, Self::Drafts, Self::Scheduled, Self::Published, Self::Deleted];

    /// The value in addresses; the first tab has none.
    pub const fn name(self) -> &'static str {
        match self {
            Tab::All => "",
            Tab::Drafts => "drafts",
            Tab::Scheduled => "scheduled",
            Tab::Published => "published",
            Tab::Deleted => "deleted",
        }
    }

    /// What stands on it.
    pub const fn label(self) -> &'static str {
        match self {
            Tab::All => "All",
            Tab::Drafts => "Drafts",
            Tab::Scheduled => "Scheduled",
            Tab::Published => "Published",
            Tab::Deleted => "Deleted",
        }
    }

    /// The reverse of [`Tab::name`]; what is none is the first.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|tab| tab.name() == name).unwrap_or_default()
    }
}

/// An article on its author's desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnDesk {
    /// Its key.
    pub id: String,
    /// The last part of its address.
    pub slug: String,
    /// Its title; a draft may have none.
    pub title: String,
    /// What readers see of it, or did before it was deleted.
    pub stage: Stage,
    /// Who may read it.
    pub visibility: Visibility,
    /// Of a scheduled one when it appears, of a deleted one when it was deleted, else when it was
    /// saved.
    pub when: When,
    /// Whether there is a working copy, which readers do not see.
    pub has_changes: bool,
    /// Whether it is deleted.
    pub deleted: bool,
    /// How many comments under it wait for its author's or an editor's approval.
    pub waiting: u64,
}

/// How many articles each tab has, in the order of [`Tab::ALL`].
pub type Counts = [u64; 5];

/// One page of the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskList {
    /// Which articles are shown.
    pub tab: Tab,
    /// What was looked for; empty for all.
    pub q: String,
    /// At most [`PER_PAGE`](crate::domain::page::PER_PAGE) of them.
    pub articles: Vec<OnDesk>,
    /// Of all that are there, whatever was looked for.
    pub counts: Counts,
    /// This page, from 1.
    pub page: u32,
    /// How many pages there are; 1 for an empty one.
    pub pages: u32,
    /// How many articles there are on all of them.
    pub total: u64,
}

/// Why a text was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevisionKind {
    /// A draft, or changes that readers did not see.
    Kept,
    /// It was published, or its time was set.
    Published,
    /// Its readers saw it from then on.
    Updated,
    /// It was made a draft again.
    Unpublished,
}

impl RevisionKind {
    /// The value in the database.
    pub const fn name(self) -> &'static str {
        match self {
            RevisionKind::Kept => "kept",
            RevisionKind::Published => "published",
            RevisionKind::Updated => "updated",
            RevisionKind::Unpublished => "unpublished",
        }
    }

    /// What a person calls it.
    pub const fn label(self) -> &'static str {
        match self {
            RevisionKind::Kept => "Saved",
            RevisionKind::Published => "Published",
            RevisionKind::Updated => "Updated",
            RevisionKind::Unpublished => "Unpublished",
        }
    }

    /// The reverse of [`RevisionKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Kept, Self::Published, Self::Updated, Self::Unpublished]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// What an article was once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The article's version then.
    pub version: i64,
    /// Why it was stored.
    pub kind: RevisionKind,
    /// Its title.
    pub title: String,
    /// When it was saved.
    pub when: When,
}

/// How a piece of a text fared between two revisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It stayed.
    Kept,
    /// It came.
    Added,
    /// It went.
    Removed,
    /// It stayed, and is left out here since nothing near it changed.
    Skipped,
}

/// A part of an article that differs, piece by piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which part: what a person calls the field.
    pub part: String,
    /// Its pieces in their order: plain text, never HTML.
    pub pieces: Vec<(Fate, String)>,
}

/// What an article said before: all of it that is kept, and one of them beside the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The last part of the article's address.
    pub slug: String,
    /// What it is called now.
    pub title: String,
    /// The number that a save must name.
    pub version: i64,
    /// The newest first.
    pub revisions: Vec<Revision>,
    /// The one that is shown.
    pub shown: Option<i64>,
    /// What it changed.
    pub differences: Vec<Difference>,
}
