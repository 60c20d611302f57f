//! What people see of the safety of their account. No type here knows what a session is
//! recognised by.

use serde::{Deserialize, Serialize};

use super::article::When;

/// The security page's facts, for the person alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// The public name: password managers file a password under it.
    pub username: String,
    /// The fewest characters of a new password.
    pub password_min: u8,
    /// Where the person is logged in, this session first.
    pub sessions: Vec<OwnSession>,
    /// What happened to the account lately, the last first.
    pub events: Vec<Event>,
}

/// A browser that a person is logged in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSession {
    /// What the page calls it by; nothing that it could be opened with.
    pub handle: String,
    /// Browser and system, in words.
    pub device: String,
    /// The network that it was begun from.
    pub network: String,
    /// When it began.
    pub first: When,
    /// When it was last used, to a minute.
    pub last: When,
    /// It is the one that asks.
    pub here: bool,
}

/// Something that happened to a person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// When, to a minute.
    pub when: When,
    /// The network that it came from; none for the command line.
    pub network: Option<String>,
    /// Browser and system, in words; none for the command line.
    pub device: Option<String>,
    /// It happened a moment ago.
    pub fresh: bool,
}

/// What can happen to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Somebody logged in.
    LoggedIn,
    /// Somebody gave a wrong password.
    LogInFailed,
    /// The account has another password.
    PasswordChanged,
    /// The account has one more passkey.
    PasskeyAdded,
    /// It has one less.
    PasskeyRemoved,
    /// A passkey counted back: there may be two of it.
    PasskeyRefused,
    /// Sessions were ended from another one.
    SessionsEnded,
    /// The account has another role.
    RoleChanged,
    /// The account cannot log in any more.
    Deactivated,
    /// It can again.
    Activated,
}

impl EventKind {
    const ALL: [EventKind; 10] = [
        EventKind::LoggedIn,
        EventKind::LogInFailed,
        EventKind::PasswordChanged,
        EventKind::PasskeyAdded,
        EventKind::PasskeyRemoved,
        EventKind::PasskeyRefused,
        EventKind::SessionsEnded,
        EventKind::RoleChanged,
        EventKind::Deactivated,
        EventKind::Activated,
    ];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::LoggedIn => "logged_in",
            EventKind::LogInFailed => "log_in_failed",
            EventKind::PasswordChanged => "password_changed",
            EventKind::PasskeyAdded => "passkey_added",
            EventKind::PasskeyRemoved => "passkey_removed",
            EventKind::PasskeyRefused => "passkey_refused",
            EventKind::SessionsEnded => "sessions_ended",
            EventKind::RoleChanged => "role_changed",
            EventKind::Deactivated => "deactivated",
            EventKind::Activated => "activated",
        }
    }

    /// The kind of that name, if this program knows it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As its owner reads it.
    pub const fn text(self) -> &'static str {
        match self {
            EventKind::LoggedIn => "Logged in",
            EventKind::LogInFailed => "A log-in failed",
            EventKind::PasswordChanged => "The password was changed",
            EventKind::PasskeyAdded => "A passkey was added",
            EventKind::PasskeyRemoved => "A passkey was removed",
            EventKind::PasskeyRefused => "A passkey was refused: it may have been copied",
            EventKind::SessionsEnded => "Sessions were ended",
            EventKind::RoleChanged => "The role was changed",
            EventKind::Deactivated => "The account was shut out",
            EventKind::Activated => "The account was let in again",
        }
    }
}
