//! Codes that are typed beside a password.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A code in a form, on its way to the check. Server functions make a struct of their arguments
/// that has a `Debug`; this one keeps quiet in it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypedCode(String);

impl TypedCode {
    /// What was typed, without the spaces and hyphens that it was written with.
    pub fn bare(&self) -> String {
        self.0.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
    }
}

impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode")
    }
}
