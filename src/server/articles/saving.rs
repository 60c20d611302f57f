//! Saving: what is written, edited and deleted.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    search::{self, FoundBy},
    tallies::{Changes, Countable},
};
use crate::{
    domain::{
        article::{Body, Description, Slug, Status, Tags, Title, Visibility},
        field::{Field, Problem},
        image::Cover,
    },
    error::Error,
    server::{
        clock::Timestamp,
        db::{Db, Tx, violated, within},
        failure::Failure,
        images::references,
        markdown, users,
    },
};

/// How many random digits follow a slug whose title is not the first.
const TAIL: usize = 6;

/// An article as it was written, every field checked.
pub struct Draft {
    /// Its title.
    pub title: Title,
    /// The sentence under it.
    pub description: Description,
    /// The Markdown.
    pub body: Body,
    /// In the author's order.
    pub tags: Tags,
    /// The picture at its head.
    pub cover: Cover,
    /// Who may read it.
    pub visibility: Visibility,
    /// Draft or published.
    pub status: Status,
}

/// What a save leads to.
#[derive(Debug)]
pub struct Saved {
    /// The last part of its address, which a draft's new title may have changed.
    pub slug: String,
    /// The number for the next save.
    pub version: i64,
}

/// Which article an edit is of, and which of its versions it started from.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The last part of its address.
    pub slug: &'a Slug,
    /// The number that its last save gave.
    pub version: i64,
}

/// A save under way: all of it but the address, which may take more than one try.
struct Writing<'a> {
    author: Uuid,
    draft: &'a Draft,
    html: String,
    /// A draft is not found.
    found_by: Option<FoundBy>,
    now: Timestamp,
}

/// Stores a new article.
///
/// # Errors
/// When the database cannot be written.
pub async fn create(
    db: &Db,
    author: Uuid,
    draft: &Draft,
    now: Timestamp,
) -> Result<Saved, Failure> {
    let writing = Writing::new(db, author, draft, now).await?;
    for slug in slugs(&draft.title) {
        match writing.create_at(db, &slug).await {
            Err(Failure::Broken(cause)) if is_slug_taken(&cause) => {}
            done => return done,
        }
    }
    Err(anyhow::anyhow!("no free slug").into())
}

/// Stores an edit of one's own article, if it started from the version that is stored. The
/// slug follows the title until the first publication, and stays from then on.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`].
pub async fn update(
    db: &Db,
    author: Uuid,
    basis: Basis<'_>,
    draft: &Draft,
    now: Timestamp,
) -> Result<Saved, Failure> {
    let writing = Writing::new(db, author, draft, now).await?;
    for candidate in slugs(&draft.title) {
        match writing.update_to(db, basis, &candidate).await {
            Err(Failure::Broken(cause)) if is_slug_taken(&cause) => {}
            done => return done,
        }
    }
    Err(anyhow::anyhow!("no free slug").into())
}

impl<'a> Writing<'a> {
    async fn new(db: &Db, author: Uuid, draft: &'a Draft, now: Timestamp) -> Result<Self, Failure> {
        let html = markdown::render(draft.body.as_str().to_owned()).await?;
        let html = references::dressed(db, html).await?;
        let (cover, alt) = (draft.cover.address(), draft.cover.alt());
        if !cover.is_empty() && references::shown(db, &cover, alt).await?.is_none() {
            return Err(Error::Invalid(vec![(Field::Cover, Problem::Malformed)]).into());
        }
        let found_by = match draft.status {
            Status::Draft => None,
            Status::Published => {
                let (title, description) = (draft.title.as_str(), draft.description.as_str());
                let tags = draft.tags.as_slice();
                Some(FoundBy::new(title.into(), tags, description.into(), html.clone()).await?)
            }
        };
        Ok(Self { author, draft, html, found_by, now })
    }

    /// Holds the author's account first, as everywhere: whoever was shut out, or left, while this
    /// was on its way publishes nothing any more.
    async fn begin(&self, db: &Db) -> Result<Tx, Failure> {
        let mut tx = db.begin().await?;
        let held = users::hold(&mut tx, self.author).await?;
        held.map(|_| tx).ok_or_else(|| Error::Unauthenticated.into())
    }

    async fn create_at(&self, db: &Db, slug: &str) -> Result<Saved, Failure> {
        let mut tx = self.begin(db).await?;
        let id = Uuid::now_v7();
        self.insert(&mut tx, id, slug).await?;
        let published_at = (self.draft.status == Status::Published).then_some(self.now);
        self.store_tags(&mut tx, id, published_at).await?;
        self.store_pictures(&mut tx, id).await?;
        search::keep(&mut tx, id, self.found_by.as_ref()).await?;
        let mut changes = Changes::default();
        changes.add(&self.countable());
        changes.store(&mut tx).await?;
        tx.commit().await?;
        Ok(Saved { slug: slug.to_owned(), version: 1 })
    }

    /// The one at its head, and which there are in all.
    async fn store_pictures(&self, tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
        const COVER: &str = "update articles set cover = $2, cover_alt = $3 where id = $1";
        let cover = self.draft.cover.address();
        within!(&mut *tx, |c| {
            sqlx::query(COVER)
                .bind(id)
                .bind(&cover)
                .bind(self.draft.cover.alt())
                .execute(c)
                .await
                .map(|_| ())
        })?;
        references::keep(tx, id, &[self.draft.body.as_str(), &cover]).await
    }

    async fn insert(&self, tx: &mut Tx, id: Uuid, slug: &str) -> sqlx::Result<()> {
        const INSERT: &str = "insert into articles (id, author_id, slug, title, description, body, html, minutes, \
             visibility, status, version, created_at, updated_at, published_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11, $12)";
        within!(tx, |c| {
            sqlx::query(INSERT)
                .bind(id)
                .bind(self.author)
                .bind(slug)
                .bind(self.draft.title.as_str())
                .bind(self.draft.description.as_str())
                .bind(self.draft.body.as_str())
                .bind(&self.html)
                .bind(i64::from(markdown::minutes(self.draft.body.as_str())))
                .bind(self.draft.visibility.name())
                .bind(self.draft.status.name())
                .bind(self.now)
                .bind((self.draft.status == Status::Published).then_some(self.now))
                .execute(c)
                .await
                .map(|_| ())
        })
    }

    async fn update_to(
        &self,
        db: &Db,
        basis: Basis<'_>,
        candidate: &str,
    ) -> Result<Saved, Failure> {
        let mut tx = self.begin(db).await?;
        let before = stored(&mut tx, self.author, basis.slug).await?;
        if before.version != basis.version {
            return Err(Error::Conflict { version: before.version }.into());
        }
        let follows = before.published_at.is_none() && before.title != self.draft.title.as_str();
        let slug = if follows { candidate } else { before.slug.as_str() };
        if !self.overwrite(&mut tx, before.id, basis.version, slug).await? {
            return Err(overtaken(&mut tx, before.id).await?.into());
        }
        let tags_before = clear_tags(&mut tx, before.id).await?;
        let first_published = (self.draft.status == Status::Published).then_some(self.now);
        self.store_tags(&mut tx, before.id, before.published_at.or(first_published)).await?;
        self.store_pictures(&mut tx, before.id).await?;
        search::keep(&mut tx, before.id, self.found_by.as_ref()).await?;
        let mut changes = Changes::default();
        changes.remove(&before.countable(self.author, &tags_before));
        changes.add(&self.countable());
        changes.store(&mut tx).await?;
        tx.commit().await?;
        Ok(Saved { slug: slug.to_owned(), version: basis.version + 1 })
    }

    fn countable(&self) -> Countable<'_> {
        Countable {
            author: self.author,
            status: self.draft.status,
            visibility: self.draft.visibility,
            tags: self.draft.tags.as_slice(),
        }
    }

    async fn store_tags(
        &self,
        tx: &mut Tx,
        article: Uuid,
        published_at: Option<Timestamp>,
    ) -> sqlx::Result<()> {
        const ADD: &str = "insert into article_tags (article_id, tag, position, visibility, status, published_at) \
             values ($1, $2, $3, $4, $5, $6)";
        for (position, tag) in (0_i64..).zip(self.draft.tags.as_slice()) {
            within!(tx, |c| sqlx::query(ADD)
                .bind(article)
                .bind(tag)
                .bind(position)
                .bind(self.draft.visibility.name())
                .bind(self.draft.status.name())
                .bind(published_at)
                .execute(c)
                .await
                .map(|_| ()))?;
        }
        Ok(())
    }

    /// Whether the row still had that version: checked and written in one statement.
    async fn overwrite(
        &self,
        tx: &mut Tx,
        id: Uuid,
        version: i64,
        slug: &str,
    ) -> sqlx::Result<bool> {
        const OVERWRITE: &str = "update articles set slug = $3, title = $4, description = $5, body = $6, html = $7, \
             minutes = $8, visibility = $9, status = $10, version = version + 1, updated_at = $11, \
             published_at = coalesce(published_at, $12) where id = $1 and version = $2";
        within!(tx, |c| {
            sqlx::query(OVERWRITE)
                .bind(id)
                .bind(version)
                .bind(slug)
                .bind(self.draft.title.as_str())
                .bind(self.draft.description.as_str())
                .bind(self.draft.body.as_str())
                .bind(&self.html)
                .bind(i64::from(markdown::minutes(self.draft.body.as_str())))
                .bind(self.draft.visibility.name())
                .bind(self.draft.status.name())
                .bind(self.now)
                .bind((self.draft.status == Status::Published).then_some(self.now))
                .execute(c)
                .await
                .map(|done| done.rows_affected() == 1)
        })
    }
}

#[derive(FromRow)]
struct Stored {
    id: Uuid,
    slug: String,
    title: String,
    visibility: String,
    status: String,
    version: i64,
    published_at: Option<Timestamp>,
}

impl Stored {
    fn countable<'a>(&self, author: Uuid, tags: &'a [String]) -> Countable<'a> {
        Countable {
            author,
            status: Status::from_name(&self.status).unwrap_or(Status::Draft),
            visibility: Visibility::from_name(&self.visibility).unwrap_or(Visibility::Members),
            tags,
        }
    }
}

async fn stored(tx: &mut Tx, author: Uuid, slug: &Slug) -> Result<Stored, Failure> {
    const STORED: &str = "select id, slug, title, visibility, status, version, published_at \
         from articles where slug = $1 and author_id = $2";
    let found = within!(tx, |c| sqlx::query_as(STORED)
        .bind(slug.as_str())
        .bind(author)
        .fetch_optional(c)
        .await)?;
    found.ok_or_else(|| Error::NotFound.into())
}

/// What to say when somebody else saved or deleted between our reading and our writing.
async fn overtaken(tx: &mut Tx, id: Uuid) -> sqlx::Result<Error> {
    const VERSION: &str = "select version from articles where id = $1";
    let now: Option<i64> =
        within!(tx, |c| sqlx::query_scalar(VERSION).bind(id).fetch_optional(c).await)?;
    Ok(now.map_or(Error::NotFound, |version| Error::Conflict { version }))
}

/// Deletes one's own article.
///
/// # Errors
/// [`Error::NotFound`], also for what is somebody else's.
pub async fn delete(db: &Db, author: Uuid, slug: &Slug) -> Result<(), Failure> {
    // A write that changes nothing: whoever is saving the article is waited for, and from here
    // on it is as it was read.
    const HOLD: &str = "update articles set version = version where slug = $1 and author_id = $2 \
         returning id, slug, title, visibility, status, version, published_at";
    const DELETE: &str = "delete from articles where id = $1";
    let mut tx = db.begin().await?;
    let held: Option<Stored> = within!(&mut tx, |c| sqlx::query_as(HOLD)
        .bind(slug.as_str())
        .bind(author)
        .fetch_optional(c)
        .await)?;
    let held = held.ok_or(Error::NotFound)?;
    let tags = clear_tags(&mut tx, held.id).await?;
    within!(&mut tx, |c| sqlx::query(DELETE).bind(held.id).execute(c).await.map(|_| ()))?;
    let mut changes = Changes::default();
    changes.remove(&held.countable(author, &tags));
    changes.store(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// The tags that it had.
async fn clear_tags(tx: &mut Tx, article: Uuid) -> sqlx::Result<Vec<String>> {
    const CLEAR: &str = "delete from article_tags where article_id = $1 returning tag";
    within!(tx, |c| sqlx::query_scalar(CLEAR).bind(article).fetch_all(c).await)
}

/// Slugs to try in turn until the database says that one is free: the title's own, then
/// with a random tail.
fn slugs(title: &Title) -> impl Iterator<Item = String> {
    let base = slug_of(title);
    let tailed = base.clone();
    let tail = move |_| format!("{tailed}-{}", &Uuid::new_v4().simple().to_string()[..TAIL]);
    std::iter::once(base).chain((0..4).map(tail))
}

fn is_slug_taken(cause: &anyhow::Error) -> bool {
    cause.downcast_ref::<sqlx::Error>().and_then(violated).is_some_and(|name| name.contains("slug"))
}

fn slug_of(title: &Title) -> String {
    let whole = slug::slugify(title.as_str());
    // With room for a hyphen and a tail.
    let cut: String = whole.chars().take(Slug::LONGEST - TAIL - 1).collect();
    match cut.trim_end_matches('-') {
        "" => "article".into(),
        slug => slug.into(),
    }
}
