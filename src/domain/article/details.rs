//! What an article may have beside its text.

use serde::{Deserialize, Serialize};

use crate::domain::field::{Field, Problem, check_length};

/// Which way the lines of an article run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// As its first letter does.
    #[default]
    Auto,
    /// From left to right.
    Ltr,
    /// From right to left.
    Rtl,
}

/// The address by which an article shall be known, where it stands elsewhere too: an absolute one
/// over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical(String);

/// What an article is written in: a language tag (BCP 47).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language(String);

impl Direction {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Ltr, Self::Rtl];

    /// The value in forms, in the database and in pages.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Auto => "auto",
            Direction::Ltr => "ltr",
            Direction::Rtl => "rtl",
        }
    }

    /// The reverse of [`Direction::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|direction| direction.name() == name)
    }

    /// Of a form; the default one when nothing is chosen.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        if typed.is_empty() {
            return Ok(Self::default());
        }
        Self::from_name(typed).ok_or(Problem::Malformed)
    }
}

impl Canonical {
    /// None when nothing is typed.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Option<Self>, Problem> {
        let typed = typed.trim();
        check_length(Field::Canonical, typed)?;
        if typed.is_empty() {
            return Ok(None);
        }
        let rest = typed.strip_prefix("https://").or_else(|| typed.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        let named = host.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '[');
        let odd = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\' | '`')
        };
        if !named || host.contains('@') || typed.contains(odd) {
            return Err(Problem::Malformed);
        }
        Ok(Some(Self(typed.to_owned())))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Language {
    /// None when nothing is typed.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Option<Self>, Problem> {
        let typed = typed.trim();
        check_length(Field::Language, typed)?;
        if typed.is_empty() {
            return Ok(None);
        }
        let mut parts = typed.split('-');
        let first = parts.next().unwrap_or_default();
        let named =
            (2..=8).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic());
        let plain = |part: &str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if !named || !parts.all(plain) {
            return Err(Problem::Malformed);
        }
        Ok(Some(Self(typed.to_owned())))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
