//! What readers make of an article: their favourites, and what they say under it.

use serde::{Deserialize, Serialize};

use super::{
    article::When,
    field::{Field, Problem, lines_of},
};

/// Comments on a page.
pub const COMMENTS_PER_PAGE: u32 = 20;

/// A comment as it was typed: a little Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentText(String);

impl CommentText {
    /// Trims and checks a text. Line ends become `\n`, whatever the browser sent.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        lines_of(Field::Comment, typed).map(Self)
    }

    /// The Markdown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who sees a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommentState {
    /// Whoever reads the article.
    Shown,
    /// Who wrote it, the article's author and whoever moderates: the article's author wanted it so.
    Hidden,
    /// The same people, until one of the latter has looked at it.
    Held,
}

impl CommentState {
    /// The value in the database.
    pub const fn name(self) -> &'static str {
        match self {
            CommentState::Shown => "shown",
            CommentState::Hidden => "hidden",
            CommentState::Held => "held",
        }
    }

    /// The reverse of [`CommentState::name`]; what is not known stays closed.
    pub fn from_name(name: &str) -> Self {
        let all = [Self::Shown, Self::Hidden, Self::Held];
        all.into_iter().find(|state| state.name() == name).unwrap_or(Self::Held)
    }
}

/// A comment, as somebody may see it.
#[derive(Clone, Debug)]
pub struct Comment {
    /// What it is called by in forms and addresses.
    pub handle: String,
    /// Its author's username.
    pub author: String,
    /// The address of their picture; empty for none.
    pub image: String,
    /// The sanitised HTML that was rendered when it was saved.
    pub html: String,
    /// When it was written, to a minute.
    pub when: When,
    /// Who sees it.
    pub state: CommentState,
    /// Whether the viewer wrote it.
    pub mine: bool,
    /// Whether the viewer has reported it.
    pub reported: bool,
}

/// One page of the comments under an article, the oldest first.
#[derive(Clone, Debug)]
pub struct Thread {
    /// At most [`COMMENTS_PER_PAGE`] of them.
    pub comments: Vec<Comment>,
    /// This page, from 1.
    pub page: u32,
    /// Whether there is another behind it.
    pub more: bool,
    /// Whether another comment is taken.
    pub open: bool,
    /// Whether the viewer removes the comments of others.
    pub moderates: bool,
}

/// What readers made of an article, as somebody may see it.
#[derive(Clone, Debug)]
pub struct Responses {
    /// The last part of the article's address.
    pub slug: String,
    /// Its author's username.
    pub author: String,
    /// Whether somebody is logged in.
    pub member: bool,
    /// Whether the viewer wrote the article.
    pub mine: bool,
    /// Of how many people it is a favourite.
    pub favorites: u64,
    /// Whether it is one of the viewer's.
    pub favorite: bool,
    /// Whether the viewer follows its author; none where that makes no sense.
    pub following: Option<bool>,
    /// What was said under it; none on a site without comments.
    pub thread: Option<Thread>,
}

/// A comment that whoever moderates should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// What the comment is called by.
    pub handle: String,
    /// Its author's username.
    pub author: String,
    /// As it was typed.
    pub text: String,
    /// The last part of the article's address.
    pub slug: String,
    /// The article's title.
    pub title: String,
    /// Who found something wrong with it; none for one that is held.
    pub reporter: Option<String>,
    /// What they found; empty for one that is held.
    pub reason: String,
    /// When it was reported, or written if it is held.
    pub when: When,
}

/// What waits for whoever moderates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reports {
    /// The comments that have been held longest, at most a page of them.
    pub held: Vec<Reported>,
    /// One page of reports, the oldest first.
    pub reports: Vec<Reported>,
    /// This page, from 1.
    pub page: u32,
    /// Whether there is another behind it.
    pub more: bool,
}

/// What is decided about a comment that was reported or held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It stays, and who reads the article sees it.
    Keep,
    /// It goes.
    Remove,
}
