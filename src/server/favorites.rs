//! Which articles are whose favourites.

use uuid::Uuid;

use super::{
    attempts::{self, Budget},
    clock::Timestamp,
    db::{Db, Tx, reading, within},
    failure::Failure,
    users::{self, User},
};

/// Makes an article a favourite of somebody's, or no longer; what is so already stays so.
///
/// # Errors
/// [`Error::TooMany`](crate::error::Error::TooMany);
/// [`Error::Unauthenticated`](crate::error::Error::Unauthenticated) when the account was closed
/// meanwhile.
pub async fn set(
    db: &Db,
    user: &User,
    article: Uuid,
    favorite: bool,
    now: Timestamp,
) -> Result<(), Failure> {
    const REMOVE: &str = "delete from favorites where user_id = $1 and article_id = $2";
    let _ = attempts::take(db, &[Budget::favorites_of(user.id)], now).await?;
    let mut tx = users::begin(db, user).await?;
    let changed = if favorite {
        add(&mut tx, user.id, article, now).await?
    } else {
        within!(&mut tx, |c| {
            let remove = sqlx::query(REMOVE).bind(user.id).bind(article);
            remove.execute(c).await.map(|done| done.rows_affected() > 0)
        })?
    };
    if changed {
        count(&mut tx, article, if favorite { 1 } else { -1 }).await?;
    }
    Ok(tx.commit().await?)
}

/// Says whether it is one more.
async fn add(tx: &mut Tx, user: Uuid, article: Uuid, since: Timestamp) -> sqlx::Result<bool> {
    // An article that was deleted meanwhile is nobody's favourite.
    const ADD: &str = "insert into favorites (user_id, article_id, created_at) \
         select $1, id, $3 from articles where id = $2 on conflict (user_id, article_id) do nothing";
    within!(tx, |c| {
        let add = sqlx::query(ADD).bind(user).bind(article).bind(since);
        add.execute(c).await.map(|done| done.rows_affected() > 0)
    })
}

/// Takes in favourites from a file, each with since when it is one; says of each whether it is one
/// more. Last in its transaction.
///
/// # Errors
/// When the database cannot be written.
pub async fn take_in(
    tx: &mut Tx,
    user: Uuid,
    favorites: &[(Uuid, Timestamp)],
) -> sqlx::Result<Vec<bool>> {
    let (mut added, mut more) = (Vec::new(), Vec::new());
    for (article, since) in favorites {
        let one_more = add(&mut *tx, user, *article, *since).await?;
        added.extend(one_more.then_some(*article));
        more.push(one_more);
    }
    // In one order for all, so that of two nobody waits for the other.
    added.sort();
    for article in added {
        count(&mut *tx, article, 1).await?;
    }
    Ok(more)
}

/// Notes that there are so many more. Last in its transaction: everybody who likes the same article
/// at the same moment waits for this row.
async fn count(tx: &mut Tx, article: Uuid, by: i64) -> sqlx::Result<()> {
    const COUNT: &str = "insert into favorite_tallies (article_id, count) values ($1, $2) \
         on conflict (article_id) do update set count = favorite_tallies.count + excluded.count";
    within!(tx, |c| sqlx::query(COUNT).bind(article).bind(by).execute(c).await.map(|_| ()))
}

/// Nothing is a favourite of somebody's any more, whose account is held: what is counted has to
/// follow, which the database does not do by itself.
///
/// # Errors
/// When the database cannot be written.
pub async fn leave(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    const COUNT: &str = "update favorite_tallies set count = count - 1 \
         where article_id in (select article_id from favorites where user_id = $1)";
    const FORGET: &str = "delete from favorites where user_id = $1";
    for statement in [COUNT, FORGET] {
        within!(&mut *tx, |c| sqlx::query(statement).bind(user).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

/// Of how many people an article is a favourite, and whether it is one of that person's.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_article(db: &Db, article: Uuid, viewer: Option<Uuid>) -> sqlx::Result<(u64, bool)> {
    const COUNT: &str = "select coalesce((select count from favorite_tallies where article_id = $1), 0), \
         exists (select 1 from favorites where article_id = $1 and user_id = $2)";
    let (all, own): (i64, bool) = reading!(db, |pool| {
        sqlx::query_as(COUNT).bind(article).bind(viewer).fetch_one(pool).await
    })?;
    Ok((u64::try_from(all).unwrap_or(0), own))
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
