//! Articles that are there for their readers: what is said of one hangs on that.

use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    domain::article::{Slug, Visibility},
    error::Error,
    server::{
        clock::Timestamp,
        db::{Db, reading},
        failure::Failure,
        users::User,
    },
};

/// An article that is published, and that somebody may read.
#[derive(Clone, Debug, FromRow)]
pub struct Open {
    /// The key.
    pub id: Uuid,
    /// Who wrote it.
    pub author_id: Uuid,
    /// Whether its author has ended the talk under it.
    pub comments_closed: bool,
    visibility: String,
}

/// The article at that address, if it is published and the reader may read it. A draft is not
/// there, for its author neither.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unauthenticated`] for a members' article without a log-in.
pub async fn find(
    db: &Db,
    slug: &Slug,
    reader: Option<&User>,
    now: Timestamp,
) -> Result<Open, Failure> {
    const FIND: &str = "select id, author_id, comments_closed, visibility from articles \
         where slug = $1 and status = 'published' and published_at <= $2";
    let found: Option<Open> = reading!(db, |pool| {
        sqlx::query_as(FIND).bind(slug.as_str()).bind(now).fetch_optional(pool).await
    })?;
    let article = found.ok_or(Error::NotFound)?;
    if article.visibility != Visibility::Public.name() && reader.is_none() {
        return Err(Error::Unauthenticated.into());
    }
    Ok(article)
}
