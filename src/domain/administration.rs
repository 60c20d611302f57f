//! Looking after accounts, as administrators see it. No type here knows a hash or what a
//! session is recognised by.

use serde::{Deserialize, Serialize};

use super::{
    article::When,
    field::{Field, Problem, one_line},
    role::Role,
    security::Event,
};

/// One page of the accounts, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// The accounts.
    pub people: Vec<Person>,
    /// What was looked for; empty for all.
    pub wanted: String,
    /// This page, from 1.
    pub page: u32,
    /// Whether there is another behind it.
    pub more: bool,
}

/// An account, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The public name.
    pub username: String,
    /// The address, as it was given.
    pub email: String,
    /// What they are trusted with.
    pub roles: Vec<Role>,
    /// Whether they can log in.
    pub active: bool,
    /// When the account is deleted, if its owner has closed it and can still take it back.
    pub closed: Option<When>,
    /// Whether they proved that the address is theirs.
    pub confirmed: bool,
    /// When the account began.
    pub since: When,
    /// When they were last here, as far as that is still known.
    pub seen: Option<When>,
}

/// All that an administrator can know of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// Who.
    pub person: Person,
    /// In how many browsers they are logged in.
    pub sessions: u32,
    /// What happened to the account lately, the last first.
    pub events: Vec<Event>,
    /// What was done to it, the last first.
    pub deeds: Vec<Deed>,
    /// The administrator who looks: their name, as the proof of who they are asks for it.
    pub viewer: String,
}

/// One page of everything that was done to accounts, the last first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The entries.
    pub deeds: Vec<Deed>,
    /// This page, from 1.
    pub page: u32,
    /// Whether there is another behind it.
    pub more: bool,
}

/// Something that whoever runs the site did to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// What.
    pub action: Action,
    /// What the action alone does not say; may be empty.
    pub detail: String,
    /// To whom, by the name they had then.
    pub on: String,
    /// The name that the account has now; `None` when it is gone.
    pub now_called: Option<String>,
    /// Who did it, by the name they had then; `None` for the command line.
    pub by: Option<String>,
    /// Why; may be empty.
    pub reason: String,
    /// When, to a minute.
    pub when: When,
    /// The network that it came from.
    pub network: Option<String>,
    /// Browser and system, in words.
    pub device: Option<String>,
    /// It happened a moment ago.
    pub fresh: bool,
}

/// What can be done to an account by whoever runs the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It was made on the command line.
    Created,
    /// It was given another role.
    RoleChanged,
    /// It cannot log in any more.
    Deactivated,
    /// It can again.
    Activated,
    /// Its sessions were ended.
    SessionsEnded,
    /// It was mailed a link to set a new password.
    ResetMailed,
    /// It was given another password on the command line.
    PasswordSet,
    /// It was deleted on the command line.
    Deleted,
    /// Its second factors were switched off.
    FactorsReset,
    /// An article of theirs was taken offline.
    ArticleWithdrawn,
    /// A comment of theirs was removed.
    CommentRemoved,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 11] = [
        Action::Created,
        Action::RoleChanged,
        Action::Deactivated,
        Action::Activated,
        Action::SessionsEnded,
        Action::ResetMailed,
        Action::PasswordSet,
        Action::Deleted,
        Action::FactorsReset,
        Action::ArticleWithdrawn,
        Action::CommentRemoved,
    ];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Action::Created => "created",
            Action::RoleChanged => "role_changed",
            Action::Deactivated => "deactivated",
            Action::Activated => "activated",
            Action::SessionsEnded => "sessions_ended",
            Action::ResetMailed => "reset_mailed",
            Action::PasswordSet => "password_set",
            Action::Deleted => "deleted",
            Action::FactorsReset => "factors_reset",
            Action::ArticleWithdrawn => "article_withdrawn",
            Action::CommentRemoved => "comment_removed",
        }
    }

    /// The action of that name, if this program knows it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// As administrators read it.
    pub const fn text(self) -> &'static str {
        match self {
            Action::Created => "Account made",
            Action::RoleChanged => "Role changed",
            Action::Deactivated => "Deactivated",
            Action::Activated => "Activated",
            Action::SessionsEnded => "All sessions ended",
            Action::ResetMailed => "Link for a new password mailed",
            Action::PasswordSet => "Password set",
            Action::Deleted => "Account deleted",
            Action::FactorsReset => "Second factors switched off",
            Action::ArticleWithdrawn => "Article taken offline",
            Action::CommentRemoved => "Comment removed",
        }
    }
}

/// Why something is done to an account: one line, which may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Checks a reason, which is one line.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        one_line(Field::Reason, typed).map(Self)
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
