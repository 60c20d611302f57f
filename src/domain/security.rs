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
