//! People, as pages see them. No type here knows a hash or somebody else's address.

use serde::{Deserialize, Serialize};

use super::{article::When, page::Listing};

/// The person who looks at the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Their public name.
    pub username: String,
    /// Whether they may write.
    pub writes: bool,
}

/// The settings page's facts, for the person alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAccount {
    /// The public name.
    pub username: String,
    /// The address, as it was given.
    pub email: String,
    /// When the account began.
    pub since: When,
    /// The names of the person's roles.
    pub roles: Vec<String>,
    /// Whether they look after the accounts of others.
    pub administers: bool,
}

/// An author's public page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The public name, in the case its owner chose.
    pub username: String,
    /// When the account began.
    pub since: When,
    /// What the viewer may see of their articles, newest first.
    pub articles: Listing,
}
