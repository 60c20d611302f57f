//! Articles: rules and SQL.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    clock::Timestamp,
    db::{Db, Tx, reading, violated, within},
    failure::Failure,
    markdown,
};
use crate::{
    domain::{
        article::{
            Article, Body, Description, Manuscript, Preview, Status, Tags, Title, Visibility,
        },
        page::{LAST_PAGE, Listing, PER_PAGE},
    },
    error::Error,
};

/// The longest slug, in ASCII characters: an address that still fits a line.
const SLUG_LENGTH: usize = 80;

/// The scope of the site's own [tallies](tally).
const SITE: Uuid = Uuid::nil();

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

/// Which articles a list shows.
#[derive(Clone, Copy, Debug)]
pub enum Shelf<'a> {
    /// All that are published and public.
    Public,
    /// All that are published.
    Published,
    /// One author's that are published; without a log-in only the public ones.
    Author {
        /// Whose.
        author: Uuid,
        /// Whether the reader is logged in.
        member: bool,
    },
    /// Those that are published under one tag.
    Tagged {
        /// The tag.
        tag: &'a str,
        /// Whether the reader is logged in.
        member: bool,
    },
    /// All of one author's, drafts included: for the author alone.
    Desk(Uuid),
}

#[derive(FromRow)]
struct PreviewRow {
    slug: String,
    title: String,
    description: String,
    author: String,
    shown_at: Timestamp,
    minutes: i64,
    visibility: String,
    status: String,
}

impl PreviewRow {
    fn into_preview(self) -> Preview {
        Preview {
            slug: self.slug,
            title: self.title,
            description: self.description,
            author: self.author,
            when: self.shown_at.to_when(),
            minutes: u32::try_from(self.minutes).unwrap_or(1),
            // What is not known stays closed.
            visibility: Visibility::from_name(&self.visibility).unwrap_or(Visibility::Members),
            status: Status::from_name(&self.status).unwrap_or(Status::Draft),
        }
    }
}

/// One page of a shelf, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &Db, shelf: Shelf<'_>, page: u32) -> Result<Listing, Failure> {
    let page = page.clamp(1, LAST_PAGE);
    let total = count(db, shelf).await?;
    let pages = u32::try_from(total.div_ceil(u64::from(PER_PAGE))).unwrap_or(u32::MAX).max(1);
    let offset = i64::from(page - 1) * i64::from(PER_PAGE);
    let rows = if page > pages { Vec::new() } else { rows(db, shelf, offset).await? };
    Ok(Listing {
        previews: rows.into_iter().map(PreviewRow::into_preview).collect(),
        page,
        pages,
        total,
    })
}

/// Each picks its ten keys from an index alone and only then touches the articles.
async fn rows(db: &Db, shelf: Shelf<'_>, offset: i64) -> sqlx::Result<Vec<PreviewRow>> {
    macro_rules! shelf_sql {
        ($shown_at:literal, $from_where:literal, $order:literal) => {
            concat!(
                "select a.slug, a.title, a.description, u.username as author, a.",
                $shown_at,
                " as shown_at, \
                 a.minutes, a.visibility, a.status from (select p.id from ",
                $from_where,
                " order by p.",
                $order,
                " desc, p.id desc limit $1 offset $2) k \
                 join articles a on a.id = k.id join users u on u.id = a.author_id \
                 order by a.",
                $order,
                " desc, a.id desc"
            )
        };
    }
    const PUBLIC: &str = shelf_sql!(
        "published_at",
        "articles p where p.status = 'published' and p.visibility = 'public'",
        "published_at"
    );
    const PUBLISHED: &str =
        shelf_sql!("published_at", "articles p where p.status = 'published'", "published_at");
    const BY_AUTHOR: &str = shelf_sql!(
        "published_at",
        "articles p where p.status = 'published' and p.author_id = $3 and (p.visibility = 'public' or $4)",
        "published_at"
    );
    const TAGGED: &str = shelf_sql!(
        "published_at",
        "article_tags t join articles p on p.id = t.article_id \
         where t.tag = $3 and p.status = 'published' and (p.visibility = 'public' or $4)",
        "published_at"
    );
    const DESK: &str = shelf_sql!("updated_at", "articles p where p.author_id = $3", "updated_at");
    let limit = i64::from(PER_PAGE);
    reading!(db, |pool| match shelf {
        Shelf::Public => sqlx::query_as(PUBLIC).bind(limit).bind(offset).fetch_all(pool).await,
        Shelf::Published =>
            sqlx::query_as(PUBLISHED).bind(limit).bind(offset).fetch_all(pool).await,
        Shelf::Author { author, member } =>
            sqlx::query_as(BY_AUTHOR)
                .bind(limit)
                .bind(offset)
                .bind(author)
                .bind(member)
                .fetch_all(pool)
                .await,
        Shelf::Tagged { tag, member } =>
            sqlx::query_as(TAGGED)
                .bind(limit)
                .bind(offset)
                .bind(tag)
                .bind(member)
                .fetch_all(pool)
                .await,
        Shelf::Desk(author) =>
            sqlx::query_as(DESK).bind(limit).bind(offset).bind(author).fetch_all(pool).await,
    })
}

async fn count(db: &Db, shelf: Shelf<'_>) -> sqlx::Result<u64> {
    const TALLY: &str = "select cast(coalesce(sum(count), 0) as bigint) from tallies where scope = $1 and \
         (kind = 'public' or (kind = 'members' and $2) or (kind = 'draft' and $3))";
    const TAGGED: &str = "select count(*) from article_tags t join articles p on p.id = t.article_id \
         where t.tag = $1 and p.status = 'published' and (p.visibility = 'public' or $2)";
    let (scope, members, drafts) = match shelf {
        Shelf::Public => (SITE, false, false),
        Shelf::Published => (SITE, true, false),
        Shelf::Author { author, member } => (author, member, false),
        Shelf::Desk(author) => (author, true, true),
        Shelf::Tagged { tag, member } => {
            let n: i64 = reading!(db, |pool| sqlx::query_scalar(TAGGED)
                .bind(tag)
                .bind(member)
                .fetch_one(pool)
                .await)?;
            return Ok(u64::try_from(n).unwrap_or(0));
        }
    };
    let n: i64 = reading!(db, |pool| {
        sqlx::query_scalar(TALLY).bind(scope).bind(members).bind(drafts).fetch_one(pool).await
    })?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// The article at that address, if the reader may know of it. A draft exists for its author
/// alone.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unauthenticated`] for a members' article without a log-in.
pub async fn read(db: &Db, slug: &str, reader: Option<Uuid>) -> Result<Article, Failure> {
    const READ: &str = "select a.id, a.author_id, a.html, a.slug, a.title, a.description, u.username as author, \
         coalesce(a.published_at, a.updated_at) as shown_at, a.minutes, a.visibility, a.status \
         from articles a join users u on u.id = a.author_id where a.slug = $1";
    #[derive(FromRow)]
    struct Row {
        id: Uuid,
        author_id: Uuid,
        html: String,
        #[sqlx(flatten)]
        preview: PreviewRow,
    }
    let row: Option<Row> =
        reading!(db, |pool| sqlx::query_as(READ).bind(slug).fetch_optional(pool).await)?;
    let row = row.ok_or(Error::NotFound)?;
    let mine = reader == Some(row.author_id);
    let preview = row.preview.into_preview();
    match (preview.status, preview.visibility) {
        _ if mine => {}
        (Status::Draft, _) => return Err(Error::NotFound.into()),
        (Status::Published, Visibility::Members) if reader.is_none() => {
            return Err(Error::Unauthenticated.into());
        }
        (Status::Published, _) => {}
    }
    Ok(Article { preview, html: row.html, tags: tags_of(db, row.id).await?, mine })
}

async fn tags_of(db: &Db, article: Uuid) -> sqlx::Result<Vec<String>> {
    const TAGS: &str = "select tag from article_tags where article_id = $1 order by position";
    reading!(db, |pool| sqlx::query_scalar(TAGS).bind(article).fetch_all(pool).await)
}

/// One's own article, to be edited.
///
/// # Errors
/// [`Error::NotFound`], also for what is somebody else's.
pub async fn open(db: &Db, author: Uuid, slug: &str) -> Result<Manuscript, Failure> {
    const OPEN: &str = "select id, slug, title, description, body, visibility, status, version \
         from articles where slug = $1 and author_id = $2";
    #[derive(FromRow)]
    struct Row {
        id: Uuid,
        slug: String,
        title: String,
        description: String,
        body: String,
        visibility: String,
        status: String,
        version: i64,
    }
    let row: Option<Row> = reading!(db, |pool| sqlx::query_as(OPEN)
        .bind(slug)
        .bind(author)
        .fetch_optional(pool)
        .await)?;
    let row = row.ok_or(Error::NotFound)?;
    Ok(Manuscript {
        tags: tags_of(db, row.id).await?.join(", "),
        slug: row.slug,
        title: row.title,
        description: row.description,
        body: row.body,
        visibility: Visibility::from_name(&row.visibility).unwrap_or(Visibility::Members),
        status: Status::from_name(&row.status).unwrap_or(Status::Draft),
        version: row.version,
    })
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
    let html = markdown::render(draft.body.as_str());
    for slug in slugs(&draft.title) {
        match create_at(db, author, &slug, draft, &html, now).await {
            Err(Failure::Broken(cause)) if is_slug_taken(&cause) => {}
            done => return done,
        }
    }
    Err(anyhow::anyhow!("no free slug").into())
}

async fn create_at(
    db: &Db,
    author: Uuid,
    slug: &str,
    draft: &Draft,
    html: &str,
    now: Timestamp,
) -> Result<Saved, Failure> {
    let mut tx = db.begin().await?;
    let id = Uuid::now_v7();
    insert(&mut tx, id, author, slug, draft, html, now).await?;
    store_tags(&mut tx, id, &draft.tags).await?;
    tally(&mut tx, author, &[(kind(draft.status, draft.visibility), 1)]).await?;
    tx.commit().await?;
    Ok(Saved { slug: slug.to_owned(), version: 1 })
}

async fn insert(
    tx: &mut Tx,
    id: Uuid,
    author: Uuid,
    slug: &str,
    draft: &Draft,
    html: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    const INSERT: &str = "insert into articles (id, author_id, slug, title, description, body, html, minutes, \
         visibility, status, version, created_at, updated_at, published_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11, $12)";
    within!(tx, |c| {
        sqlx::query(INSERT)
            .bind(id)
            .bind(author)
            .bind(slug)
            .bind(draft.title.as_str())
            .bind(draft.description.as_str())
            .bind(draft.body.as_str())
            .bind(html)
            .bind(i64::from(markdown::minutes(draft.body.as_str())))
            .bind(draft.visibility.name())
            .bind(draft.status.name())
            .bind(now)
            .bind((draft.status == Status::Published).then_some(now))
            .execute(c)
            .await
            .map(|_| ())
    })
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
    fn kind(&self) -> &'static str {
        kind(
            Status::from_name(&self.status).unwrap_or(Status::Draft),
            Visibility::from_name(&self.visibility).unwrap_or(Visibility::Members),
        )
    }
}

async fn stored(tx: &mut Tx, author: Uuid, slug: &str) -> Result<Stored, Failure> {
    const STORED: &str = "select id, slug, title, visibility, status, version, published_at \
         from articles where slug = $1 and author_id = $2";
    let found =
        within!(tx, |c| sqlx::query_as(STORED).bind(slug).bind(author).fetch_optional(c).await)?;
    found.ok_or_else(|| Error::NotFound.into())
}

/// Stores an edit of one's own article, if it started from the version that is stored. The
/// slug follows the title until the first publication, and stays from then on.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`].
pub async fn update(
    db: &Db,
    author: Uuid,
    slug: &str,
    version: i64,
    draft: &Draft,
    now: Timestamp,
) -> Result<Saved, Failure> {
    let html = markdown::render(draft.body.as_str());
    for candidate in slugs(&draft.title) {
        match update_as(db, author, slug, &candidate, version, draft, &html, now).await {
            Err(Failure::Broken(cause)) if is_slug_taken(&cause) => {}
            done => return done,
        }
    }
    Err(anyhow::anyhow!("no free slug").into())
}

async fn update_as(
    db: &Db,
    author: Uuid,
    slug: &str,
    candidate: &str,
    version: i64,
    draft: &Draft,
    html: &str,
    now: Timestamp,
) -> Result<Saved, Failure> {
    let mut tx = db.begin().await?;
    let before = stored(&mut tx, author, slug).await?;
    let follows = before.published_at.is_none() && before.title != draft.title.as_str();
    let slug = if follows { candidate } else { before.slug.as_str() };
    if !overwrite(&mut tx, before.id, slug, version, draft, html, now).await? {
        return Err(Error::Conflict { version: before.version }.into());
    }
    store_tags(&mut tx, before.id, &draft.tags).await?;
    let (was, is) = (before.kind(), kind(draft.status, draft.visibility));
    if was != is {
        tally(&mut tx, author, &[(was, -1), (is, 1)]).await?;
    }
    tx.commit().await?;
    Ok(Saved { slug: slug.to_owned(), version: version + 1 })
}

/// Whether the row still had that version: checked and written in one statement.
async fn overwrite(
    tx: &mut Tx,
    id: Uuid,
    slug: &str,
    version: i64,
    draft: &Draft,
    html: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    const OVERWRITE: &str = "update articles set slug = $3, title = $4, description = $5, body = $6, html = $7, \
         minutes = $8, visibility = $9, status = $10, version = version + 1, updated_at = $11, \
         published_at = coalesce(published_at, $12) where id = $1 and version = $2";
    within!(tx, |c| {
        sqlx::query(OVERWRITE)
            .bind(id)
            .bind(version)
            .bind(slug)
            .bind(draft.title.as_str())
            .bind(draft.description.as_str())
            .bind(draft.body.as_str())
            .bind(html)
            .bind(i64::from(markdown::minutes(draft.body.as_str())))
            .bind(draft.visibility.name())
            .bind(draft.status.name())
            .bind(now)
            .bind((draft.status == Status::Published).then_some(now))
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })
}

/// Deletes one's own article.
///
/// # Errors
/// [`Error::NotFound`], also for what is somebody else's.
pub async fn delete(db: &Db, author: Uuid, slug: &str) -> Result<(), Failure> {
    // What is counted off is what the statement deleted: read before, it may have changed.
    const DELETE: &str = "delete from articles where slug = $1 and author_id = $2 \
         returning id, slug, title, visibility, status, version, published_at";
    let mut tx = db.begin().await?;
    let gone: Option<Stored> = within!(&mut tx, |c| sqlx::query_as(DELETE)
        .bind(slug)
        .bind(author)
        .fetch_optional(c)
        .await)?;
    let gone = gone.ok_or(Error::NotFound)?;
    tally(&mut tx, author, &[(gone.kind(), -1)]).await?;
    Ok(tx.commit().await?)
}

async fn store_tags(tx: &mut Tx, article: Uuid, tags: &Tags) -> sqlx::Result<()> {
    const CLEAR: &str = "delete from article_tags where article_id = $1";
    const ADD: &str = "insert into article_tags (article_id, tag, position) values ($1, $2, $3)";
    within!(tx, |c| sqlx::query(CLEAR).bind(article).execute(c).await.map(|_| ()))?;
    for (position, tag) in (0_i64..).zip(tags.as_slice()) {
        within!(tx, |c| sqlx::query(ADD)
            .bind(article)
            .bind(tag)
            .bind(position)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}

fn kind(status: Status, visibility: Visibility) -> &'static str {
    match status {
        Status::Draft => "draft",
        Status::Published => visibility.name(),
    }
}

/// Keeps the counts of the site and of the author right, in the same transaction. Rows are
/// always written in the same order, so that two writers wait and never lock each other out.
async fn tally(tx: &mut Tx, author: Uuid, changes: &[(&str, i64)]) -> sqlx::Result<()> {
    const TALLY: &str = "insert into tallies (scope, kind, count) values ($1, $2, $3) \
         on conflict (scope, kind) do update set count = tallies.count + excluded.count";
    let mut changes = changes.to_vec();
    changes.sort_unstable();
    for scope in [SITE, author] {
        for (kind, by) in &changes {
            within!(tx, |c| sqlx::query(TALLY)
                .bind(scope)
                .bind(*kind)
                .bind(by)
                .execute(c)
                .await
                .map(|_| ()))?;
        }
    }
    Ok(())
}

/// Slugs to try in turn until the database says that one is free: the title's own, then
/// with a random tail.
fn slugs(title: &Title) -> impl Iterator<Item = String> {
    let base = slug_of(title);
    let tailed = base.clone();
    let tail = move |_| format!("{tailed}-{}", &Uuid::new_v4().simple().to_string()[..6]);
    std::iter::once(base).chain((0..4).map(tail))
}

fn is_slug_taken(cause: &anyhow::Error) -> bool {
    cause.downcast_ref::<sqlx::Error>().and_then(violated).is_some_and(|name| name.contains("slug"))
}

fn slug_of(title: &Title) -> String {
    let whole = slug::slugify(title.as_str());
    let cut: String = whole.chars().take(SLUG_LENGTH).collect();
    match cut.trim_end_matches('-') {
        "" => "article".into(),
        slug => slug.into(),
    }
}
