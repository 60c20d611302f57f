//! What articles said before.
//!
//! Each publication, update and end of a publication is a revision. What is only kept while
//! somebody writes, every few seconds perhaps, is one for ten minutes at most: in place of the one
//! before, so that its text is the latest of them. What its author drops, or puts another text in the
//! place of, ends those ten minutes, and so does the loss of half of it at once.

mod difference;

use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

use self::difference::differences;
use super::{
    reading::{self, own_key},
    saving::{
        self, Basis, Intent, Which,
        text::{Text, Typed},
    },
};
use crate::{
    domain::article::{
        Slug,
        life::{History, Revision, RevisionKind},
    },
    error::Error,
    server::{
        clock::Timestamp,
        db::{Db, Tx, reading, within},
        failure::Failure,
        images::references,
        users::User,
    },
};

/// A writer who looks for what stood there before lunch finds it; a day of writing is some fifty
/// revisions.
const ONE_FOR: Duration = Duration::from_secs(10 * 60);

/// Of each article. Two days of uninterrupted writing, or years of corrections; of the longest
/// articles they take 20 MB.
pub const MOST: u8 = 100;

/// Binds what a version says, in the order in which the statements here name its columns.
macro_rules! bind_text {
    ($query:expr, $text:expr) => {
        $query
            .bind($text.title.as_str())
            .bind($text.description.as_str())
            .bind($text.body.as_str())
            .bind($text.tags.as_slice().join(", "))
            .bind($text.cover.address())
            .bind($text.cover.alt())
    };
}

/// Notes what an article says at this version.
///
/// # Errors
/// When the database cannot be written.
pub(super) async fn note(
    tx: &mut Tx,
    article: Uuid,
    version: i64,
    kind: RevisionKind,
    text: &Text,
    now: Timestamp,
) -> sqlx::Result<()> {
    let replaced = kind == RevisionKind::Kept && replace(tx, article, version, text, now).await?;
    if !replaced {
        add(tx, article, version, kind, text, now).await?;
        forget_oldest(tx, article).await?;
    }
    keep_pictures(tx, article, version, text).await
}

async fn keep_pictures(tx: &mut Tx, article: Uuid, version: i64, text: &Text) -> sqlx::Result<()> {
    let texts = [text.body.as_str(), &text.cover.address()];
    references::keep_revision(tx, article, version, &texts).await
}

/// What an article said at a version, from a file, every field checked.
pub struct Earlier {
    /// The article's version then.
    pub version: i64,
    /// Why it was stored.
    pub kind: RevisionKind,
    /// When it was saved.
    pub saved: Timestamp,
    /// What it said.
    pub text: Text,
}

/// Stores a version of an article that comes in a file, beside those that are there. There is room
/// for it, and it takes no other's place.
///
/// # Errors
/// When the database cannot be written.
pub(super) async fn take_in(
    tx: &mut Tx,
    article: Uuid,
    version: i64,
    kind: RevisionKind,
    text: &Text,
    saved: Timestamp,
) -> sqlx::Result<()> {
    add(tx, article, version, kind, text, saved).await?;
    keep_pictures(tx, article, version, text).await
}

/// Whether an article said that at a version.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn is_at(
    tx: &mut Tx,
    article: Uuid,
    version: i64,
    text: &Text,
) -> sqlx::Result<bool> {
    const SAYS: &str = "select version from revisions where article_id = $1 and version = $2 and title = $3 \
         and description = $4 and body = $5 and tags = $6 and cover = $7 and cover_alt = $8";
    let found: Option<i64> = within!(tx, |c| {
        bind_text!(sqlx::query_scalar(SAYS).bind(article).bind(version), text)
            .fetch_optional(c)
            .await
    })?;
    Ok(found.is_some())
}

/// Puts a text in the place of the last, if that was only kept, and lately; and never one of less
/// than half its length: a text that is gone by one wrong key is found among the versions.
async fn replace(
    tx: &mut Tx,
    article: Uuid,
    version: i64,
    text: &Text,
    now: Timestamp,
) -> sqlx::Result<bool> {
    const REPLACE: &str = "update revisions set version = $2, title = $3, description = $4, body = $5, tags = $6, \
         cover = $7, cover_alt = $8, saved_at = $9 where article_id = $1 and kind = 'kept' and begun_at > $10 \
         and length(body) <= 2 * length($5) \
         and version = (select max(version) from revisions where article_id = $1)";
    within!(tx, |c| {
        bind_text!(sqlx::query(REPLACE).bind(article).bind(version), text)
            .bind(now)
            .bind(now.before(ONE_FOR))
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })
}

/// What was kept last stays: what is kept next does not take its place, however soon. For an author
/// who drops a text, or puts another one there, and goes on writing.
///
/// # Errors
/// When the database cannot be written.
pub(super) async fn let_stay(tx: &mut Tx, article: Uuid) -> sqlx::Result<()> {
    // As if it had been begun long ago.
    const LET_STAY: &str = "update revisions set begun_at = 0 where article_id = $1 \
         and version = (select max(version) from revisions where article_id = $1)";
    within!(tx, |c| sqlx::query(LET_STAY).bind(article).execute(c).await.map(|_| ()))
}

async fn add(
    tx: &mut Tx,
    article: Uuid,
    version: i64,
    kind: RevisionKind,
    text: &Text,
    now: Timestamp,
) -> sqlx::Result<()> {
    const ADD: &str = "insert into revisions (article_id, version, title, description, body, tags, cover, cover_alt, \
         saved_at, begun_at, kind) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)";
    within!(tx, |c| {
        bind_text!(sqlx::query(ADD).bind(article).bind(version), text)
            .bind(now)
            .bind(kind.name())
            .execute(c)
            .await
            .map(|_| ())
    })
}

async fn forget_oldest(tx: &mut Tx, article: Uuid) -> sqlx::Result<()> {
    const FORGET: &str = "delete from revisions where article_id = $1 and version < \
         (select version from revisions where article_id = $1 order by version desc limit 1 offset $2)";
    within!(tx, |c| sqlx::query(FORGET)
        .bind(article)
        .bind(i64::from(MOST) - 1)
        .execute(c)
        .await
        .map(|_| ()))
}

/// A revision's text.
#[derive(FromRow)]
struct Whole {
    title: String,
    description: String,
    body: String,
    tags: String,
    cover: String,
    cover_alt: String,
}

/// All revisions of one's own article, and what one of them changed.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn history(
    db: &Db,
    author: Uuid,
    slug: &Slug,
    shown: Option<i64>,
    now: Timestamp,
) -> Result<History, Failure> {
    let id = own_key(db, author, slug).await?.ok_or(Error::NotFound)?;
    let manuscript = reading::manuscript(db, author, id, now).await?;
    let revisions = all(db, id).await?;
    let differences = match shown {
        None => Vec::new(),
        Some(version) => {
            let after = whole(db, id, version).await?.ok_or(Error::NotFound)?;
            let before = before(db, id, version).await?;
            let comparing =
                tokio::task::spawn_blocking(move || differences(before.as_ref(), &after));
            comparing.await.map_err(anyhow::Error::from)?
        }
    };
    Ok(History {
        slug: manuscript.slug,
        title: manuscript.title,
        version: manuscript.version,
        revisions,
        shown,
        differences,
    })
}

async fn all(db: &Db, article: Uuid) -> sqlx::Result<Vec<Revision>> {
    const ALL: &str = "select version, kind, title, saved_at from revisions where article_id = $1 \
         order by version desc";
    let rows: Vec<(i64, String, String, Timestamp)> =
        reading!(db, |pool| sqlx::query_as(ALL).bind(article).fetch_all(pool).await)?;
    let revisions = rows.into_iter().map(|(version, kind, title, at)| Revision {
        version,
        kind: RevisionKind::from_name(&kind).unwrap_or(RevisionKind::Kept),
        title,
        when: at.to_minute(),
    });
    Ok(revisions.collect())
}

async fn whole(db: &Db, article: Uuid, version: i64) -> sqlx::Result<Option<Whole>> {
    const WHOLE: &str = "select title, description, body, tags, cover, cover_alt from revisions \
         where article_id = $1 and version = $2";
    reading!(db, |pool| {
        sqlx::query_as(WHOLE).bind(article).bind(version).fetch_optional(pool).await
    })
}

async fn before(db: &Db, article: Uuid, version: i64) -> sqlx::Result<Option<Whole>> {
    const BEFORE: &str = "select title, description, body, tags, cover, cover_alt from revisions \
         where article_id = $1 and version < $2 order by version desc limit 1";
    reading!(db, |pool| {
        sqlx::query_as(BEFORE).bind(article).bind(version).fetch_optional(pool).await
    })
}

/// Makes a revision's text the one that the editor has: a draft's own, or the working copy of an
/// article that has readers. It is a save like any other, and can be undone like any other.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`], [`Error::TooMany`].
pub async fn restore(
    db: &Db,
    author: &User,
    slug: &Slug,
    revision: i64,
    version: i64,
    now: Timestamp,
) -> Result<String, Failure> {
    let id = own_key(db, author.id, slug).await?.ok_or(Error::NotFound)?;
    let Whole { title, description, body, tags, cover, cover_alt } =
        whole(db, id, revision).await?.ok_or(Error::NotFound)?;
    let manuscript = reading::manuscript(db, author.id, id, now).await?;
    let typed = Typed { title, description, body, tags, cover, cover_alt, ..Typed::of(manuscript) };
    let text = typed.unfinished()?;
    let basis = Basis { which: Which::Id(id), version, replaces: true };
    saving::count(db, author, now).await?;
    Ok(saving::save(db, author, basis, &text, Intent::Keep, now).await?.slug)
}
