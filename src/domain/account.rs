//! People, as pages see them. No type here knows a hash or somebody else's address.

use serde::{Deserialize, Serialize};

use super::{article::When, page::Listing, security::EventKind};

/// How articles are signed whose author has left: no username has a space.
pub const FORMER: &str = "a former member";

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
    /// Whether they may write, and upload pictures.
    pub writes: bool,
    /// Whether they look after the accounts of others.
    pub administers: bool,
    /// Whether they may ask others to write here.
    pub invites: bool,
    /// Whether they decide about the comments of others.
    pub moderates: bool,
    /// What they say of themselves; may be empty.
    pub bio: String,
    /// The address of their picture; empty for none.
    pub image: String,
}

/// What can be changed of an account, for the person alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The public name.
    pub username: String,
    /// The address.
    pub email: String,
    /// Whether the address was proved to be theirs.
    pub proved: bool,
    /// The address that a link was mailed to, to be confirmed.
    pub pending: Option<String>,
    /// Whether the person proved lately who they are: only then can anything be changed.
    pub recent: bool,
    /// What was changed a moment ago.
    pub done: Option<EventKind>,
}

/// What the link to another address would do, for the person alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEmail {
    /// Whether it has that address already, and this proves it.
    pub same: bool,
    /// Whose account it is about.
    pub username: String,
    /// The address that it would have.
    pub email: String,
}

/// What a link in a notice would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undoing {
    /// Whose account it is about.
    pub username: String,
    /// The address that the link was mailed to.
    pub email: String,
    /// Whether the account gets that address back.
    pub moves_back: bool,
}

/// An author's public page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The public name, in the case its owner chose.
    pub username: String,
    /// When the account began.
    pub since: When,
    /// What they say of themselves; may be empty.
    pub bio: String,
    /// The address of their picture; empty for none.
    pub image: String,
    /// Whether the viewer follows them; none where that makes no sense.
    pub following: Option<bool>,
    /// Whether the viewer is they.
    pub own: bool,
    /// Whether the viewer is they and may write.
    pub writes: bool,
    /// What the viewer may see of their articles, or of their favourites, newest first.
    pub articles: Listing,
}
