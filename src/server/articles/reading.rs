//! Reading: for everybody who may, and for the author to edit.

use sqlx::FromRow;
use uuid::Uuid;

use super::lists::PreviewRow;
use crate::{
    domain::{
        article::{Article, Manuscript, Slug, Status, Visibility},
        role::Permission,
    },
    error::Error,
    server::{
        db::{Db, reading},
        failure::Failure,
        images::references,
        users::User,
    },
};

/// The article at that address, if the reader may know of it. A draft exists for its author
/// alone.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unauthenticated`] for a members' article without a log-in.
pub async fn read(db: &Db, slug: &Slug, reader: Option<&User>) -> Result<Article, Failure> {
    const READ: &str = "select a.id, a.author_id, a.html, a.cover, a.cover_alt, a.slug, a.title, a.description, \
         case when u.leaves_at is null then u.username else 'a former member' end as author, \
         coalesce(a.published_at, a.updated_at) as shown_at, a.minutes, a.visibility, a.status \
         from articles a join users u on u.id = a.author_id where a.slug = $1";
    #[derive(FromRow)]
    struct Row {
        author_id: Uuid,
        html: String,
        cover: String,
        cover_alt: String,
        #[sqlx(flatten)]
        preview: PreviewRow,
    }
    let row: Option<Row> =
        reading!(db, |pool| sqlx::query_as(READ).bind(slug.as_str()).fetch_optional(pool).await)?;
    let row = row.ok_or(Error::NotFound)?;
    let mine = reader.is_some_and(|reader| reader.id == row.author_id);
    let id = row.preview.id;
    let preview = row.preview.into_preview();
    match (preview.status, preview.visibility) {
        _ if mine => {}
        (Status::Draft, _) => return Err(Error::NotFound.into()),
        (Status::Published, Visibility::Members) if reader.is_none() => {
            return Err(Error::Unauthenticated.into());
        }
        (Status::Published, _) => {}
    }
    let edits = reader.is_some_and(|reader| reader.may(Permission::WithdrawArticles));
    let tags = tags_of(db, id).await?;
    let cover = references::shown(db, &row.cover, &row.cover_alt).await?;
    Ok(Article { preview, html: row.html, tags, cover, mine, withdrawable: edits && !mine })
}

/// Tags in the author's order.
///
/// # Errors
/// When the database cannot be read.
pub async fn tags_of(db: &Db, article: Uuid) -> sqlx::Result<Vec<String>> {
    const TAGS: &str = "select tag from article_tags where article_id = $1 order by position";
    reading!(db, |pool| sqlx::query_scalar(TAGS).bind(article).fetch_all(pool).await)
}

/// One's own article, to be edited.
///
/// # Errors
/// [`Error::NotFound`], also for what is somebody else's.
pub async fn open(db: &Db, author: Uuid, slug: &Slug) -> Result<Manuscript, Failure> {
    const OPEN: &str = "select id, slug, title, description, body, cover, cover_alt, visibility, status, version \
         from articles where slug = $1 and author_id = $2";
    #[derive(FromRow)]
    struct Row {
        id: Uuid,
        slug: String,
        title: String,
        description: String,
        body: String,
        cover: String,
        cover_alt: String,
        visibility: String,
        status: String,
        version: i64,
    }
    let row: Option<Row> = reading!(db, |pool| sqlx::query_as(OPEN)
        .bind(slug.as_str())
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
        cover: row.cover,
        cover_alt: row.cover_alt,
        visibility: Visibility::from_name(&row.visibility).unwrap_or(Visibility::Members),
        status: Status::from_name(&row.status).unwrap_or(Status::Draft),
        version: row.version,
    })
}
