//! What people may do.

use serde::{Deserialize, Serialize};

/// A role, in rising order of trust. This enum is the truth; the table `roles` mirrors it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads what members may read.
    Reader,
    /// Writes articles of their own. Whoever registers is an author.
    Author,
    /// May do what an author may. No page is for editors alone.
    Editor,
    /// May do what an author may. Accounts are looked after on the command line.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::Reader, Role::Author, Role::Editor, Role::Administrator];

    /// The name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Author => "author",
            Role::Editor => "editor",
            Role::Administrator => "administrator",
        }
    }

    /// The role of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
