//! Usernames.

use super::field::{Field, Problem, check_length};

/// A public account name: ASCII letters, digits, `-` and `_`, the first one a letter or a
/// digit. ASCII alone, so that no two names look alike and no case folding can merge two
/// people; never an `@`, so that the log-in form can tell a name from an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Trims and checks a name.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let name = typed.trim();
        check_length(Field::Username, name)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts_well && name.chars().all(allowed) {
            Ok(Self(name.to_owned()))
        } else {
            Err(Problem::Malformed)
        }
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
