//! Saving: what is written and edited. A draft's text goes into the article itself; of one that
//! has readers, or will have, only what is published does, and the rest into a working copy.

pub mod rendered;
mod stored;
pub mod text;
mod writing;

use uuid::Uuid;

pub(super) use self::stored::{Stored, overtaken, stored};
use self::{stored::is_published, text::Text, writing::Writing};
use super::{revisions, working_copies};
use crate::{
    domain::article::{Slug, Status, life::RevisionKind},
    error::Error,
    server::{
        attempts::{self, Budget},
        clock::Timestamp,
        db::{Db, Tx, within},
        failure::Failure,
        users::{self, User},
    },
};

/// What shall become of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Readers see it, at once or when its time comes.
    Publish,
    /// It is a draft; what readers saw of it they see no more.
    Draft,
    /// It is kept as it is at this moment, and readers see no difference.
    Keep,
}

impl Intent {
    /// What the article is afterwards.
    pub fn status(self) -> Status {
        match self {
            Self::Publish => Status::Published,
            Self::Draft | Self::Keep => Status::Draft,
        }
    }
}

/// Which article a save is of.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// A new one. Its editor may have a key for it: the second save with the same one is an edit
    /// of what the first has made.
    New(Option<Uuid>),
    /// That one.
    Id(Uuid),
    /// The one that has this address.
    At(&'a Slug),
}

impl<'a> Which<'a> {
    /// Of a form: the article's key if it names one, else its address, else it is a new one.
    /// `None` for what is no key.
    pub fn parse(article: &str, draft_key: &str, slug: Option<&'a Slug>) -> Option<Self> {
        match (article, slug, draft_key) {
            ("", None, "") => Some(Self::New(None)),
            ("", None, key) => key.parse().ok().map(|key| Self::New(Some(key))),
            ("", Some(slug), _) => Some(Self::At(slug)),
            (id, ..) => id.parse().ok().map(Self::Id),
        }
    }
}

/// Which article a save is of, and which of its versions it started from.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The article.
    pub which: Which<'a>,
    /// The number that its last save gave; 0 for a new one.
    pub version: i64,
    /// Whether it takes the place of what is stored on purpose: that stays among the revisions,
    /// however lately it was kept.
    pub replaces: bool,
}

/// What a save leads to.
#[derive(Debug)]
pub struct Saved {
    /// The article's key.
    pub id: Uuid,
    /// The last part of its address, which a draft's new title may have changed.
    pub slug: String,
    /// The number for the next save.
    pub version: i64,
    /// Whether its readers have to wait for it.
    pub scheduled: bool,
}

/// Counts a save by somebody who is logged in, before it is tried. It is not given back: each is
/// work.
///
/// # Errors
/// [`Error::TooMany`].
pub async fn count(db: &Db, author: &User, now: Timestamp) -> Result<(), Failure> {
    let _ = attempts::take(db, &[Budget::saves_of(author.id)], now).await?;
    Ok(())
}

/// Stores one's own article: a new one, or an edit if it started from the version that is stored.
/// The slug follows the title until the first publication, and stays from then on unless another
/// one is wanted.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`], [`Error::Invalid`] if the wanted address is taken.
pub async fn save(
    db: &Db,
    author: &User,
    basis: Basis<'_>,
    text: &Text,
    intent: Intent,
    now: Timestamp,
) -> Result<Saved, Failure> {
    if intent == Intent::Keep && is_published(db, author.id, basis.which).await? {
        return keep_apart(db, author, basis, text, now).await;
    }
    let writing = Writing::new(db, author.id, text, intent, now).await?;
    let mut tx = users::begin(db, author).await?;
    let saved = match stored(&mut tx, author.id, basis.which).await? {
        None => writing.insert(&mut tx, basis.which).await?,
        Some(before) => {
            basis.take_place_of(&mut tx, &before).await?;
            writing.overwrite(&mut tx, basis, &before).await?
        }
    };
    tx.commit().await?;
    Ok(saved)
}

/// Keeps a text beside an article that is published.
async fn keep_apart(
    db: &Db,
    author: &User,
    basis: Basis<'_>,
    text: &Text,
    now: Timestamp,
) -> Result<Saved, Failure> {
    let mut tx = users::begin(db, author).await?;
    let before = stored(&mut tx, author.id, basis.which).await?.ok_or(Error::NotFound)?;
    basis.take_place_of(&mut tx, &before).await?;
    let version = raise_version(&mut tx, &basis, before.id).await?;
    working_copies::put(&mut tx, before.id, text, now).await?;
    revisions::note(&mut tx, before.id, version, RevisionKind::Kept, text, now).await?;
    tx.commit().await?;
    let scheduled = before.published_at.is_some_and(|at| at > now);
    Ok(Saved { id: before.id, slug: before.slug, version, scheduled })
}

impl<'a> Basis<'a> {
    /// Of a form: it started from `version`, or shall stand in the place of `replaces`, which its
    /// author has seen since.
    pub fn of(which: Which<'a>, version: i64, replaces: i64) -> Self {
        let on_purpose = replaces > 0;
        let version = if on_purpose { replaces } else { version };
        Self { which, version, replaces: on_purpose }
    }

    /// What is stored has to make room: it is the version that the save started from.
    async fn take_place_of(&self, tx: &mut Tx, before: &Stored) -> Result<(), Failure> {
        before.refuse_unless(self.version)?;
        if self.replaces {
            revisions::let_stay(tx, before.id).await?;
        }
        Ok(())
    }
}

/// Raises an article's version alone: checked and written in one statement.
pub(super) async fn raise_version(
    tx: &mut Tx,
    basis: &Basis<'_>,
    id: Uuid,
) -> Result<i64, Failure> {
    advance(tx, basis, id, 1).await
}

/// Checks an article's version alone, and holds it: who would raise it waits.
pub(super) async fn hold_version(tx: &mut Tx, basis: &Basis<'_>, id: Uuid) -> Result<i64, Failure> {
    advance(tx, basis, id, 0).await
}

async fn advance(tx: &mut Tx, basis: &Basis<'_>, id: Uuid, by: i64) -> Result<i64, Failure> {
    const ADVANCE: &str = "update articles set version = version + $3 where id = $1 and version = $2 \
         returning version";
    let raised: Option<i64> = within!(&mut *tx, |c| sqlx::query_scalar(ADVANCE)
        .bind(id)
        .bind(basis.version)
        .bind(by)
        .fetch_optional(c)
        .await)?;
    match raised {
        Some(version) => Ok(version),
        None => Err(overtaken(tx, id).await?.into()),
    }
}
