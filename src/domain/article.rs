//! Articles: what may be written, and what pages show of it.

pub mod details;
pub mod life;

use serde::{Deserialize, Serialize};

use self::details::Direction;
use super::{
    field::{Field, Length, Problem, check_length, has_controls, one_line},
    image::Shown,
};

/// Who may read a published article.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// Whoever is logged in.
    Members,
}

/// Where an article is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// For its author alone.
    Draft,
    /// For its readers.
    Published,
}

impl Visibility {
    /// The value in forms and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Visibility::Public => "public",
            Visibility::Members => "members",
        }
    }

    /// The reverse of [`Visibility::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Public, Self::Members].into_iter().find(|v| v.name() == name)
    }
}

impl Status {
    /// The value in forms and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Published => "published",
        }
    }

    /// The reverse of [`Status::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Draft, Self::Published].into_iter().find(|s| s.name() == name)
    }
}

/// What readers see of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing.
    Draft,
    /// Nothing yet: it appears by itself when its time has come.
    Scheduled,
    /// All of it.
    Published,
}

/// A title: one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

/// The sentence under the title; may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description(String);

/// The text, in Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(String);

/// Tags in the order given, each once, lower-case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags(Vec<String>);

/// The last part of an article's address: lower-case ASCII letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug(String);

impl Slug {
    /// The longest, in characters: an address that still fits a line.
    pub const LONGEST: usize = 80;

    /// `None` for what no article can have as its slug.
    pub fn parse(typed: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=Self::LONGEST).contains(&typed.len());
        (fits && typed.bytes().all(allowed)).then(|| Self(typed.to_owned()))
    }

    /// The one that an author wants; none is wanted when nothing is typed.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn wanted(typed: &str) -> Result<Option<Self>, Problem> {
        let typed = typed.trim();
        check_length(Field::SlugWanted, typed)?;
        if typed.is_empty() {
            return Ok(None);
        }
        // A hyphen at an end is lost where a link is copied out of a sentence.
        let parsed =
            Self::parse(typed).filter(|_| !typed.starts_with('-') && !typed.ends_with('-'));
        parsed.map(Some).ok_or(Problem::Malformed)
    }

    /// As it stands in addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Title {
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        one_line(Field::Title, typed).map(Self)
    }

    /// Of a draft, which may have none yet.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn unfinished(typed: &str) -> Result<Self, Problem> {
        match Self::parse(typed) {
            Err(Problem::Required) => Ok(Self(String::new())),
            parsed => parsed,
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Description {
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        one_line(Field::Description, typed).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Body {
    /// Line ends become `\n`, whatever the browser sent; nothing else is changed.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let Length { min, .. } = Field::Body.length();
        let visible = typed.chars().filter(|c| !c.is_whitespace()).take(min).count();
        if visible == 0 {
            return Err(Problem::Required);
        }
        if visible < min {
            return Err(Problem::TooShort(min));
        }
        Self::unfinished(typed)
    }

    /// Of a draft, which may be too short to be read.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn unfinished(typed: &str) -> Result<Self, Problem> {
        let Length { max, .. } = Field::Body.length();
        let text = typed.replace("\r\n", "\n");
        if text.chars().take(max + 1).count() > max {
            return Err(Problem::TooLong(max));
        }
        if has_controls(&text) { Err(Problem::Malformed) } else { Ok(Self(text)) }
    }

    /// The Markdown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Tags {
    /// The most an article may have.
    pub const MOST: usize = 10;
    /// The longest a single tag may be, in characters.
    pub const LONGEST: usize = 30;

    /// Splits at commas; empty ones and repetitions fall away. Each must be able to be a part of
    /// an address: `.` and `..` mean a folder there, also when they are percent-encoded.
    ///
    /// # Errors
    /// The [`Problem`] that stands beside the field.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let mut tags: Vec<String> = Vec::new();
        for part in typed.split(',') {
            let tag = part.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            let is_folder = matches!(tag.as_str(), "." | "..");
            if is_folder || has_controls(&tag) || tag.contains(['/', '\\', '?', '#', '%']) {
                return Err(Problem::Malformed);
            }
            if tag.chars().count() > Self::LONGEST {
                return Err(Problem::TooLong(Self::LONGEST));
            }
            if !tag.is_empty() && !tags.contains(&tag) {
                tags.push(tag);
            }
            if tags.len() > Self::MOST {
                return Err(Problem::TooMany(Self::MOST));
            }
        }
        Ok(Self(tags))
    }

    /// The tags.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// A moment as pages show it. The server writes both forms, so that the browser carries no
/// calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// For `datetime` attributes: RFC 3339, UTC, to the second.
    pub iso: String,
    /// For people: `24 November 2026`.
    pub text: String,
}

/// An article in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The last part of its address.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The sentence under the title; may be empty.
    pub description: String,
    /// Its author's username.
    pub author: String,
    /// When it was published; for a draft, when it was last saved.
    pub when: When,
    /// Minutes to read, at least 1.
    pub minutes: u32,
    /// Who may read it.
    pub visibility: Visibility,
    /// Draft or published.
    pub status: Status,
}

impl Preview {
    /// One sentence about it.
    pub fn about(&self) -> &str {
        if self.description.is_empty() { &self.title } else { &self.description }
    }
}

/// An article to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// What lists show of it.
    pub preview: Preview,
    /// The sanitised HTML that was rendered when it was saved.
    pub html: String,
    /// Its contents, as HTML; empty for one that is short.
    pub contents: String,
    /// Links to the articles before and after it by the same author, as HTML; empty if there is
    /// none.
    pub neighbours: String,
    /// Tags in the author's order.
    pub tags: Vec<String>,
    /// What readers see of it.
    pub stage: Stage,
    /// Its address for search engines, whole: its own, or the one that its author prefers.
    pub canonical: String,
    /// What it is written in, a BCP 47 tag; empty as the site.
    pub language: String,
    /// Which way its lines run.
    pub direction: Direction,
    /// The picture at its head.
    pub cover: Option<Shown>,
    /// Whether the viewer wrote it.
    pub mine: bool,
    /// Whether the viewer wrote it, and has changed what its readers do not see.
    pub has_changes: bool,
    /// Whether the viewer may take it offline, though it is somebody else's.
    pub withdrawable: bool,
    /// Favourites and comments, as HTML that the server made: no code for it is sent to readers.
    pub responses: String,
}

/// An article in its author's hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manuscript {
    /// What it is called in saves, whatever becomes of its address; empty for a new one.
    pub id: String,
    /// The key that its draft was begun with; empty if it had none.
    pub draft_key: String,
    /// The last part of its address.
    pub slug: String,
    /// As typed.
    pub title: String,
    /// As typed.
    pub description: String,
    /// As typed: Markdown.
    pub body: String,
    /// Separated by commas.
    pub tags: String,
    /// The address of the picture at its head; empty for none.
    pub cover: String,
    /// What that picture shows, in words.
    pub cover_alt: String,
    /// Who may read it once it is published.
    pub visibility: Visibility,
    /// The address that its author wants; empty for the title's.
    pub slug_wanted: String,
    /// Where else it stands, and rather; may be empty.
    pub canonical: String,
    /// A BCP 47 tag; may be empty.
    pub language: String,
    /// Which way its lines run.
    pub direction: Direction,
    /// When it shall appear, in UTC, as `datetime-local` inputs have it; empty for at once.
    pub publish_at: String,
    /// Draft or published.
    pub status: Status,
    /// What readers see of it.
    pub stage: Stage,
    /// The number that the next save must name: an edit that started from another one is stale.
    pub version: i64,
    /// Whether this is a working copy, of which readers see nothing.
    pub has_changes: bool,
}

impl Manuscript {
    /// A new one, with nothing written yet.
    pub fn new() -> Self {
        Self {
            id: String::new(),
            draft_key: String::new(),
            slug: String::new(),
            title: String::new(),
            description: String::new(),
            body: String::new(),
            tags: String::new(),
            cover: String::new(),
            cover_alt: String::new(),
            visibility: Visibility::default(),
            slug_wanted: String::new(),
            canonical: String::new(),
            language: String::new(),
            direction: Direction::default(),
            publish_at: String::new(),
            status: Status::Draft,
            stage: Stage::Draft,
            version: 0,
            has_changes: false,
        }
    }
}

impl Default for Manuscript {
    fn default() -> Self {
        Self::new()
    }
}

/// What the editor is told of a text that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What the article is called in the next save.
    pub id: String,
    /// The last part of its address, which a draft's new title may have changed.
    pub slug: String,
    /// The number for the next save.
    pub version: i64,
    /// When it was kept.
    pub at: When,
}
