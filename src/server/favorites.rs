//! Which articles are whose favourites.

use uuid::Uuid;

use super::{
    clock::Timestamp,
    db::{Db, reading, within},
    failure::Failure,
    users::{self, User},
};

/// Makes an article a favourite of somebody's, or no longer; what is so already stays so.
///
/// # Errors
/// [`Error::Unauthenticated`](crate::error::Error::Unauthenticated) when the account was closed
/// meanwhile.
pub async fn set(
    db: &Db,
    user: &User,
    article: Uuid,
    favorite: bool,
    now: Timestamp,
) -> Result<(), Failure> {
    // An article that was deleted meanwhile is nobody's favourite.
    const ADD: &str = "insert into favorites (user_id, article_id, created_at) \
         select $1, id, $3 from articles where id = $2 on conflict (user_id, article_id) do nothing";
    const REMOVE: &str = "delete from favorites where user_id = $1 and article_id = $2";
    let mut tx = users::begin(db, user).await?;
    within!(&mut tx, |c| {
        let set = if favorite {
            sqlx::query(ADD).bind(user.id).bind(article).bind(now)
        } else {
            sqlx::query(REMOVE).bind(user.id).bind(article)
        };
        set.execute(c).await.map(|_| ())
    })?;
    Ok(tx.commit().await?)
}

/// Of how many people an article is a favourite, and whether it is one of that person's.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_article(db: &Db, article: Uuid, viewer: Option<Uuid>) -> sqlx::Result<(u64, bool)> {
    const COUNT: &str = "select count(*), \
         (select count(*) from favorites where article_id = $1 and user_id = $2) \
         from favorites where article_id = $1";
    let (all, own): (i64, i64) = reading!(db, |pool| {
        sqlx::query_as(COUNT).bind(article).bind(viewer).fetch_one(pool).await
    })?;
    Ok((u64::try_from(all).unwrap_or(0), own > 0))
}

/// The addresses of somebody's favourites that they may read, with when each became one.
///
/// # Errors
/// When the database cannot be read.
pub async fn all_of(
    db: &Db,
    user: Uuid,
    now: Timestamp,
) -> sqlx::Result<Vec<(String, String, Timestamp)>> {
    const ALL: &str = "select a.slug, a.title, f.created_at from favorites f \
         join articles a on a.id = f.article_id where f.user_id = $1 and a.status = 'published' \
         and a.published_at <= $2 order by f.created_at, f.article_id";
    reading!(db, |pool| sqlx::query_as(ALL).bind(user).bind(now).fetch_all(pool).await)
}
