//! Pictures that come in files: each is kept under the name that it comes with, and changes
//! nothing that is here.

use uuid::Uuid;

use super::{
    decoding::Picture,
    keeping::{self, MOST_BYTES},
    shelf::Shelf,
    unused,
};
use crate::{
    domain::{
        image::{Flaw, ImageName},
        transfer::{Outcome, Reason},
    },
    error::Error,
    server::{
        clock::Timestamp,
        db::{Db, Tx, reading, within},
        failure::Failure,
        users,
    },
};

/// Somebody's picture, with what they say of it.
pub struct Incoming<'a> {
    /// Whose.
    pub owner: Uuid,
    /// What it shows, in words.
    pub alt: &'a str,
    /// When it was uploaded.
    pub uploaded: Timestamp,
}

/// Whether somebody has the picture, and all its files are there.
///
/// # Errors
/// When the database or the files cannot be read.
pub async fn is_there(
    db: &Db,
    shelf: &Shelf,
    owner: Uuid,
    name: &ImageName,
) -> anyhow::Result<bool> {
    const THERE: &str = "select count(*) from images where hash = $1 and uploader_id = $2";
    let rows: i64 = reading!(db, |pool| {
        sqlx::query_scalar(THERE).bind(&name.hash).bind(owner).fetch_one(pool).await
    })?;
    if rows == 0 {
        return Ok(false);
    }
    for form in name.variants() {
        if !shelf.has(&form).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes it somebody's. With `limited` their room has its end, as when they upload.
///
/// # Errors
/// When the database cannot be written; [`Error::Unauthenticated`] when the account was closed
/// meanwhile.
pub async fn keep(
    db: &Db,
    new: &Incoming<'_>,
    picture: &Picture,
    limited: bool,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let mut tx = db.begin().await?;
    if limited {
        // Held, as everywhere: two at once do not both take the last of the room.
        users::hold(&mut tx, new.owner).await?.ok_or(Error::Unauthenticated)?;
    }
    let added = insert(&mut tx, new, picture, now).await?;
    unused::want(&mut tx, &picture.name.hash).await?;
    if added && limited && keeping::bytes_of(&mut tx, new.owner).await? > MOST_BYTES {
        return Ok(Outcome::Skipped(Reason::Picture(Flaw::NoRoom)));
    }
    tx.commit().await?;
    Ok(if added { Outcome::Taken } else { Outcome::There })
}

/// Stores those of its files that are not there. If one cannot be, the next import does it, or
/// the picture goes after a day as one that no article shows.
///
/// # Errors
/// When they cannot be written.
pub async fn store(shelf: &Shelf, picture: Picture) -> anyhow::Result<()> {
    for (name, bytes) in picture.forms {
        // What is under a name does not change, and browsers have it: narrower forms that were
        // made of the same pixels elsewhere may differ in a byte.
        if !shelf.has(&name).await? {
            shelf.put(&name, bytes).await?;
        }
    }
    Ok(())
}

/// Whether they had not got it. What is said of one that they had stays.
async fn insert(
    tx: &mut Tx,
    new: &Incoming<'_>,
    picture: &Picture,
    now: Timestamp,
) -> sqlx::Result<bool> {
    const INSERT: &str = "insert into images (id, hash, uploader_id, width, height, kind, bytes, alt, created_at, unused_since) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (hash, uploader_id) do nothing";
    let done = within!(tx, |c| {
        sqlx::query(INSERT)
            .bind(Uuid::now_v7())
            .bind(&picture.name.hash)
            .bind(new.owner)
            .bind(i64::from(picture.name.width))
            .bind(i64::from(picture.height))
            .bind(picture.name.kind.ending())
            .bind(i64::try_from(picture.bytes()).unwrap_or(i64::MAX))
            .bind(new.alt)
            .bind(new.uploaded)
            .bind(now)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(done == 1)
}
