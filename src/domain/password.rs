//! Passwords, while they are on their way to being hashed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::field::{Field, Problem, check_length};

/// A password in a form, on its way from the browser to the check. Server functions make a
/// struct of their arguments that has a `Debug`; this one keeps quiet in it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypedPassword(String);

impl TypedPassword {
    /// What was typed, to be parsed.
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl fmt::Debug for TypedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedPassword")
    }
}

/// A password as it was typed: spaces kept, no rule about kinds of characters
/// (OWASP ASVS 5.0, 6.2.5 and 6.2.8). It has no `Debug`, `Display` or `Serialize`, so it
/// cannot be printed by accident.
pub struct Password(String);

impl Password {
    /// Checks a new password against the site's minimum. The server also looks at what it is.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse_new(typed: String, min: usize) -> Result<Self, Problem> {
        let password = Self::parse_given(typed)?;
        if password.0.chars().take(min).count() < min {
            return Err(Problem::TooShort(min));
        }
        Ok(password)
    }

    /// Checks a password that is to be compared: only that there is one and that it is not
    /// too long to be worth hashing.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse_given(typed: String) -> Result<Self, Problem> {
        check_length(Field::Password, &typed)?;
        Ok(Self(typed))
    }

    /// The secret itself, for the hasher.
    pub fn expose(&self) -> &str {
        &self.0
    }
}
