//! The secret in a link that was mailed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A token as it stands in an address or in a form, to be looked up. Server functions make a
/// struct of their arguments that has a `Debug`; this one keeps quiet in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypedToken(String);

impl TypedToken {
    /// From a part of an address.
    pub fn new(typed: String) -> Self {
        Self(typed)
    }

    /// What was typed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TypedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedToken")
    }
}
