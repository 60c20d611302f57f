//! What the files of a download look like.

use serde_json::{Value, json};

use crate::{
    domain::{
        image::ImageName,
        passkey::OwnPasskey,
        security::{Event, Factors, OwnSession},
    },
    server::{
        clock::Timestamp,
        comments,
        transfer::{
            export,
            front_matter::ArticleFile,
            pictures::{self, Described},
        },
        users::User,
    },
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
        Ok(Self { name: name.into(), changed: Some(now), contents: export::json(value)? })
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

    /// An article, for whoever opens it and for an import.
    pub fn article(article: &ArticleFile) -> Self {
        let contents = article.to_markdown().into_bytes();
        Self { name: article.name.clone(), changed: article.changed, contents }
    }

    /// What the pictures show.
    ///
    /// # Errors
    /// None that is known.
    pub fn pictures(
        owner: &User,
        pictures: &[(ImageName, String)],
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let described = pictures
            .iter()
            .map(|(name, alt)| json!(Described::new(name, &owner.username, None, alt)));
        Self::json(pictures::FILE, &described.collect(), now)
    }

    /// The widest form of a picture.
    pub fn picture(name: &ImageName, contents: Vec<u8>, now: Timestamp) -> Self {
        Self { name: pictures::path_of(name), changed: Some(now), contents }
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
