//! An article as a file: YAML front matter, and the Markdown as it was typed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    domain::{account::FORMER, article::Slug, transfer::Reason},
    server::clock::Timestamp,
};

/// An article, whole, as it stands in files. What is read from one is checked by nobody yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArticleFile {
    /// The path of its own file.
    #[serde(rename = "file", skip_deserializing)]
    pub name: String,
    /// When it was saved the last time.
    #[serde(skip)]
    pub changed: Option<Timestamp>,
    /// Its title.
    pub title: String,
    /// The sentence under it.
    pub description: String,
    /// Who signs it.
    pub author: String,
    /// The last part of its address.
    pub slug: String,
    /// Those that it had before.
    pub former_slugs: Vec<String>,
    /// In the author's order.
    pub tags: Vec<String>,
    /// `public` or `members`.
    pub visibility: String,
    /// `draft`, `published`, `deleted`, or [`CHANGES`].
    pub status: String,
    /// RFC 3339, as all times.
    pub created: String,
    /// The last save.
    pub updated: String,
    /// When it appeared, or will.
    #[serde(alias = "date")]
    pub published: String,
    /// When a draft shall appear.
    pub publish_at: String,
    /// The address that its author wants.
    pub slug_wanted: String,
    /// Where else it stands, and rather.
    pub canonical: String,
    /// A BCP 47 tag.
    pub language: String,
    /// `auto`, `ltr` or `rtl`.
    pub direction: String,
    /// The address of the picture at its head.
    pub cover: String,
    /// What that shows, in words.
    pub cover_alt: String,
    /// [`CLOSED`] where nobody may comment any more.
    pub comments: String,
    /// The Markdown.
    #[serde(skip_deserializing)]
    pub body: String,
}

/// Where articles are.
pub const FOLDER: &str = "articles/";

/// The status of what has changed in an article and is not published.
pub const CHANGES: &str = "changes";

/// What is said of comments that are closed.
pub const CLOSED: &str = "closed";

/// Longer than any front matter that is written here.
const LONGEST_HEAD: usize = 64 * 1024;

impl ArticleFile {
    /// Whether whoever wrote it is leaving, or has left.
    pub fn is_left(&self) -> bool {
        self.author == FORMER
    }

    /// The file.
    pub fn to_markdown(&self) -> String {
        let always = [
            ("title", &self.title),
            ("description", &self.description),
            ("author", &self.author),
            ("slug", &self.slug),
            ("visibility", &self.visibility),
            ("status", &self.status),
            ("created", &self.created),
            ("updated", &self.updated),
        ];
        let where_given = [
            ("published", &self.published),
            ("publish_at", &self.publish_at),
            ("slug_wanted", &self.slug_wanted),
            ("canonical", &self.canonical),
            ("language", &self.language),
            ("direction", &self.direction),
            ("cover", &self.cover),
            ("cover_alt", &self.cover_alt),
            ("comments", &self.comments),
        ];
        let given = where_given.into_iter().filter(|(_, text)| !text.is_empty());
        let mut head = String::from("---\n");
        for (key, text) in always.into_iter().chain(given) {
            head += &format!("{key}: {}\n", quoted(text));
        }
        if !self.former_slugs.is_empty() {
            head += &format!("former_slugs: {}\n", list(&self.former_slugs));
        }
        format!("{head}tags: {}\n---\n\n{}\n", list(&self.tags), self.body)
    }

    /// What is in a file.
    ///
    /// # Errors
    /// [`Reason::FrontMatter`].
    pub fn parse(file: &str) -> Result<Self, Reason> {
        let file = file.strip_prefix('\u{FEFF}').unwrap_or(file);
        let (head, body) = split(file).ok_or(Reason::FrontMatter)?;
        let read = serde_saphyr::from_str_with_options::<Self>(head, options());
        let body = body.replace("\r\n", "\n");
        let body = body.strip_suffix('\n').unwrap_or(&body).to_owned();
        Ok(Self { body, ..read.map_err(|_| Reason::FrontMatter)? })
    }
}

/// What stands between the two lines of hyphens, and what stands below the empty line after them.
fn split(file: &str) -> Option<(&str, &str)> {
    let is_line = |line: &str| line.trim_end_matches(['\r', '\n']) == "---";
    let mut lines = file.split_inclusive('\n');
    let begun = lines.next().filter(|line| is_line(line))?.len();
    let mut end = begun;
    for line in lines {
        if is_line(line) {
            let body = file.get(end + line.len()..)?;
            let below = body.strip_prefix('\n').or_else(|| body.strip_prefix("\r\n"));
            return Some((file.get(begun..end)?, below.unwrap_or(body)));
        }
        end += line.len();
        if end > LONGEST_HEAD {
            return None;
        }
    }
    None
}

/// Front matter is a map of texts and of lists of texts: whatever can grow when it is read, or
/// lead elsewhere, is refused.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_aliases: 0,
            max_anchors: 0,
            max_events: 2_000,
            max_depth: 8,
        },
    }
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// A text in double quotes, which YAML reads as JSON does (YAML 1.2.2, 7.3.1): quoted, no text
/// is taken for a number, a date, a list or the end of the front matter. JSON leaves as they are
/// some characters that YAML takes for line ends or forbids; those are written as their numbers.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    let escaped = json.chars().map(|c| match c {
        '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => {
            format!("\\u{:04X}", u32::from(c))
        }
        c => c.to_string(),
    });
    escaped.collect()
}

/// What stands between commas.
pub fn parts(joined: &str) -> Vec<String> {
    joined.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The path of an article's file. Neither a slug nor a name has anything in it that could mean a
/// folder, but some are devices to Windows, whatever their ending; no slug has an underscore, and
/// no name begins with one.
pub fn path_of(author: &str, slug: &str) -> String {
    let name = match Slug::parse(slug) {
        Some(_) if is_device(slug) => format!("{slug}_"),
        _ => slug.to_owned(),
    };
    format!("{FOLDER}{}/{name}.md", part_of(author))
}

/// What a path calls somebody.
pub fn part_of(author: &str) -> String {
    match author {
        FORMER => "_former".to_owned(),
        name if is_device(&name.to_ascii_lowercase()) => format!("_{name}"),
        name => name.to_owned(),
    }
}

/// The path of what has changed in an article. No slug has an underscore.
pub fn name_of_changes(name: &str) -> String {
    format!("{}_changes.md", name.trim_end_matches(".md"))
}

fn is_device(name: &str) -> bool {
    let numbered = |kind| name.strip_prefix(kind).is_some_and(|rest: &str| rest.len() == 1);
    matches!(name, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}
