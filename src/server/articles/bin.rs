//! The bin: what is deleted can be brought back for a while, and is gone then.
//!
//! Deleted is a status that nothing else asks for, so that no list has such an article and nobody
//! reads it; its address stays its own. What it was before stands beside it.

use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    saving::{Which, stored},
    tallies::{Changes, Countable},
};
use crate::{
    domain::article::{Slug, Status, Visibility, life::DAYS_TO_UNDO},
    error::Error,
    server::{
        clock::Timestamp,
        db::{Db, Tx, within, writing},
        failure::Failure,
        users::{self, User},
    },
};

/// The status of what is in the bin.
pub const DELETED: &str = "deleted";

/// Long enough to miss an article that is asked for once a month.
pub const KEPT: Duration = Duration::from_secs(DAYS_TO_UNDO as u64 * 24 * 3600);

#[derive(FromRow)]
struct Turned {
    id: Uuid,
    visibility: String,
    status: String,
    published_at: Option<Timestamp>,
}

/// Deletes one's own article: nobody sees it any more, and it can be brought back. Gives its address.
///
/// # Errors
/// [`Error::NotFound`], also for what is somebody else's.
pub async fn delete(
    db: &Db,
    author: &User,
    which: Which<'_>,
    now: Timestamp,
) -> Result<String, Failure> {
    const DELETE: &str = "update articles set status = 'deleted', status_before = status, deleted_at = $3, \
         version = version + 1 where id = $1 and author_id = $2 and status <> 'deleted' \
         returning id, visibility, status_before as status, published_at";
    let mut tx = users::begin(db, author).await?;
    let found = stored(&mut tx, author.id, which).await?.ok_or(Error::NotFound)?;
    let deleted: Option<Turned> = within!(&mut tx, |c| sqlx::query_as(DELETE)
        .bind(found.id)
        .bind(author.id)
        .bind(now)
        .fetch_optional(c)
        .await)?;
    let deleted = deleted.ok_or(Error::NotFound)?;
    let tags = turn_tags(&mut tx, deleted.id).await?;
    let mut changes = Changes::default();
    changes.remove(&deleted.countable(author.id, &tags));
    changes.store(&mut tx).await?;
    tx.commit().await?;
    Ok(found.slug)
}

/// Brings it back as it was. What was to appear at a time that has not come when it was deleted
/// is a draft: nothing appears by itself that its author took away.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn restore(db: &Db, author: &User, slug: &Slug) -> Result<(), Failure> {
    const RESTORE: &str = "update articles set \
         status = case when published_at > deleted_at then 'draft' else status_before end, \
         published_at = case when published_at > deleted_at then null else published_at end, \
         status_before = null, deleted_at = null, version = version + 1 \
         where slug = $1 and author_id = $2 and status = 'deleted' \
         returning id, visibility, status, published_at";
    let mut tx = users::begin(db, author).await?;
    let restored: Option<Turned> = within!(&mut tx, |c| sqlx::query_as(RESTORE)
        .bind(slug.as_str())
        .bind(author.id)
        .fetch_optional(c)
        .await)?;
    let restored = restored.ok_or(Error::NotFound)?;
    let tags = turn_tags(&mut tx, restored.id).await?;
    let mut changes = Changes::default();
    changes.add(&restored.countable(author.id, &tags));
    changes.store(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Deletes for good what is in the bin.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete_for_good(db: &Db, author: &User, slug: &Slug) -> Result<(), Failure> {
    const DELETE: &str =
        "delete from articles where slug = $1 and author_id = $2 and status = 'deleted'";
    let mut tx = users::begin(db, author).await?;
    let deleted = within!(&mut tx, |c| {
        sqlx::query(DELETE)
            .bind(slug.as_str())
            .bind(author.id)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if deleted == 0 {
        return Err(Error::NotFound.into());
    }
    Ok(tx.commit().await?)
}

/// Deletes for good what has been in the bin for long enough.
///
/// # Errors
/// When the database cannot be written.
pub async fn purge(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const PURGE: &str = "delete from articles where status = 'deleted' and deleted_at <= $1";
    let before = now.before(KEPT);
    writing!(db, |pool| sqlx::query(PURGE).bind(before).execute(pool).await.map(|_| ()))
}

impl Turned {
    fn countable<'a>(&self, author: Uuid, tags: &'a [String]) -> Countable<'a> {
        Countable {
            author,
            status: Status::from_name(&self.status).unwrap_or(Status::Draft),
            visibility: Visibility::from_name(&self.visibility).unwrap_or(Visibility::Members),
            published_at: self.published_at,
            tags,
        }
    }
}

/// What lists of tags filter by follows the article.
async fn turn_tags(tx: &mut Tx, article: Uuid) -> sqlx::Result<Vec<String>> {
    const TURN: &str = "update article_tags set (status, published_at) = \
         (select status, published_at from articles where id = $1) where article_id = $1 returning tag";
    within!(tx, |c| sqlx::query_scalar(TURN).bind(article).fetch_all(c).await)
}
