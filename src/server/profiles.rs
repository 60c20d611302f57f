//! What people say of themselves.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    clock::Timestamp,
    db::{Db, reading, within},
    failure::Failure,
    images::{keeping, references},
    users::{self, User, key},
};
use crate::{
    domain::{
        field::Field,
        profile::{Bio, Image},
    },
    error::{Error, Problems},
};

/// Somebody's public page, without what they wrote.
#[derive(FromRow)]
pub struct Public {
    /// The key.
    pub id: Uuid,
    /// The public name.
    pub username: String,
    /// When the account began.
    pub created_at: Timestamp,
    /// What they say of themselves.
    pub bio: String,
    /// The address of their picture.
    pub image: String,
}

/// The active account that has that name or had it once, whatever its case.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &Db, username: &str) -> sqlx::Result<Option<Public>> {
    const FIND: &str = "select users.id, users.username, users.created_at, users.bio, users.image \
         from usernames join users on users.id = usernames.user_id where name_key = $1 and active";
    reading!(db, |pool| sqlx::query_as(FIND).bind(key(username)).fetch_optional(pool).await)
}

/// What somebody says of themselves, and the address of their picture.
///
/// # Errors
/// When the database cannot be read.
pub async fn own(db: &Db, id: Uuid) -> sqlx::Result<(String, String)> {
    const OWN: &str = "select bio, image from users where id = $1";
    reading!(db, |pool| sqlx::query_as(OWN).bind(id).fetch_one(pool).await)
}

/// What was typed about oneself, checked.
///
/// # Errors
/// [`Error::Invalid`].
pub fn parse(bio: &str, image: &str) -> Result<(Bio, Image), Error> {
    let mut problems = Problems::default();
    let image = problems.check(Field::Image, Image::parse(image));
    let bio = problems.check(Field::Bio, Bio::parse(bio));
    bio.zip(image).ok_or_else(|| problems.into_error())
}

/// Makes a picture that somebody uploaded the one of themselves: its narrowest form, since people's
/// pictures are shown small.
///
/// # Errors
/// [`Error::NotFound`], also for what is somebody else's; [`Error::Unauthenticated`] when the
/// account was closed meanwhile.
pub async fn show(db: &Db, user: &User, id: Uuid) -> Result<(), Failure> {
    const SHOW: &str = "update users set image = $2 where id = $1";
    let mut tx = users::begin(db, user).await?;
    let name = keeping::want(&mut tx, user.id, id).await?.ok_or(Error::NotFound)?;
    let path = name.narrowest().path();
    within!(&mut tx, |c| {
        sqlx::query(SHOW).bind(user.id).bind(&path).execute(c).await.map(|_| ())
    })?;
    Ok(tx.commit().await?)
}

/// Replaces what somebody says of themselves.
///
/// # Errors
/// [`Error::Unauthenticated`] when the account was closed meanwhile.
pub async fn save(db: &Db, user: &User, bio: &Bio, image: &Image) -> Result<(), Failure> {
    const SAVE: &str = "update users set bio = $2, image = $3 where id = $1";
    // Before the picture: whoever saves a text with it comes in the same order.
    let mut tx = users::begin(db, user).await?;
    references::want(&mut tx, &[image.as_str()]).await?;
    within!(&mut tx, |c| {
        sqlx::query(SAVE)
            .bind(user.id)
            .bind(bio.as_str())
            .bind(image.as_str())
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(tx.commit().await?)
}
