//! What readers made of articles, as files: what they said under each, and of each of them what they
//! like and whom they follow. A file has at most [`PER_FILE`] of anything, so that none is longer
//! than is read at once; what is more is in another one.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, SeqAccess, Visitor},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::front_matter::{self, ArticleFile, part_of};
use crate::{
    domain::transfer::Reason,
    server::{
        clock::Timestamp,
        db::{Db, reading},
        follows,
        users::key,
    },
};

/// Where the files of people are.
const FOLDER: &str = "people/";

/// How many entries a list in a file has.
pub const PER_FILE: usize = 1000;

/// What was said under an article.
#[derive(Debug, Serialize, Deserialize)]
pub struct Talk {
    /// Who signs the article.
    pub author: String,
    /// The last part of its address.
    pub slug: String,
    /// The oldest comes first.
    #[serde(deserialize_with = "few")]
    pub comments: Vec<Said>,
}

/// A comment.
#[derive(Debug, Serialize, Deserialize)]
pub struct Said {
    /// Who wrote it.
    pub author: String,
    /// When (RFC 3339, as all times).
    pub created: String,
    /// `shown`, `hidden` or `held`.
    pub state: String,
    /// The Markdown, as it was typed.
    pub text: String,
}

/// What somebody likes, and whom they follow.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reader {
    /// Who it is.
    pub username: String,
    /// The first whom they followed comes first.
    #[serde(default, deserialize_with = "few", skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<Followed>,
    /// The oldest favourite comes first.
    #[serde(default, deserialize_with = "few", skip_serializing_if = "Vec::is_empty")]
    pub favorites: Vec<Liked>,
}

/// An author who is followed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Followed {
    /// Their name.
    pub author: String,
    /// When that began.
    pub since: String,
}

/// An article that somebody likes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Liked {
    /// Who signs it.
    pub author: String,
    /// The last part of its address.
    pub slug: String,
    /// When that began.
    pub since: String,
}

/// What is in a file.
///
/// # Errors
/// [`Reason::Json`].
pub fn parse<T: DeserializeOwned>(file: &str) -> Result<T, Reason> {
    serde_json::from_str(file).map_err(|_| Reason::Json)
}

/// A list of no more than is written here: what is longer is not read to its end.
pub fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    struct Few<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Few<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {PER_FILE}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut read = Vec::new();
            while let Some(one) = list.next_element()? {
                if read.len() == PER_FILE {
                    return Err(A::Error::invalid_length(PER_FILE + 1, &self));
                }
                read.push(one);
            }
            Ok(read)
        }
    }

    from.deserialize_seq(Few(PhantomData))
}

/// Whether the file of that path is one of these.
pub fn is_file(path: &str) -> bool {
    path.ends_with(".json") && (is_talk(path) || path.starts_with(FOLDER))
}

/// Whether it is what was said under an article.
pub fn is_talk(path: &str) -> bool {
    path.starts_with(front_matter::FOLDER)
}

/// The path of what was said under the article of that path, from 0. No slug has an underscore.
fn path_of_talk(article: &str, n: usize) -> String {
    let path = article.trim_end_matches(".md");
    match n {
        0 => format!("{path}_comments.json"),
        n => format!("{path}_comments_{:04}.json", n + 1),
    }
}

/// The path of what somebody likes and whom they follow, from 0. No name has a full stop.
fn path_of_reader(name: &str, n: usize) -> String {
    let part = part_of(name);
    match n {
        0 => format!("{FOLDER}{part}.json"),
        n => format!("{FOLDER}{part}.{:04}.json", n + 1),
    }
}

/// Where a part of what was said under an article begins: behind that time and key.
pub type Place = (Timestamp, Uuid);

/// The part of what was said under an article that begins there, with its path and when the last of
/// it was said, and where the next one begins; none when there is no more. Without what goes with
/// somebody who is leaving.
///
/// # Errors
/// When the database cannot be read.
pub async fn talk(
    db: &Db,
    (id, article): (Uuid, &ArticleFile),
    (n, after): (usize, Option<Place>),
) -> sqlx::Result<Option<(String, Talk, Place)>> {
    const SAID: &str = "select c.id, c.created_at, c.state, c.body, \
         case when u.leaves_at is null then u.username else 'a former member' end as author \
         from comments c join users u on u.id = c.author_id \
         where c.article_id = $1 and (c.created_at, c.id) > ($2, $3) \
         and (u.leaves_at is null or (u.keeps_articles and c.state = 'shown')) \
         order by c.created_at, c.id limit $4";
    #[derive(FromRow)]
    struct Row {
        id: Uuid,
        created_at: Timestamp,
        state: String,
        body: String,
        author: String,
    }
    let (after, key) = after.unwrap_or((Timestamp::from_bytes([0; 8]), Uuid::nil()));
    let rows: Vec<Row> = reading!(db, |pool| {
        sqlx::query_as(SAID)
            .bind(id)
            .bind(after)
            .bind(key)
            .bind(i64::try_from(PER_FILE).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await
    })?;
    let Some(next) = rows.last().map(|row| (row.created_at, row.id)) else { return Ok(None) };
    let said = |row: Row| Said {
        author: row.author,
        created: row.created_at.to_rfc3339(),
        state: row.state,
        text: row.body,
    };
    let comments = rows.into_iter().map(said).collect();
    let talk = Talk { author: article.author.clone(), slug: article.slug.clone(), comments };
    Ok(Some((path_of_talk(&article.name, n), talk, next)))
}

/// Whoever likes an article or follows somebody, by name; without those who are leaving.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(db: &Db) -> sqlx::Result<Vec<(Uuid, String)>> {
    const ALL: &str = "select id, username from users where leaves_at is null \
         and (exists (select 1 from follows where follower_id = users.id) \
         or exists (select 1 from favorites where user_id = users.id))";
    let mut all: Vec<(Uuid, String)> =
        reading!(db, |pool| sqlx::query_as(ALL).fetch_all(pool).await)?;
    all.sort_by_cached_key(|(_, name)| key(name));
    Ok(all)
}

/// The files of one of them, with their paths: of authors who are not leaving, and articles that go
/// along. In an order that does not hang on the database's locale.
///
/// # Errors
/// When the database cannot be read.
pub async fn files_of(
    db: &Db,
    (id, username): &(Uuid, String),
) -> sqlx::Result<Vec<(String, Reader)>> {
    const LIKED: &str = "select f.created_at, a.slug, \
         case when u.leaves_at is null then u.username else 'a former member' end as author \
         from favorites f join articles a on a.id = f.article_id join users u on u.id = a.author_id \
         where f.user_id = $1 \
         and (a.status = 'published' or (a.status = 'draft' and u.leaves_at is null))";
    let mut liked: Vec<(Timestamp, String, String)> =
        reading!(db, |pool| sqlx::query_as(LIKED).bind(id).fetch_all(pool).await)?;
    liked.sort();
    let mut followed = follows::all_of(db, *id).await?;
    followed.sort_by_cached_key(|(author, since)| (*since, key(author)));
    let files = liked.len().max(followed.len()).div_ceil(PER_FILE);
    let file = |n| {
        let follows = part(&followed, n)
            .iter()
            .map(|(author, since)| Followed { author: author.clone(), since: since.to_rfc3339() });
        let favorites = part(&liked, n).iter().map(|(since, slug, author)| Liked {
            author: author.clone(),
            slug: slug.clone(),
            since: since.to_rfc3339(),
        });
        let (follows, favorites) = (follows.collect(), favorites.collect());
        (path_of_reader(username, n), Reader { username: username.clone(), follows, favorites })
    };
    Ok((0..files).map(file).collect())
}

fn part<T>(list: &[T], n: usize) -> &[T] {
    list.chunks(PER_FILE).nth(n).unwrap_or_default()
}
