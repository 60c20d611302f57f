//! Passkeys, as people see theirs. No type here knows a key.

use serde::{Deserialize, Serialize};

use super::{
    article::When,
    field::{Field, Problem, check_text},
    security::{EventKind, Factors},
};

/// The page of a person's passkeys, for the person alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPasskeys {
    /// The public name: password managers file a password under it.
    pub username: String,
    /// The oldest first.
    pub passkeys: Vec<OwnPasskey>,
    /// Whether the person proved lately who they are.
    pub recent: bool,
    /// What a new one might be called: the browser that asks.
    pub suggested: String,
    /// Where the site's address is a number there are no passkeys; this is what it should be.
    pub instead: Option<String>,
    /// What else protects the account: without recovery codes, a lost device is a lost account.
    pub factors: Factors,
    /// What the person has done to them a moment ago.
    pub done: Option<EventKind>,
}

/// One of a person's passkeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPasskey {
    /// What the page calls it by.
    pub handle: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub added: When,
    /// When somebody last proved with it who they are, to a minute.
    pub used: Option<When>,
}

/// What its owner calls a passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyName(String);

impl PasskeyName {
    /// Trims and checks a name.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let name = check_text(Field::PasskeyName, typed.trim())?;
        // A name is one line.
        if name.contains(char::is_control) {
            return Err(Problem::Malformed);
        }
        Ok(Self(name.to_owned()))
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
