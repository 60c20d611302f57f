//! Lists: which articles are on them, and in which order.

use sqlx::FromRow;
use uuid::Uuid;

use super::tallies::SITE;
use crate::{
    domain::{
        article::{Preview, Status, Visibility},
        page::{LAST_PAGE, Listing, PER_PAGE},
    },
    server::{
        clock::Timestamp,
        db::{Db, reading},
        failure::Failure,
    },
};

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
pub(super) struct PreviewRow {
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
    pub(super) fn into_preview(self) -> Preview {
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
