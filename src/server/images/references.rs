//! Which article shows which picture, and what its HTML says of one.

use std::collections::{BTreeSet, HashMap};

use sqlx::FromRow;
use uuid::Uuid;

use super::keeping::Named;
use crate::{
    domain::image::{FOLDER, HASH_LENGTH, ImageName, Shown},
    server::{
        db::{Db, Tx, reading, within},
        markdown::pictures::{self, Size},
    },
};

/// Writes down which pictures an article shows: all that are named in these texts, and no others.
///
/// # Errors
/// When the database cannot be written.
pub async fn keep(tx: &mut Tx, article: Uuid, texts: &[&str]) -> sqlx::Result<()> {
    const CLEAR: &str = "delete from article_images where article_id = $1";
    const ADD: &str = "insert into article_images (article_id, hash) values ($1, $2)";
    within!(&mut *tx, |c| sqlx::query(CLEAR).bind(article).execute(c).await.map(|_| ()))?;
    want(tx, texts).await?;
    for hash in named(texts) {
        within!(&mut *tx, |c| {
            sqlx::query(ADD).bind(article).bind(hash).execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// The same for one of its revisions. A working copy is the latest of them.
///
/// # Errors
/// When the database cannot be written.
pub async fn keep_revision(
    tx: &mut Tx,
    article: Uuid,
    version: i64,
    texts: &[&str],
) -> sqlx::Result<()> {
    const CLEAR: &str = "delete from revision_images where article_id = $1 and version = $2";
    const ADD: &str = "insert into revision_images (article_id, version, hash) values ($1, $2, $3)";
    within!(&mut *tx, |c| {
        sqlx::query(CLEAR).bind(article).bind(version).execute(c).await.map(|_| ())
    })?;
    want(tx, texts).await?;
    for hash in named(texts) {
        within!(&mut *tx, |c| {
            sqlx::query(ADD).bind(article).bind(version).bind(hash).execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Writes the rows of the pictures that are about to be shown: whoever is throwing one away waits,
/// and finds that it is wanted.
///
/// # Errors
/// When the database cannot be written.
pub async fn want(tx: &mut Tx, texts: &[&str]) -> sqlx::Result<()> {
    const WANT: &str = "update images set unused_since = null where hash = $1";
    for hash in named(texts) {
        within!(&mut *tx, |c| sqlx::query(WANT).bind(hash).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

/// The hashes of the pictures that these texts name, each once.
fn named<'a>(texts: &[&'a str]) -> BTreeSet<&'a str> {
    texts.iter().flat_map(|text| hashes(text)).collect()
}

/// The hashes of all pictures that a text names, wherever it does.
pub fn hashes(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split(FOLDER).skip(1).chain([text]);
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    after.filter_map(|rest| rest.get(..HASH_LENGTH)).filter(move |hash| hash.bytes().all(is_digit))
}

/// More pictures than any article has; the longest text could name thousands, and each is looked
/// up.
const MOST_DRESSED: usize = 500;

/// An article's HTML with what browsers need to choose a width and keep its place, for the
/// pictures that are here.
///
/// # Errors
/// When the database cannot be read.
pub async fn dressed(db: &Db, html: String) -> sqlx::Result<String> {
    let mut sizes = HashMap::new();
    for hash in named(&[&html]).into_iter().take(MOST_DRESSED) {
        if let Some(size) = size_of(db, hash).await? {
            sizes.insert(hash.to_owned(), size);
        }
    }
    Ok(if sizes.is_empty() { html } else { pictures::dress(&html, &sizes) })
}

/// The picture at that address, if it is here.
///
/// # Errors
/// When the database cannot be read.
pub async fn shown(db: &Db, address: &str, alt: &str) -> sqlx::Result<Option<Shown>> {
    let Some(name) = ImageName::in_address(address) else { return Ok(None) };
    let found = size_of(db, &name.hash).await?;
    Ok(found.map(|size| Shown {
        path: size.widest.path(),
        srcset: pictures::srcset(&size.widest),
        width: size.widest.width,
        height: size.height,
        alt: alt.to_owned(),
    }))
}

async fn size_of(db: &Db, hash: &str) -> sqlx::Result<Option<Size>> {
    const SIZE: &str = "select hash, width, kind, height from images where hash = $1 limit 1";
    #[derive(FromRow)]
    struct Row {
        #[sqlx(flatten)]
        named: Named,
        height: i64,
    }
    let row: Option<Row> =
        reading!(db, |pool| sqlx::query_as(SIZE).bind(hash).fetch_optional(pool).await)?;
    Ok(row.and_then(|row| {
        let height = u32::try_from(row.height).ok()?;
        Some(Size { widest: row.named.name()?, height })
    }))
}
