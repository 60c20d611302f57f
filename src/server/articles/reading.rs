//! Reading: for everybody who may, and for the author to edit.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    lists::PreviewRow,
    working_copies::{self, WorkingCopy},
};
use crate::{
    domain::{
        article::{Article, Manuscript, Slug, Stage, Status, Visibility, details::Direction},
        role::Permission,
    },
    error::Error,
    server::{
        AppState,
        clock::Timestamp,
        db::{Db, reading},
        failure::Failure,
        images::references,
        users::User,
    },
};

/// An article that was found, and what of it its page is made with and does not show.
pub struct Read {
    /// The article. What leads through it and on from it is not there yet.
    pub article: Article,
    /// Its key.
    pub id: Uuid,
    /// Its author's key.
    pub author: Uuid,
    /// When it was published, if it was.
    pub published: Option<Timestamp>,
    /// When it was last saved.
    pub updated: Timestamp,
}

/// The article at that address, or that was there before, if the reader may know of it. A draft
/// exists for its author alone, and so does what is published for a time to come.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unauthenticated`] for a members' article without a log-in.
pub async fn read(state: &AppState, slug: &Slug, reader: Option<&User>) -> Result<Read, Failure> {
    const READ: &str = "select a.id, a.author_id, a.html, a.cover, a.cover_alt, a.slug, a.title, a.description, \
         case when u.leaves_at is null then u.username else 'a former member' end as author, \
         coalesce(a.published_at, a.updated_at) as shown_at, a.minutes, a.visibility, a.status, \
         a.published_at, a.updated_at, a.canonical, a.language, a.direction \
         from article_slugs s join articles a on a.id = s.article_id join users u on u.id = a.author_id \
         where s.slug = $1 and a.status <> 'deleted'";
    #[derive(FromRow)]
    struct Row {
        author_id: Uuid,
        html: String,
        cover: String,
        cover_alt: String,
        published_at: Option<Timestamp>,
        updated_at: Timestamp,
        canonical: String,
        language: String,
        direction: String,
        #[sqlx(flatten)]
        preview: PreviewRow,
    }
    let row: Option<Row> = reading!(&state.db, |pool| sqlx::query_as(READ)
        .bind(slug.as_str())
        .fetch_optional(pool)
        .await)?;
    let row = row.ok_or(Error::NotFound)?;
    let mine = reader.is_some_and(|reader| reader.id == row.author_id);
    let id = row.preview.id;
    let preview = row.preview.into_preview();
    let stage = stage_of(preview.status, row.published_at, state.clock.now());
    match (stage, preview.visibility) {
        _ if mine => {}
        (Stage::Draft | Stage::Scheduled, _) => return Err(Error::NotFound.into()),
        (Stage::Published, Visibility::Members) if reader.is_none() => {
            return Err(Error::Unauthenticated.into());
        }
        (Stage::Published, _) => {}
    }
    let edits = reader.is_some_and(|reader| reader.may(Permission::WithdrawArticles));
    let canonical = if row.canonical.is_empty() {
        format!("{}/article/{}", state.config.origin.as_str(), preview.slug)
    } else {
        row.canonical
    };
    let cover = references::shown(&state.db, &row.cover, &row.cover_alt).await?;
    let article = Article {
        preview,
        html: row.html,
        contents: String::new(),
        neighbours: String::new(),
        tags: tags_of(&state.db, id).await?,
        cover,
        stage,
        canonical,
        language: row.language,
        direction: Direction::from_name(&row.direction).unwrap_or_default(),
        mine,
        has_changes: mine && working_copies::exists(&state.db, id).await?,
        withdrawable: edits && !mine,
        responses: String::new(),
    };
    let (author, published, updated) = (row.author_id, row.published_at, row.updated_at);
    Ok(Read { article, id, author, published, updated })
}

/// What readers see of an article now.
pub fn stage_of(status: Status, published_at: Option<Timestamp>, now: Timestamp) -> Stage {
    match status {
        Status::Draft => Stage::Draft,
        Status::Published if published_at.is_some_and(|at| at > now) => Stage::Scheduled,
        Status::Published => Stage::Published,
    }
}

/// Tags in the author's order.
///
/// # Errors
/// When the database cannot be read.
pub async fn tags_of(db: &Db, article: Uuid) -> sqlx::Result<Vec<String>> {
    const TAGS: &str = "select tag from article_tags where article_id = $1 order by position";
    reading!(db, |pool| sqlx::query_scalar(TAGS).bind(article).fetch_all(pool).await)
}

/// The key of one's own article.
///
/// # Errors
/// When the database cannot be read.
pub async fn own_key(db: &Db, author: Uuid, slug: &Slug) -> sqlx::Result<Option<Uuid>> {
    const KEY: &str =
        "select id from articles where slug = $1 and author_id = $2 and status <> 'deleted'";
    reading!(db, |pool| {
        sqlx::query_scalar(KEY).bind(slug.as_str()).bind(author).fetch_optional(pool).await
    })
}

/// The key of one's own article whose draft was begun with that one.
///
/// # Errors
/// When the database cannot be read.
pub async fn begun_with(db: &Db, author: Uuid, draft_key: Uuid) -> sqlx::Result<Option<Uuid>> {
    const KEY: &str = "select id from articles where draft_key = $1 and author_id = $2";
    reading!(db, |pool| {
        sqlx::query_scalar(KEY).bind(draft_key).bind(author).fetch_optional(pool).await
    })
}

/// One's own article, to be edited: the working copy, where there is one.
///
/// # Errors
/// [`Error::NotFound`], also for what is somebody else's.
pub async fn manuscript(
    db: &Db,
    author: Uuid,
    id: Uuid,
    now: Timestamp,
) -> Result<Manuscript, Failure> {
    const OPEN: &str = "select draft_key, slug, title, description, body, cover, cover_alt, visibility, status, version, \
         published_at, slug_wanted, canonical, language, direction, publish_at \
         from articles where id = $1 and author_id = $2 and status <> 'deleted'";
    #[derive(FromRow)]
    struct Row {
        draft_key: Option<Uuid>,
        slug: String,
        status: String,
        version: i64,
        published_at: Option<Timestamp>,
        #[sqlx(flatten)]
        text: TextRow,
    }
    let row: Option<Row> = reading!(db, |pool| {
        sqlx::query_as(OPEN).bind(id).bind(author).fetch_optional(pool).await
    })?;
    let row = row.ok_or(Error::NotFound)?;
    let copy = working_copies::of(db, id).await?;
    let has_changes = copy.is_some();
    let (text, tags) = match copy {
        Some(WorkingCopy { text, tags, .. }) => (text, tags),
        None => (row.text, tags_of(db, id).await?.join(", ")),
    };
    let status = Status::from_name(&row.status).unwrap_or(Status::Draft);
    Ok(Manuscript {
        id: id.to_string(),
        draft_key: row.draft_key.map(|key| key.to_string()).unwrap_or_default(),
        slug: row.slug,
        title: text.title,
        description: text.description,
        body: text.body,
        tags,
        cover: text.cover,
        cover_alt: text.cover_alt,
        visibility: Visibility::from_name(&text.visibility).unwrap_or(Visibility::Members),
        slug_wanted: text.slug_wanted,
        canonical: text.canonical,
        language: text.language,
        direction: Direction::from_name(&text.direction).unwrap_or_default(),
        publish_at: text.publish_at.map(Timestamp::to_local).unwrap_or_default(),
        status,
        stage: stage_of(status, row.published_at, now),
        version: row.version,
        has_changes,
    })
}

/// The text of an article or of its working copy.
#[derive(FromRow)]
pub struct TextRow {
    /// Its title.
    pub title: String,
    /// The sentence under it.
    pub description: String,
    /// The Markdown.
    pub body: String,
    /// The address of the picture at its head.
    pub cover: String,
    /// What that shows, in words.
    pub cover_alt: String,
    /// `public` or `members`.
    pub visibility: String,
    /// The address that its author wants.
    pub slug_wanted: String,
    /// Where else it stands, and rather.
    pub canonical: String,
    /// A BCP 47 tag.
    pub language: String,
    /// `auto`, `ltr` or `rtl`.
    pub direction: String,
    /// When it shall appear.
    pub publish_at: Option<Timestamp>,
}
