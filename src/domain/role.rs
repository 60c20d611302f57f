//! What people may do.

use serde::{Deserialize, Serialize};

/// What an account is trusted with. This enum is the truth; the table `roles` mirrors it. Nobody
/// asks which role somebody has, but what it lets them do: [`Role::may`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads what members may read.
    Reader,
    /// Writes articles of their own. Whoever registers is an author.
    Author,
    /// Takes articles and comments of others offline as well.
    Editor,
    /// Looks after accounts as well.
    Administrator,
}

/// Something that not everybody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// To read what is for members.
    ReadMembers,
    /// To write articles, and to edit and delete one's own.
    WriteArticles,
    /// Asks others to write here.
    Invite,
    /// To take somebody else's article offline.
    WithdrawArticles,
    /// To remove somebody else's comment, and to decide about those that were reported.
    ModerateComments,
    /// To look after accounts, and to read what was done to them.
    Administer,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::Reader, Role::Author, Role::Editor, Role::Administrator];

    /// Whether the role lets somebody do that: the one place that says what a role is good for.
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::ReadMembers => true,
            Permission::WriteArticles | Permission::Invite => !matches!(self, Role::Reader),
            Permission::WithdrawArticles | Permission::ModerateComments => {
                matches!(self, Role::Editor | Role::Administrator)
            }
            Permission::Administer => matches!(self, Role::Administrator),
        }
    }

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
