//! The article that a save is of, as it is stored.

use sqlx::FromRow;
use uuid::Uuid;

use super::Which;
use crate::{
    domain::article::{Status, Visibility},
    error::Error,
    server::{
        articles::tallies::Countable,
        clock::Timestamp,
        db::{Db, Tx, reading, within},
        failure::Failure,
    },
};

/// What a save has to know of the article as it is.
#[derive(FromRow)]
pub(in crate::server::articles) struct Stored {
    pub(in crate::server::articles) id: Uuid,
    pub(in crate::server::articles) slug: String,
    pub(super) title: String,
    pub(super) slug_wanted: String,
    visibility: String,
    status: String,
    pub(in crate::server::articles) version: i64,
    pub(super) published_at: Option<Timestamp>,
    appeared: bool,
}

impl Stored {
    pub(in crate::server::articles) fn refuse_unless(&self, version: i64) -> Result<(), Error> {
        if self.version == version {
            return Ok(());
        }
        Err(Error::Conflict { version: self.version })
    }

    pub(in crate::server::articles) fn is_published(&self) -> bool {
        self.status == Status::Published.name()
    }

    /// Whether readers have known of it at any time.
    pub(in crate::server::articles) fn has_appeared(&self, now: Timestamp) -> bool {
        self.appeared || self.published_at.is_some_and(|at| at <= now)
    }

    pub(in crate::server::articles) fn countable<'a>(
        &self,
        author: Uuid,
        tags: &'a [String],
    ) -> Countable<'a> {
        Countable {
            author,
            status: Status::from_name(&self.status).unwrap_or(Status::Draft),
            visibility: Visibility::from_name(&self.visibility).unwrap_or(Visibility::Members),
            published_at: self.published_at,
            tags,
        }
    }
}

/// What a [`Stored`] is read from: the article of the author `$2` of which that holds.
macro_rules! select_stored {
    ($which:literal) => {
        concat!(
            "select id, slug, title, slug_wanted, visibility, status, version, published_at, appeared \
             from articles where author_id = $2 and ",
            $which
        )
    };
}

/// The article that a save is of, as far as it is there; none for a new one.
pub(in crate::server::articles) async fn stored(
    tx: &mut Tx,
    author: Uuid,
    which: Which<'_>,
) -> Result<Option<Stored>, Failure> {
    const BY_ID: &str = select_stored!("id = $1 and status <> 'deleted'");
    const BY_SLUG: &str = select_stored!("slug = $1 and status <> 'deleted'");
    // A deleted one too: what comes again must not bring it back as another one.
    const BY_KEY: &str = select_stored!("draft_key = $1");
    let found: Option<Stored> = match which {
        Which::New(None) => return Ok(None),
        Which::New(Some(key)) => {
            let found: Option<Stored> = within!(tx, |c| sqlx::query_as(BY_KEY)
                .bind(key)
                .bind(author)
                .fetch_optional(c)
                .await)?;
            let deleted = found.as_ref().is_some_and(|found| found.status == "deleted");
            return if deleted { Err(Error::NotFound.into()) } else { Ok(found) };
        }
        Which::Id(id) => {
            within!(tx, |c| sqlx::query_as(BY_ID).bind(id).bind(author).fetch_optional(c).await)?
        }
        Which::At(slug) => within!(tx, |c| sqlx::query_as(BY_SLUG)
            .bind(slug.as_str())
            .bind(author)
            .fetch_optional(c)
            .await)?,
    };
    found.map(Some).ok_or_else(|| Error::NotFound.into())
}

/// Asked before anything is held, to know what is to be rendered.
pub(super) async fn is_published(db: &Db, author: Uuid, which: Which<'_>) -> sqlx::Result<bool> {
    const BY_ID: &str = "select status from articles where id = $1 and author_id = $2";
    const BY_SLUG: &str = "select status from articles where slug = $1 and author_id = $2";
    const BY_KEY: &str = "select status from articles where draft_key = $1 and author_id = $2";
    let status: Option<String> = reading!(db, |pool| {
        let query = match which {
            Which::New(None) => return Ok(false),
            Which::New(Some(key)) => sqlx::query_scalar(BY_KEY).bind(key),
            Which::Id(id) => sqlx::query_scalar(BY_ID).bind(id),
            Which::At(slug) => sqlx::query_scalar(BY_SLUG).bind(slug.as_str().to_owned()),
        };
        query.bind(author).fetch_optional(pool).await
    })?;
    Ok(status.is_some_and(|status| status == Status::Published.name()))
}

/// What to say when somebody else saved or deleted between our reading and our writing.
pub(in crate::server::articles) async fn overtaken(tx: &mut Tx, id: Uuid) -> sqlx::Result<Error> {
    const VERSION: &str = "select version from articles where id = $1 and status <> 'deleted'";
    let now: Option<i64> =
        within!(tx, |c| sqlx::query_scalar(VERSION).bind(id).fetch_optional(c).await)?;
    Ok(now.map_or(Error::NotFound, |version| Error::Conflict { version }))
}
