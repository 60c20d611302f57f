//! Working copies: what an author has changed in an article that readers see as it was. There is
//! at most one of an article; updating the article takes it over, and discarding drops it.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    reading::TextRow,
    revisions,
    saving::{Basis, Which, raise_version, stored, text::Text},
};
use crate::{
    domain::article::Slug,
    error::Error,
    server::{
        clock::Timestamp,
        db::{Db, Tx, reading, within},
        failure::Failure,
        users::{self, User},
    },
};

/// A working copy, as it is stored.
#[derive(FromRow)]
pub struct WorkingCopy {
    /// All but the tags.
    #[sqlx(flatten)]
    pub text: TextRow,
    /// Separated by commas.
    pub tags: String,
    /// When it was saved the last time.
    pub saved_at: Timestamp,
}

/// The working copy of an article, if there is one.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &Db, article: Uuid) -> sqlx::Result<Option<WorkingCopy>> {
    const READ: &str = "select title, description, body, tags, cover, cover_alt, visibility, slug_wanted, \
         canonical, language, direction, publish_at, saved_at from working_copies where article_id = $1";
    reading!(db, |pool| sqlx::query_as(READ).bind(article).fetch_optional(pool).await)
}

/// Whether there is a working copy of an article.
///
/// # Errors
/// When the database cannot be read.
pub async fn exists(db: &Db, article: Uuid) -> sqlx::Result<bool> {
    const FIND: &str = "select article_id from working_copies where article_id = $1";
    let found: Option<Uuid> =
        reading!(db, |pool| { sqlx::query_scalar(FIND).bind(article).fetch_optional(pool).await })?;
    Ok(found.is_some())
}

/// Stores a text as the working copy, in place of the one before.
///
/// # Errors
/// When the database cannot be written.
pub(super) async fn put(
    tx: &mut Tx,
    article: Uuid,
    text: &Text,
    now: Timestamp,
) -> sqlx::Result<()> {
    const PUT: &str = "insert into working_copies (article_id, title, description, body, tags, visibility, \
         slug_wanted, canonical, language, direction, publish_at, saved_at, cover, cover_alt) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         on conflict (article_id) do update set title = excluded.title, description = excluded.description, \
         body = excluded.body, tags = excluded.tags, visibility = excluded.visibility, \
         slug_wanted = excluded.slug_wanted, canonical = excluded.canonical, language = excluded.language, \
         direction = excluded.direction, publish_at = excluded.publish_at, saved_at = excluded.saved_at, \
         cover = excluded.cover, cover_alt = excluded.cover_alt";
    within!(tx, |c| {
        sqlx::query(PUT)
            .bind(article)
            .bind(text.title.as_str())
            .bind(text.description.as_str())
            .bind(text.body.as_str())
            .bind(text.tags.as_slice().join(", "))
            .bind(text.visibility.name())
            .bind(text.slug_wanted())
            .bind(text.canonical())
            .bind(text.language())
            .bind(text.direction.name())
            .bind(text.publish_at)
            .bind(now)
            .bind(text.cover.address())
            .bind(text.cover.alt())
            .execute(c)
            .await
            .map(|_| ())
    })
}

/// Drops the working copy; says whether there was one.
///
/// # Errors
/// When the database cannot be written.
pub(super) async fn drop_of(tx: &mut Tx, article: Uuid) -> sqlx::Result<bool> {
    const DROP: &str = "delete from working_copies where article_id = $1";
    within!(tx, |c| {
        sqlx::query(DROP).bind(article).execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// Discards what an author has changed: the article is as its readers see it. The text stays
/// among the revisions.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn discard(db: &Db, author: &User, slug: &Slug) -> Result<(), Failure> {
    let mut tx = users::begin(db, author).await?;
    let found = stored(&mut tx, author.id, Which::At(slug)).await?;
    let before = found.ok_or(Error::NotFound)?;
    if drop_of(&mut tx, before.id).await? {
        // An editor that is open elsewhere is told that its text is not the stored one any more.
        let basis = Basis { which: Which::Id(before.id), version: before.version, replaces: false };
        raise_version(&mut tx, &basis, before.id).await?;
        revisions::let_stay(&mut tx, before.id).await?;
    }
    Ok(tx.commit().await?)
}
