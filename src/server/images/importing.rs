//! Pictures that come in files: each is kept under the name that it comes with, and changes
//! nothing that is here.

use uuid::Uuid;

use super::{decoding::Picture, shelf::Shelf};
use crate::{
    domain::image::ImageName,
    server::db::{Db, reading},
};

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
