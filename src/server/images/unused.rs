//! Throwing pictures away: those that nobody wants, and never one that an article shows, an earlier
//! version of one, or a person.
//!
//! A picture goes in two steps. First its row goes, and its name is put down as left over, in one
//! transaction. Then its files go, while the transaction that strikes the name out is still open:
//! whoever uploads the same picture at that moment waits for it, and puts the files there anew.

use std::time::Duration;

use anyhow::Context;
use uuid::Uuid;

use super::keeping::Named;
use crate::{
    domain::image::ImageName,
    server::{
        AppState,
        clock::Timestamp,
        config::DELETION_TIMEOUT,
        db::{Db, Tx, reading, within, writing},
        failure::Failure,
    },
};

/// How long a picture stays that no article shows: a text that it is taken out of may get it back,
/// and one that it was uploaded for may not be saved yet.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Somebody uploads the picture: its files are not left over any more.
///
/// # Errors
/// When the database cannot be written.
pub async fn want(tx: &mut Tx, hash: &str) -> sqlx::Result<()> {
    const WANT: &str = "delete from image_leftovers where hash = $1";
    within!(tx, |c| sqlx::query(WANT).bind(hash).execute(c).await.map(|_| ()))
}

/// Deletes somebody's picture, unless an article shows it. Whether it did.
///
/// # Errors
/// When the database or the files cannot be written.
pub async fn delete(state: &AppState, uploader: Uuid, hash: &str) -> Result<bool, Failure> {
    const DELETE: &str = "delete from images where hash = $1 and uploader_id = $2 \
         and not exists (select 1 from shown_images shown where shown.hash = images.hash) \
         returning hash, width, kind";
    // Whoever is about to show it holds its row; only what is asked after them sees that they do.
    const HOLD: &str =
        "update images set unused_since = unused_since where hash = $1 and uploader_id = $2";
    let mut tx = state.db.begin().await?;
    within!(&mut tx, |c| {
        sqlx::query(HOLD).bind(hash).bind(uploader).execute(c).await.map(|_| ())
    })?;
    let deleted: Vec<Named> = within!(&mut tx, |c| {
        sqlx::query_as(DELETE).bind(hash).bind(uploader).fetch_all(c).await
    })?;
    let did = !deleted.is_empty();
    leave(&mut tx, deleted).await?;
    tx.commit().await?;
    clear(state).await?;
    Ok(did)
}

/// Deletes what no article has shown for a day, and the files of all that was deleted.
///
/// # Errors
/// When the database or the files cannot be written.
pub async fn collect(state: &AppState, now: Timestamp) -> Result<(), Failure> {
    const NOTICE: &str = "update images set unused_since = $1 where unused_since is null \
         and not exists (select 1 from shown_images shown where shown.hash = images.hash)";
    const FORGET: &str = "update images set unused_since = null where unused_since is not null \
         and exists (select 1 from shown_images shown where shown.hash = images.hash)";
    // PostgreSQL asks again whether a row that somebody else is writing is still unused.
    const DELETE: &str = "delete from images where unused_since <= $1 \
         and not exists (select 1 from shown_images shown where shown.hash = images.hash) \
         returning hash, width, kind";
    let db = &state.db;
    writing!(db, |pool| sqlx::query(FORGET).execute(pool).await.map(|_| ()))?;
    writing!(db, |pool| sqlx::query(NOTICE).bind(now).execute(pool).await.map(|_| ()))?;
    let mut tx = db.begin().await?;
    let deleted: Vec<Named> =
        within!(&mut tx, |c| sqlx::query_as(DELETE).bind(now.before(KEPT)).fetch_all(c).await)?;
    leave(&mut tx, deleted).await?;
    tx.commit().await?;
    clear(state).await
}

/// Somebody's account is about to be deleted: their pictures go with it. With `heir`, what
/// articles show becomes the heir's instead.
///
/// # Errors
/// When the database cannot be written.
pub async fn leave_with(tx: &mut Tx, uploader: Uuid, heir: Option<Uuid>) -> sqlx::Result<()> {
    const HIDE: &str = "update users set image = '' where id = $1";
    const HAND_OVER: &str = "update images set uploader_id = $2 where uploader_id = $1 \
         and exists (select 1 from shown_images shown where shown.hash = images.hash) \
         and not exists (select 1 from images other where other.hash = images.hash and other.uploader_id = $2)";
    const DELETE: &str = "delete from images where uploader_id = $1 returning hash, width, kind";
    // What they showed of themselves goes in any case.
    within!(&mut *tx, |c| sqlx::query(HIDE).bind(uploader).execute(c).await.map(|_| ()))?;
    if let Some(heir) = heir {
        within!(&mut *tx, |c| {
            sqlx::query(HAND_OVER).bind(uploader).bind(heir).execute(c).await.map(|_| ())
        })?;
    }
    let deleted: Vec<Named> =
        within!(&mut *tx, |c| sqlx::query_as(DELETE).bind(uploader).fetch_all(c).await)?;
    leave(tx, deleted).await
}

/// Puts down as left over what nobody else has.
async fn leave(tx: &mut Tx, deleted: Vec<Named>) -> sqlx::Result<()> {
    const LEAVE: &str = "insert into image_leftovers (hash, width, kind) select $1, $2, $3 \
         where not exists (select 1 from images where hash = $1) on conflict (hash) do nothing";
    for Named { hash, width, kind } in deleted {
        within!(&mut *tx, |c| {
            sqlx::query(LEAVE).bind(hash).bind(width).bind(kind).execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Deletes the files of what is left over.
async fn clear(state: &AppState) -> Result<(), Failure> {
    while clear_next(&state.db, state).await? {}
    Ok(())
}

/// Whether there was one.
async fn clear_next(db: &Db, state: &AppState) -> Result<bool, Failure> {
    const NEXT: &str = "select hash from image_leftovers limit 1";
    const STRIKE: &str = "delete from image_leftovers where hash = $1 returning hash, width, kind";
    const WANTED: &str = "select count(*) from images where hash = $1";
    let next: Option<String> =
        reading!(db, |pool| sqlx::query_scalar(NEXT).fetch_optional(pool).await)?;
    let Some(hash) = next else { return Ok(false) };
    let mut tx = db.begin().await?;
    let struck: Option<Named> =
        within!(&mut tx, |c| sqlx::query_as(STRIKE).bind(&hash).fetch_optional(c).await)?;
    let wanted: i64 =
        within!(&mut tx, |c| sqlx::query_scalar(WANTED).bind(&hash).fetch_one(c).await)?;
    if let Some(name) = struck.and_then(|struck| struck.name()).filter(|_| wanted == 0) {
        let all = delete_files(state, &name);
        // What is not struck out is tried again by the next sweep.
        tokio::time::timeout(DELETION_TIMEOUT, all)
            .await
            .with_context(|| format!("deleting the picture {name} takes too long"))??;
    }
    tx.commit().await?;
    Ok(true)
}

async fn delete_files(state: &AppState, name: &ImageName) -> anyhow::Result<()> {
    for form in name.variants() {
        state.images.delete(&form).await?;
    }
    Ok(())
}
