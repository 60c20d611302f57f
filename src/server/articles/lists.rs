//! Lists: which articles are on them, and in which order.

use std::cmp::Reverse;

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    reading::tags_of,
    tallies::{self, Scope},
    walking::{End, Way},
    weeks::{self, Part},
};
use crate::{
    domain::{
        article::{Preview, Status, Visibility, When},
        page::{LAST_PAGE, Listing, PER_PAGE, pages_of},
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
}

/// One page of a shelf, newest first. What is published for a time to come is on none: it appears
/// by being asked for later. To find its ten, entries of an index are walked past: those between
/// them and the nearer end of the list or, where that is far, the beginning of a week.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    db: &Db,
    shelf: Shelf<'_>,
    page: u32,
    now: Timestamp,
) -> Result<Listing, Failure> {
    let page = page.clamp(1, LAST_PAGE);
    let (total, later) = counts(db, shelf, now).await?;
    let mut rows = match Way::to(page, total) {
        Some(way) => {
            let (scope, members) = shelf.scope();
            let part = weeks::part(db, &scope, members, way, later, now).await?;
            rows(db, shelf, way, part).await?
        }
        None => Vec::new(),
    };
    // A join promises no order.
    rows.sort_unstable_by_key(|row| Reverse((row.shown_at, row.id)));
    Ok(Listing {
        previews: rows.into_iter().map(PreviewRow::into_preview).collect(),
        page,
        pages: pages_of(total, PER_PAGE),
        total,
    })
}

#[derive(FromRow)]
pub(super) struct PreviewRow {
    pub(super) id: Uuid,
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

/// The keys of a page are picked from one index alone; only then are the articles touched. Whoever is
/// leaving signs as those do who have left.
macro_rules! shelf_sql {
    ($end:expr, $key:literal, $of:literal) => {
        match $end {
            End::First => shelf_sql!(@ordered $key, $of, " desc"),
            End::Last => shelf_sql!(@ordered $key, $of, ""),
        }
    };
    (@ordered $key:literal, $of:literal, $order:literal) => {
        concat!(
            "select a.id, a.slug, a.title, a.description, ",
            "case when u.leaves_at is null then u.username else 'a former member' end as author, ",
            "a.published_at as shown_at, a.minutes, a.visibility, a.status from (select p.",
            $key,
            " as id from ",
            $of,
            " and p.status = 'published' and p.published_at >= $4 and p.published_at <= $3 \
             order by p.published_at",
            $order,
            ", p.",
            $key,
            $order,
            " limit $1 offset $2) k join articles a on a.id = k.id join users u on u.id = a.author_id"
        )
    };
}

impl Shelf<'_> {
    /// The statement that reads a page from that end: `$1` is how many, `$2` after how many of those
    /// that were published until `$3` and since `$4`, and `$5` whose or which tag.
    pub const fn sql(self, from: End) -> &'static str {
        match self {
            Shelf::Public => shelf_sql!(from, "id", "articles p where p.visibility = 'public'"),
            Shelf::Published => shelf_sql!(from, "id", "articles p where true"),
            Shelf::Author { member: false, .. } => shelf_sql!(
                from,
                "id",
                "articles p where p.author_id = $5 and p.visibility = 'public'"
            ),
            Shelf::Author { member: true, .. } => {
                shelf_sql!(from, "id", "articles p where p.author_id = $5")
            }
            Shelf::Tagged { member: false, .. } => shelf_sql!(
                from,
                "article_id",
                "article_tags p where p.tag = $5 and p.visibility = 'public'"
            ),
            Shelf::Tagged { member: true, .. } => {
                shelf_sql!(from, "article_id", "article_tags p where p.tag = $5")
            }
        }
    }

    /// What its articles are counted under, and whether those for members are on it.
    fn scope(self) -> (Scope, bool) {
        match self {
            Shelf::Public => (Scope::Site, false),
            Shelf::Published => (Scope::Site, true),
            Shelf::Author { author, member } => (Scope::Author(author), member),
            Shelf::Tagged { tag, member } => (Scope::Tag(tag.to_owned()), member),
        }
    }

    /// The statement that counts what appears later, from the end of the same index: `$1` is what
    /// time it is, and `$2` whose or which tag.
    const fn later(self) -> &'static str {
        match self {
            Shelf::Public => {
                "select count(*) from articles where status = 'published' and visibility = 'public' \
                 and published_at > $1"
            }
            Shelf::Published => {
                "select count(*) from articles where status = 'published' and published_at > $1"
            }
            Shelf::Author { member: false, .. } => {
                "select count(*) from articles where author_id = $2 and status = 'published' \
                 and visibility = 'public' and published_at > $1"
            }
            Shelf::Author { member: true, .. } => {
                "select count(*) from articles where author_id = $2 and status = 'published' \
                 and published_at > $1"
            }
            Shelf::Tagged { member: false, .. } => {
                "select count(*) from article_tags where tag = $2 and status = 'published' \
                 and visibility = 'public' and published_at > $1"
            }
            Shelf::Tagged { member: true, .. } => {
                "select count(*) from article_tags where tag = $2 and status = 'published' \
                 and published_at > $1"
            }
        }
    }
}

/// An article with all that its readers see, for a feed.
pub struct Whole {
    /// Its key.
    pub id: Uuid,
    /// What lists show of it.
    pub preview: Preview,
    /// The sanitised HTML that was rendered when it was saved.
    pub html: String,
    /// Tags in the author's order.
    pub tags: Vec<String>,
    /// When its readers last saw it change: when it was saved, or appeared later than that.
    pub updated: When,
    /// What it is written in, as a language tag; empty is unsaid.
    pub language: String,
}

/// The newest articles of a shelf, whole.
///
/// # Errors
/// When the database cannot be read.
pub async fn newest_whole(
    db: &Db,
    shelf: Shelf<'_>,
    most: u32,
    now: Timestamp,
) -> sqlx::Result<Vec<Whole>> {
    const TEXT: &str = "select html, updated_at, language from articles where id = $1";
    let way = Way::from_first(0, i64::from(most));
    let mut rows = rows(db, shelf, way, Part::whole(way, now)).await?;
    rows.sort_unstable_by_key(|row| Reverse((row.shown_at, row.id)));
    let mut articles = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.id;
        let text: Option<(String, Timestamp, String)> =
            reading!(db, |pool| sqlx::query_as(TEXT).bind(id).fetch_optional(pool).await)?;
        // Deleted since the list was read.
        let Some((html, updated, language)) = text else { continue };
        let tags = tags_of(db, id).await?;
        let updated = updated.max(row.shown_at);
        articles.push(Whole {
            id,
            preview: row.into_preview(),
            html,
            tags,
            updated: updated.to_when(),
            language,
        });
    }
    Ok(articles)
}

/// The slugs of public articles and when each last changed for its readers, in the order in which they were
/// published: `most` of them, after `before` times as many.
///
/// # Errors
/// When the database cannot be read.
pub async fn oldest_public(
    db: &Db,
    before: u32,
    most: u32,
    now: Timestamp,
) -> sqlx::Result<Vec<(String, Timestamp)>> {
    const OLDEST: &str = "select a.slug, case when a.updated_at > a.published_at then a.updated_at \
         else a.published_at end from (select p.id, p.published_at from articles p \
         where p.status = 'published' and p.visibility = 'public' \
         and p.published_at >= $4 and p.published_at <= $3 order by p.published_at, p.id limit $1 offset $2) k \
         join articles a on a.id = k.id \
         order by k.published_at, k.id";
    let taken = i64::from(most);
    let way = Way { end: End::Last, past: taken.saturating_mul(i64::from(before)), taken };
    let Part { since, until, past } = weeks::part(db, &Scope::Site, false, way, 0, now).await?;
    reading!(db, |pool| {
        let page = sqlx::query_as(OLDEST).bind(taken).bind(past).bind(until).bind(since);
        page.fetch_all(pool).await
    })
}

async fn rows(
    db: &Db,
    shelf: Shelf<'_>,
    Way { end, taken, .. }: Way,
    Part { since, until, past }: Part,
) -> sqlx::Result<Vec<PreviewRow>> {
    reading!(db, |pool| {
        let page = sqlx::query_as(shelf.sql(end)).bind(taken).bind(past).bind(until).bind(since);
        let page = match shelf {
            Shelf::Public | Shelf::Published => page,
            Shelf::Author { author, .. } => page.bind(author),
            Shelf::Tagged { tag, .. } => page.bind(tag.to_owned()),
        };
        page.fetch_all(pool).await
    })
}

/// How many articles are on a shelf: those that are published, of which a tally is kept, without
/// the few that appear later.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(db: &Db, shelf: Shelf<'_>, now: Timestamp) -> sqlx::Result<u64> {
    counts(db, shelf, now).await.map(|(total, _)| total)
}

/// How many are on it, and how many appear later.
async fn counts(db: &Db, shelf: Shelf<'_>, now: Timestamp) -> sqlx::Result<(u64, i64)> {
    let (scope, members) = shelf.scope();
    let published = tallies::published(db, &scope, members).await?;
    let later: i64 = reading!(db, |pool| {
        let count = sqlx::query_scalar(shelf.later()).bind(now);
        let count = match shelf {
            Shelf::Public | Shelf::Published => count,
            Shelf::Author { author, .. } => count.bind(author),
            Shelf::Tagged { tag, .. } => count.bind(tag.to_owned()),
        };
        count.fetch_one(pool).await
    })?;
    Ok((u64::try_from(published - later).unwrap_or(0), later))
}
