//! Registering with a proof of the address, and inviting others to, as pages see it.

use serde::{Deserialize, Serialize};

use super::{
    article::When,
    field::{Field, Problem, check_length},
};

/// How far the registration has come that this browser began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// There is none, or its time is over.
    Nothing,
    /// The mail's code is waited for.
    Code {
        /// The address, as it was typed here.
        email: String,
    },
    /// The address is proved; the name has become somebody else's.
    Name {
        /// That name.
        taken: String,
    },
}

/// The letters and digits of codes: none of 0, O, 1 and I, which look alike.
pub const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// How many of them a code has: 40 bits, against which five guesses come to nothing.
pub const CODE_LENGTH: usize = 8;

/// The code of a mail, in capitals. It has no `Debug`, `Display` or `Serialize`, so it cannot be
/// printed by accident.
pub struct Code(String);

impl Code {
    /// Reads a code in whatever case, with spaces and hyphens wherever they were typed.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        check_length(Field::Code, typed.trim())?;
        let bare = typed.chars().filter(|c| !matches!(c, ' ' | '-'));
        let code = bare.collect::<String>().trim().to_ascii_uppercase();
        let right = |b: u8| ALPHABET.contains(&b);
        if code.len() == CODE_LENGTH && code.bytes().all(right) {
            Ok(Self(code))
        } else {
            Err(Problem::Malformed)
        }
    }

    /// The secret itself, to be compared.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The invitations page's facts, for the person alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitations {
    /// The link that was made a moment ago, to be copied.
    pub link: Option<String>,
    /// What is open and what was used, the last first.
    pub made: Vec<Invitation>,
}

/// An invitation, as whoever made it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// What the page calls it by; nothing that lets anybody in.
    pub handle: String,
    /// The address that it was mailed to, if it was.
    pub email: Option<String>,
    /// How long it works.
    pub until: When,
    /// What came of it.
    pub used: Option<Use>,
}

/// That somebody registered with an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Their name, as long as they can be seen.
    pub by: Option<String>,
    /// When.
    pub when: When,
}
