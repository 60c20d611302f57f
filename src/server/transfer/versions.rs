//! What articles said before, as files: beside each the versions of it, the oldest first. A file has
//! as many as are [`PER_FILE`] bytes of text; what is more is in another one.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    front_matter::{ArticleFile, FOLDER, parts},
    readers::few,
};
use crate::server::{
    clock::Timestamp,
    db::{Db, reading},
};

/// A file ends with the version that goes beyond that many bytes of text.
const PER_FILE: usize = 256 * 1024;

/// What an article said before.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct History {
    /// The oldest comes first.
    #[serde(deserialize_with = "few")]
    pub versions: Vec<Version>,
}

/// What it said at one of its versions. What is read from a file is checked by nobody yet.
#[derive(Debug, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub version: i64,
    /// `kept`, `published`, `updated` or `unpublished`.
    #[serde(default)]
    pub kind: String,
    /// When (RFC 3339, as all times).
    pub saved: String,
    /// The title.
    pub title: String,
    /// The sentence under it.
    #[serde(default)]
    pub description: String,
    /// In the author's order.
    #[serde(default, deserialize_with = "few")]
    pub tags: Vec<String>,
    /// The address of the picture at its head.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cover: String,
    /// What that shows, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cover_alt: String,
    /// The Markdown, as it was typed.
    pub body: String,
}

/// The path of the versions of the article of that path, from 0. No slug has an underscore.
fn path_of(article: &str, n: usize) -> String {
    let path = article.trim_end_matches(".md");
    match n {
        0 => format!("{path}_versions.json"),
        n => format!("{path}_versions_{:04}.json", n + 1),
    }
}

/// The path of the article whose versions are in the file of that path, if any are.
pub fn article_of(path: &str) -> Option<String> {
    let stem = path.strip_suffix(".json").filter(|stem| stem.starts_with(FOLDER))?;
    let numbered = stem.rsplit_once('_');
    let numbered = numbered.filter(|(_, part)| part.bytes().all(|b| b.is_ascii_digit()));
    let stem = numbered.map_or(stem, |(stem, _)| stem);
    stem.strip_suffix("_versions").map(|article| format!("{article}.md"))
}

/// The part of an article's versions that begins after that one, with its path and when its last one
/// was saved; none when there is no more. Of somebody who is leaving, or has left, nothing stays but
/// what readers saw.
///
/// # Errors
/// When the database cannot be read.
pub async fn part(
    db: &Db,
    (id, article): (Uuid, &ArticleFile),
    (n, after): (usize, i64),
) -> sqlx::Result<Option<(String, History, Timestamp)>> {
    if article.is_left() {
        return Ok(None);
    }
    let (mut history, mut length, mut last) = (History::default(), 0, None);
    let mut after = after;
    while length < PER_FILE
        && let Some(row) = next(db, id, after).await?
    {
        length += row.body.len();
        after = row.version;
        last = Some(row.saved_at);
        history.versions.push(row.into_version());
    }
    Ok(last.map(|saved| (path_of(&article.name, n), history, saved)))
}

#[derive(FromRow)]
struct Row {
    version: i64,
    kind: String,
    saved_at: Timestamp,
    title: String,
    description: String,
    body: String,
    tags: String,
    cover: String,
    cover_alt: String,
}

impl Row {
    fn into_version(self) -> Version {
        Version {
            version: self.version,
            kind: self.kind,
            saved: self.saved_at.to_rfc3339(),
            title: self.title,
            description: self.description,
            tags: parts(&self.tags),
            cover: self.cover,
            cover_alt: self.cover_alt,
            body: self.body,
        }
    }
}

async fn next(db: &Db, article: Uuid, after: i64) -> sqlx::Result<Option<Row>> {
    const NEXT: &str = "select version, kind, saved_at, title, description, body, tags, cover, cover_alt \
         from revisions where article_id = $1 and version > $2 order by version limit 1";
    reading!(db, |pool| {
        sqlx::query_as(NEXT).bind(article).bind(after).fetch_optional(pool).await
    })
}
