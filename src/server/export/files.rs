//! What the files of a download look like.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;
use zip::{CompressionMethod, DateTime, write::SimpleFileOptions};

use crate::{
    domain::{
        article::Slug,
        image::ImageName,
        passkey::OwnPasskey,
        security::{Event, Factors, OwnSession},
    },
    server::{clock::Timestamp, comments, users::User},
};

/// A file of the zip, or the next part of the last one.
pub struct File {
    /// Its path.
    pub name: String,
    /// When it was changed; none for another part of the file before.
    pub changed: Option<Timestamp>,
    /// What is in it.
    pub contents: Vec<u8>,
}

impl File {
    fn json(name: &str, value: &Value, now: Timestamp) -> anyhow::Result<Self> {
        let mut contents = serde_json::to_vec_pretty(value)?;
        contents.push(b'\n');
        Ok(Self { name: name.into(), changed: Some(now), contents })
    }

    /// What is in the zip, for whoever opens it in ten years.
    pub fn readme(site: &str, articles: usize, now: Timestamp) -> Self {
        let when = now.to_minute().text;
        let text = format!(
            "What {site} keeps of you, as it was on {when}.\n\n\
             articles/              {articles} articles, drafts and deleted ones included: Markdown,\n\
             \x20                      with what else belongs to each on top (YAML front matter);\n\
             \x20                      what you have changed and not published is beside it, in a\n\
             \x20                      file whose name ends with _changes\n\
             articles.json          the same in one file, for programs\n\
             images/                your pictures, and images.json, what they show in words\n\
             account.json           your name, those that you had before, address, roles and profile\n\
             comments.json          what you said under articles\n\
             favorites.json         the articles that you like\n\
             follows.json           the authors whom you follow\n\
             second-factors.json    what you log in with beside the password\n\
             sessions.json          where you are logged in\n\
             security-events.json   what happened to your account in the last 90 days\n\n\
             Your password is not in it: nobody has it, the site neither. Nor is anything that\n\
             would let its finder log in. Keep it safe all the same: your drafts are in it.\n"
        );
        Self { name: "README.txt".into(), changed: Some(now), contents: text.into_bytes() }
    }

    /// Who one is here.
    ///
    /// # Errors
    /// None that is known.
    pub fn account(
        user: &User,
        former: &[String],
        (bio, image): &(String, String),
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let roles: Vec<&str> = user.roles().map(|role| role.name()).collect();
        let account = json!({
            "username": user.username,
            "former_usernames": former,
            "email": user.email,
            "roles": roles,
            "created": user.created_at.to_when().iso,
            "bio": bio,
            "image": image,
        });
        Self::json("account.json", &account, now)
    }

    /// What one said under articles.
    ///
    /// # Errors
    /// None that is known.
    pub fn comments(comments: &[comments::Own], now: Timestamp) -> anyhow::Result<Self> {
        let comments = comments.iter().map(|comment| {
            json!({
                "article": comment.slug,
                "body": comment.body,
                "state": comment.state,
                "created": comment.created_at.to_when().iso,
            })
        });
        Self::json("comments.json", &comments.collect(), now)
    }

    /// The articles that one likes, each with its address, its title, and since when.
    ///
    /// # Errors
    /// None that is known.
    pub fn favorites(
        favorites: &[(String, String, Timestamp)],
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let favorites = favorites.iter().map(|(slug, title, since)| {
            json!({ "article": slug, "title": title, "since": since.to_when().iso })
        });
        Self::json("favorites.json", &favorites.collect(), now)
    }

    /// The authors whom one follows, and since when.
    ///
    /// # Errors
    /// None that is known.
    pub fn follows(follows: &[(String, Timestamp)], now: Timestamp) -> anyhow::Result<Self> {
        let follows = follows
            .iter()
            .map(|(username, since)| json!({ "username": username, "since": since.to_when().iso }));
        Self::json("follows.json", &follows.collect(), now)
    }

    /// What one logs in with beside the password, and nothing that would do it.
    ///
    /// # Errors
    /// None that is known.
    pub fn factors(
        factors: &Factors,
        passkeys: &[OwnPasskey],
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let passkeys = passkeys.iter().map(|passkey| {
            json!({
                "name": passkey.name,
                "added": passkey.added.iso,
                "last_used": passkey.used.as_ref().map(|used| &used.iso),
            })
        });
        let factors = json!({
            "authenticator": factors.authenticator,
            "recovery_codes_left": factors.recovery_codes,
            "passkeys": passkeys.collect::<Value>(),
        });
        Self::json("second-factors.json", &factors, now)
    }

    /// Where one is logged in, and nothing that a session is called by.
    ///
    /// # Errors
    /// None that is known.
    pub fn sessions(sessions: &[OwnSession], now: Timestamp) -> anyhow::Result<Self> {
        let sessions = sessions.iter().map(|session| {
            json!({
                "device": session.device,
                "network": session.network,
                "since": session.first.iso,
                "last_used": session.last.iso,
            })
        });
        Self::json("sessions.json", &sessions.collect(), now)
    }

    /// What happened to the account.
    ///
    /// # Errors
    /// None that is known.
    pub fn events(events: &[Event], now: Timestamp) -> anyhow::Result<Self> {
        let events = events.iter().map(|event| {
            json!({
                "kind": event.kind.name(),
                "text": event.kind.text(),
                "when": event.when.iso,
                "network": event.network,
                "device": event.device,
            })
        });
        Self::json("security-events.json", &events.collect(), now)
    }

    /// What the pictures show.
    ///
    /// # Errors
    /// None that is known.
    pub fn pictures(pictures: &[(ImageName, String)], now: Timestamp) -> anyhow::Result<Self> {
        let pictures =
            pictures.iter().map(|(name, alt)| json!({ "file": path_of(name), "alt": alt }));
        Self::json("images.json", &pictures.collect(), now)
    }

    /// The widest form of a picture.
    pub fn picture(name: &ImageName, contents: Vec<u8>, now: Timestamp) -> Self {
        Self { name: path_of(name), changed: Some(now), contents }
    }

    /// A part of the list of all articles: the first one begins the file.
    ///
    /// # Errors
    /// None that is known.
    pub fn list(
        articles: &[ArticleFile],
        first: bool,
        last: bool,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let mut contents = Vec::new();
        for (n, article) in articles.iter().enumerate() {
            contents.extend_from_slice(if first && n == 0 { b"[\n" } else { b",\n" });
            serde_json::to_writer(&mut contents, article)?;
        }
        if last {
            let none = first && articles.is_empty();
            contents.extend_from_slice(if none { b"[]\n" } else { b"\n]\n" });
        }
        Ok(Self { name: "articles.json".into(), changed: first.then_some(now), contents })
    }
}

/// An article as it stands in the list of all of them.
#[derive(Serialize)]
pub struct ArticleFile {
    /// The path of its own file.
    #[serde(rename = "file")]
    pub name: String,
    /// When it was saved the last time.
    #[serde(skip)]
    pub changed: Timestamp,
    /// The last part of its address.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The sentence under it.
    pub description: String,
    /// In the author's order.
    pub tags: Vec<String>,
    /// `public` or `members`.
    pub visibility: String,
    /// `draft`, `published`, `deleted`, or `changes` for what is not published of the last.
    pub status: String,
    /// RFC 3339, as the next two.
    pub created: String,
    /// The last save.
    pub updated: String,
    /// The first publication.
    pub published: Option<String>,
    /// The Markdown, as it was typed.
    pub body: String,
}

impl ArticleFile {
    /// The Markdown, under what else is known of the article.
    pub fn to_markdown(&self) -> File {
        let tags: Vec<String> = self.tags.iter().map(|tag| quoted(tag)).collect();
        let texts = [
            ("title", &self.title),
            ("description", &self.description),
            ("slug", &self.slug),
            ("visibility", &self.visibility),
            ("status", &self.status),
            ("created", &self.created),
            ("updated", &self.updated),
        ];
        let mut head = String::from("---\n");
        for (key, text) in texts {
            head += &format!("{key}: {}\n", quoted(text));
        }
        if let Some(published) = &self.published {
            head += &format!("published: {}\n", quoted(published));
        }
        head += &format!("tags: [{}]\n---\n\n{}\n", tags.join(", "), self.body);
        File { name: self.name.clone(), changed: Some(self.changed), contents: head.into_bytes() }
    }
}

fn path_of(name: &ImageName) -> String {
    format!("images/{name}")
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

/// The path of an article's file. A slug has nothing in it that could mean a folder, but some
/// are devices to Windows, whatever their ending; no slug has an underscore.
pub fn name_of(slug: &str, id: Uuid) -> String {
    let name = match Slug::parse(slug) {
        Some(_) if is_device(slug) => format!("{slug}_"),
        Some(_) => slug.to_owned(),
        None => id.simple().to_string(),
    };
    format!("articles/{name}.md")
}

/// The path of what has changed in an article. No slug has an underscore.
pub fn name_of_changes(name: &str) -> String {
    format!("{}_changes.md", name.trim_end_matches(".md"))
}

fn is_device(name: &str) -> bool {
    let numbered = |kind| name.strip_prefix(kind).is_some_and(|rest: &str| rest.len() == 1);
    matches!(name, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// How a file is packed, with the time that unpacking gives it.
pub fn options(changed: Timestamp) -> SimpleFileOptions {
    let at = changed.to_offset();
    let (year, month) = (u16::try_from(at.year()).unwrap_or(1980), u8::from(at.month()));
    let changed =
        DateTime::from_date_and_time(year, month, at.day(), at.hour(), at.minute(), at.second());
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644)
        .last_modified_time(changed.unwrap_or_default())
}
