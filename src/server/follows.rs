//! Who follows whom.

use uuid::Uuid;

use super::{
    attempts::{self, Budget},
    clock::Timestamp,
    db::{Db, Tx, reading, within},
    failure::Failure,
    users::{self, User},
};
use crate::{
    domain::{
        field::{Field, Problem},
        username::Username,
    },
    error::Error,
};

/// More authors than anybody reads. What the list of their articles costs grows with it.
pub const MOST_FOLLOWED: usize = 500;

/// Follows the author of that name, or no longer; what is so already stays so. Gives the name as
/// its owner writes it.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::BadRequest`] for oneself; [`Error::Invalid`] for one too many;
/// [`Error::TooMany`].
pub async fn set(
    db: &Db,
    follower: &User,
    username: &str,
    follow: bool,
    now: Timestamp,
) -> Result<String, Failure> {
    let name = Username::parse(username).map_err(|_| Error::NotFound)?;
    let found = users::find_public(db, name.as_str()).await?;
    let (author, name, _) = found.ok_or(Error::NotFound)?;
    if author == follower.id {
        return Err(Error::BadRequest.into());
    }
    let _ = attempts::take(db, &[Budget::follows_of(follower.id)], now).await?;
    // Held: of two who are one too many, the second is told.
    let mut tx = users::begin(db, follower).await?;
    if follow {
        begin(&mut tx, follower.id, author, now).await?;
    } else {
        end(&mut tx, follower.id, author).await?;
    }
    tx.commit().await?;
    Ok(name)
}

/// Takes in from a file that one follows the other; says whether that is new.
///
/// # Errors
/// [`Error::Invalid`] for one too many.
pub async fn take_in(
    tx: &mut Tx,
    follower: Uuid,
    author: Uuid,
    since: Timestamp,
) -> Result<bool, Failure> {
    const FOLLOWING: &str =
        "select count(*) from follows where follower_id = $1 and author_id = $2";
    let before: i64 = within!(&mut *tx, |c| {
        sqlx::query_scalar(FOLLOWING).bind(follower).bind(author).fetch_one(c).await
    })?;
    begin(tx, follower, author, since).await?;
    Ok(before == 0)
}

async fn begin(tx: &mut Tx, follower: Uuid, author: Uuid, now: Timestamp) -> Result<(), Failure> {
    // Whom somebody follows already is written as it is, and counts as begun.
    const BEGIN: &str = "insert into follows (follower_id, author_id, created_at) select $1, $2, $3 \
         where (select count(*) from follows where follower_id = $1 and author_id <> $2) < $4 \
         on conflict (follower_id, author_id) do update set created_at = follows.created_at";
    let most = i64::try_from(MOST_FOLLOWED).unwrap_or(i64::MAX);
    let begun = within!(tx, |c| {
        sqlx::query(BEGIN)
            .bind(follower)
            .bind(author)
            .bind(now)
            .bind(most)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if begun == 1 {
        return Ok(());
    }
    Err(Error::Invalid(vec![(Field::Username, Problem::TooMany(MOST_FOLLOWED))]).into())
}

async fn end(tx: &mut Tx, follower: Uuid, author: Uuid) -> sqlx::Result<()> {
    const END: &str = "delete from follows where follower_id = $1 and author_id = $2";
    within!(tx, |c| sqlx::query(END).bind(follower).bind(author).execute(c).await.map(|_| ()))
}

/// Whether one follows the other.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_following(db: &Db, follower: Uuid, author: Uuid) -> sqlx::Result<bool> {
    const FOLLOWING: &str =
        "select count(*) from follows where follower_id = $1 and author_id = $2";
    let n: i64 = reading!(db, |pool| {
        sqlx::query_scalar(FOLLOWING).bind(follower).bind(author).fetch_one(pool).await
    })?;
    Ok(n > 0)
}

/// The names of those whom somebody follows, with when that began, the oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn all_of(db: &Db, follower: Uuid) -> sqlx::Result<Vec<(String, Timestamp)>> {
    const ALL: &str = "select u.username, f.created_at from follows f \
         join users u on u.id = f.author_id where f.follower_id = $1 and u.leaves_at is null \
         order by f.created_at, u.username";
    reading!(db, |pool| sqlx::query_as(ALL).bind(follower).fetch_all(pool).await)
}
