//! What people say of themselves.

use super::field::{Field, Problem, check_length, lines_of};

/// Some lines of plain text about oneself; may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bio(String);

/// The address of a picture of oneself; empty for none. Whether a browser loads it is the
/// Content-Security-Policy's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image(String);

impl Bio {
    /// Trims and checks a text. Line ends become `\n`, whatever the browser sent.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        lines_of(Field::Bio, typed).map(Self)
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Image {
    /// Trims and checks an address: of the web, or a file of this site under `/images/`.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let address = typed.trim();
        check_length(Field::Image, address)?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'<>\\`".contains(c);
        let known = ["https://", "http://", "/images/"];
        let rest = known.iter().find_map(|start| address.strip_prefix(start));
        let named = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
        if address.is_empty() || named && address.chars().all(plain) {
            Ok(Self(address.to_owned()))
        } else {
            Err(Problem::Malformed)
        }
    }

    /// As it stands in `src`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
