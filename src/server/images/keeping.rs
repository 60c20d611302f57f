//! One's own pictures: uploaded, listed, described, deleted.

use sqlx::FromRow;
use uuid::Uuid;

use super::{decoding::Picture, unused};
use crate::{
    domain::{
        image::{Flaw, ImageName, Kind, OwnImage, OwnImages, Uploaded, markdown},
        page::pages_of,
    },
    error::Error,
    server::{
        AppState,
        clock::Timestamp,
        db::{Db, Tx, reading, within, writing},
        failure::Failure,
        users,
    },
};

/// Pictures on a page.
const PER_PAGE: u32 = 24;

/// What all forms of all pictures of one person may take.
const MOST_BYTES: i64 = 500 * 1024 * 1024;

/// Keeps a picture. The same one again is the same one, with the newer description.
///
/// # Errors
/// [`Error::Picture`] when there is no room; [`Error::Unauthenticated`] when the account was
/// closed meanwhile.
pub async fn keep(
    state: &AppState,
    uploader: Uuid,
    picture: Picture,
    alt: &str,
) -> Result<Uploaded, Failure> {
    let now = state.clock.now();
    let new = New { owner: uploader, alt, uploaded: now, renews: true, limited: true };
    let known = !add(&state.db, &new, &picture, now).await?;
    let (name, height) = (picture.name.clone(), picture.height);
    for (name, bytes) in picture.forms {
        if let Err(cause) = state.images.put(&name, bytes).await {
            // Not to be found, rather than found without its files.
            if !known && let Err(also) = unused::delete(state, uploader, &name.hash).await {
                // The place that takes no files may let none be deleted either.
                return Err(cause.context(also.to_string()).into());
            }
            return Err(cause.into());
        }
    }
    let path = name.path();
    Ok(Uploaded {
        markdown: markdown(&path, alt),
        path,
        thumbnail: name.narrowest().path(),
        width: name.width,
        height,
    })
}

/// A picture that will be somebody's.
pub struct New<'a> {
    /// Whose.
    pub owner: Uuid,
    /// What it shows, in words.
    pub alt: &'a str,
    /// When it was uploaded.
    pub uploaded: Timestamp,
    /// Whether one that they have gets that description, and another day before it goes unused.
    pub renews: bool,
    /// Whether their room has its end.
    pub limited: bool,
}

/// Makes it somebody's; says whether it was not.
///
/// # Errors
/// [`Error::Picture`] when there is no room; [`Error::Unauthenticated`] when the account was closed
/// meanwhile.
pub async fn add(
    db: &Db,
    new: &New<'_>,
    picture: &Picture,
    now: Timestamp,
) -> Result<bool, Failure> {
    let mut tx = db.begin().await?;
    if new.limited {
        // Held, as everywhere: two at once do not both take the last of the room.
        users::hold(&mut tx, new.owner).await?.ok_or(Error::Unauthenticated)?;
    }
    let added = insert(&mut tx, new, picture, now).await?;
    // Whoever throws the same picture away at this moment has done so, or finds it wanted.
    unused::want(&mut tx, &picture.name.hash).await?;
    if added && new.limited && bytes_of(&mut tx, new.owner).await? > MOST_BYTES {
        return Err(Error::Picture(Flaw::NoRoom).into());
    }
    tx.commit().await?;
    Ok(added)
}

async fn insert(
    tx: &mut Tx,
    new: &New<'_>,
    picture: &Picture,
    now: Timestamp,
) -> sqlx::Result<bool> {
    // What stays as it is is written all the same: so it is held, and not thrown away meanwhile.
    const INSERT: &str = "insert into images (id, hash, uploader_id, width, height, kind, bytes, alt, created_at, unused_since) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (hash, uploader_id) do update set \
         alt = case when $11 and excluded.alt <> '' then excluded.alt else images.alt end, \
         unused_since = case when $11 then excluded.unused_since else images.unused_since end \
         returning id";
    let id = Uuid::now_v7();
    let kept: Uuid = within!(tx, |c| {
        sqlx::query_scalar(INSERT)
            .bind(id)
            .bind(&picture.name.hash)
            .bind(new.owner)
            .bind(i64::from(picture.name.width))
            .bind(i64::from(picture.height))
            .bind(picture.name.kind.ending())
            .bind(i64::try_from(picture.bytes()).unwrap_or(i64::MAX))
            .bind(new.alt)
            .bind(new.uploaded)
            .bind(now)
            .bind(new.renews)
            .fetch_one(c)
            .await
    })?;
    Ok(kept == id)
}

/// What all forms of all of somebody's pictures take.
async fn bytes_of(tx: &mut Tx, uploader: Uuid) -> sqlx::Result<i64> {
    const BYTES: &str =
        "select cast(coalesce(sum(bytes), 0) as bigint) from images where uploader_id = $1";
    within!(tx, |c| sqlx::query_scalar(BYTES).bind(uploader).fetch_one(c).await)
}

/// A row that says which picture it is.
#[derive(Clone, Debug, FromRow)]
pub struct Named {
    /// The middle of its names.
    pub hash: String,
    /// Of the widest form.
    pub width: i64,
    /// The ending of its names.
    pub kind: String,
}

impl Named {
    /// The name of its widest form.
    pub fn name(&self) -> Option<ImageName> {
        let width = u32::try_from(self.width).ok()?;
        Some(ImageName { hash: self.hash.clone(), width, kind: Kind::from_ending(&self.kind)? })
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    #[sqlx(flatten)]
    named: Named,
    height: i64,
    alt: String,
    created_at: Timestamp,
    used: bool,
}

impl Row {
    fn shown(self) -> Option<OwnImage> {
        let name = self.named.name()?;
        let thumbnail = name.narrowest().path();
        let path = name.path();
        Some(OwnImage {
            id: self.id.to_string(),
            markdown: markdown(&path, &self.alt),
            thumbnail,
            path,
            width: name.width,
            height: u32::try_from(self.height).unwrap_or(1),
            alt: self.alt,
            when: self.created_at.to_minute(),
            used: self.used,
        })
    }
}

/// One page of somebody's pictures, the last uploaded first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(state: &AppState, uploader: Uuid, page: u32) -> Result<OwnImages, Failure> {
    const COUNT: &str = "select count(*) from images where uploader_id = $1";
    const LIST: &str = "select id, hash, width, height, kind, alt, created_at, \
         exists (select 1 from shown_images shown where shown.hash = images.hash) as used \
         from images where uploader_id = $1 order by created_at desc, id desc limit $2 offset $3";
    let count: i64 = reading!(&state.db, |pool| {
        sqlx::query_scalar(COUNT).bind(uploader).fetch_one(pool).await
    })?;
    let pages = pages_of(u64::try_from(count).unwrap_or(0), PER_PAGE);
    let page = page.clamp(1, pages);
    let rows: Vec<Row> = reading!(&state.db, |pool| {
        sqlx::query_as(LIST)
            .bind(uploader)
            .bind(i64::from(PER_PAGE))
            .bind(i64::from(page - 1) * i64::from(PER_PAGE))
            .fetch_all(pool)
            .await
    })?;
    let images = rows.into_iter().filter_map(Row::shown).collect();
    let most_megabytes = state.config.images.most_bytes.div_ceil(1024 * 1024);
    Ok(OwnImages { images, page, pages, most_megabytes })
}

/// All of somebody's pictures and what they say of them, the first uploaded first.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(db: &Db, uploader: Uuid) -> sqlx::Result<Vec<(ImageName, String)>> {
    const ALL: &str =
        "select hash, width, kind, alt from images where uploader_id = $1 order by created_at, id";
    #[derive(FromRow)]
    struct Row {
        #[sqlx(flatten)]
        named: Named,
        alt: String,
    }
    let rows: Vec<Row> =
        reading!(db, |pool| sqlx::query_as(ALL).bind(uploader).fetch_all(pool).await)?;
    Ok(rows.into_iter().filter_map(|row| Some((row.named.name()?, row.alt))).collect())
}

/// Says anew what one's own picture shows. Articles keep what they say themselves.
///
/// # Errors
/// [`Error::NotFound`], also for what is somebody else's.
pub async fn describe(db: &Db, uploader: Uuid, id: Uuid, alt: &str) -> Result<(), Failure> {
    const DESCRIBE: &str = "update images set alt = $3 where id = $1 and uploader_id = $2";
    let described = writing!(db, |pool| {
        sqlx::query(DESCRIBE)
            .bind(id)
            .bind(uploader)
            .bind(alt)
            .execute(pool)
            .await
            .map(|done| done.rows_affected())
    })?;
    if described == 1 { Ok(()) } else { Err(Error::NotFound.into()) }
}

/// The name of one's own picture, which is about to be shown: whoever is throwing it away waits, and
/// finds that it is wanted.
///
/// # Errors
/// When the database cannot be written.
pub async fn want(tx: &mut Tx, uploader: Uuid, id: Uuid) -> sqlx::Result<Option<ImageName>> {
    const WANT: &str = "update images set unused_since = null where id = $1 and uploader_id = $2 \
         returning hash, width, kind";
    let wanted: Option<Named> =
        within!(tx, |c| sqlx::query_as(WANT).bind(id).bind(uploader).fetch_optional(c).await)?;
    Ok(wanted.and_then(|named| named.name()))
}

/// Deletes one's own picture, if no article shows it.
///
/// # Errors
/// [`Error::NotFound`], also for what is somebody else's; [`Error::Picture`] when it is shown.
pub async fn delete(state: &AppState, uploader: Uuid, id: Uuid) -> Result<(), Failure> {
    const FIND: &str = "select hash from images where id = $1 and uploader_id = $2";
    let hash: Option<String> = reading!(&state.db, |pool| {
        sqlx::query_scalar(FIND).bind(id).bind(uploader).fetch_optional(pool).await
    })?;
    let hash = hash.ok_or(Error::NotFound)?;
    if unused::delete(state, uploader, &hash).await? {
        Ok(())
    } else {
        Err(Error::Picture(Flaw::InUse).into())
    }
}
