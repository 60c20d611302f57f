//! The author's desk: all that somebody wrote, in tabs.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    reading::stage_of,
    tallies::{self, Scope},
    walking::{End, Way},
};
use crate::{
    domain::{
        article::{
            Status, Visibility,
            life::{Counts, DeskList, OnDesk, Tab},
        },
        field::{Field, check_length},
        page::{LAST_PAGE, PER_PAGE, pages_of},
    },
    error::Error,
    server::{
        clock::Timestamp,
        db::{Db, reading},
        failure::Failure,
    },
};

/// A search looks through as many, the first of the tab: what it costs has an end, and whoever
/// has written more remembers when.
const LOOKED_THROUGH: i64 = 1000;

/// One page of a tab, or of what in it has the words in its title or its text.
///
/// # Errors
/// [`Error::Invalid`] when more was typed than anybody types.
pub async fn list(
    db: &Db,
    author: Uuid,
    tab: Tab,
    q: &str,
    page: u32,
    now: Timestamp,
) -> Result<DeskList, Failure> {
    let q = q.trim();
    check_length(Field::Q, q).map_err(|p| Error::Invalid(vec![(Field::Q, p)]))?;
    let counts = counts(db, author, now).await?;
    let page = page.clamp(1, LAST_PAGE);
    let (rows, total) = if q.is_empty() {
        let total = Tab::ALL.into_iter().zip(counts).find(|(t, _)| *t == tab).map_or(0, |(_, n)| n);
        let rows = match Way::to(page, total) {
            Some(way) => rows(db, author, tab, "", way, now).await?,
            None => Vec::new(),
        };
        (rows, total)
    } else {
        let way = Way::from_first(0, LOOKED_THROUGH);
        let found = rows(db, author, tab, &pattern(q), way, now).await?;
        let total = found.len() as u64;
        let skip = (page as usize - 1) * PER_PAGE as usize;
        (found.into_iter().skip(skip).take(PER_PAGE as usize).collect(), total)
    };
    Ok(DeskList {
        tab,
        q: q.to_owned(),
        articles: rows.into_iter().map(|row| row.into_article(now)).collect(),
        counts,
        page,
        pages: pages_of(total, PER_PAGE),
        total,
    })
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    slug: String,
    title: String,
    visibility: String,
    status: String,
    published_at: Option<Timestamp>,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
    saved_at: Option<Timestamp>,
    waiting: i64,
}

impl Row {
    fn into_article(self, now: Timestamp) -> OnDesk {
        let status = Status::from_name(&self.status).unwrap_or(Status::Draft);
        let later = self.published_at.filter(|at| *at > now && status == Status::Published);
        let saved = self.saved_at.map_or(self.updated_at, |at| at.max(self.updated_at));
        OnDesk {
            id: self.id.to_string(),
            slug: self.slug,
            title: self.title,
            stage: stage_of(status, self.published_at, now),
            visibility: Visibility::from_name(&self.visibility).unwrap_or(Visibility::Members),
            when: match (self.deleted_at, later) {
                (Some(at), _) => at.to_when(),
                (None, Some(at)) => at.to_minute(),
                (None, None) => saved.to_when(),
            },
            has_changes: self.saved_at.is_some(),
            deleted: self.deleted_at.is_some(),
            waiting: u64::try_from(self.waiting).unwrap_or(0),
        }
    }
}

/// The keys of a page are picked from one index alone; only then are the articles touched. `$1` is whose, `$2`
/// how many, `$3` after how many, `$4` what to look for, and `$5` what time it is.
macro_rules! desk_sql {
    ($end:expr, $keys:literal, $by:literal) => {
        match $end {
            End::First => desk_sql!(@ordered $keys, $by, " desc"),
            End::Last => desk_sql!(@ordered $keys, $by, ""),
        }
    };
    (@ordered $keys:literal, $by:literal, $order:literal) => {
        concat!(
            "select a.id, a.slug, coalesce(w.title, a.title) as title, a.visibility, a.status, a.published_at, ",
            "a.updated_at, a.deleted_at, w.saved_at, (select count(*) from comments c \
             where c.article_id = a.id and c.state = 'held') as waiting from (select p.id from articles p where p.author_id = $1 and ",
            $keys,
            " order by ",
            $by,
            $order,
            ", p.id",
            $order,
            " limit $2 offset $3) k join articles a on a.id = k.id \
             left join working_copies w on w.article_id = a.id \
             where $4 = '' or lower(a.title) like $4 escape '\\' or lower(a.body) like $4 escape '\\' \
             or lower(w.title) like $4 escape '\\' or lower(w.body) like $4 escape '\\'"
        )
    };
}

const fn sql(tab: Tab, from: End) -> &'static str {
    match tab {
        Tab::All => desk_sql!(from, "p.status <> 'deleted'", "p.updated_at"),
        Tab::Drafts => desk_sql!(from, "p.status = 'draft'", "p.updated_at"),
        // What appears first is first.
        Tab::Scheduled => {
            let from = from.opposite();
            desk_sql!(from, "p.status = 'published' and p.published_at > $5", "p.published_at")
        }
        Tab::Published => {
            desk_sql!(from, "p.status = 'published' and p.published_at <= $5", "p.published_at")
        }
        Tab::Deleted => desk_sql!(from, "p.status = 'deleted'", "p.deleted_at"),
    }
}

async fn rows(
    db: &Db,
    author: Uuid,
    tab: Tab,
    pattern: &str,
    Way { end, past, taken }: Way,
    now: Timestamp,
) -> sqlx::Result<Vec<Row>> {
    let mut rows: Vec<Row> = reading!(db, |pool| {
        let query = sqlx::query_as(sql(tab, end)).bind(author).bind(taken).bind(past).bind(pattern);
        let query = match tab {
            Tab::Scheduled | Tab::Published => query.bind(now),
            Tab::All | Tab::Drafts | Tab::Deleted => query,
        };
        query.fetch_all(pool).await
    })?;
    // A join promises no order.
    let place = |row: &Row| match tab {
        Tab::All | Tab::Drafts => (Some(row.updated_at), row.id),
        Tab::Scheduled | Tab::Published => (row.published_at, row.id),
        Tab::Deleted => (row.deleted_at, row.id),
    };
    rows.sort_unstable_by(|a, b| match tab {
        Tab::Scheduled => place(a).cmp(&place(b)),
        _ => place(b).cmp(&place(a)),
    });
    Ok(rows)
}

/// What `like` looks for: the words as they were typed, in lower case.
fn pattern(q: &str) -> String {
    let mut pattern = String::from("%");
    // No text has one, and PostgreSQL takes none that has NUL.
    for c in q.to_lowercase().chars().filter(|c| !c.is_control()) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// What is published and what are drafts is tallied; of the other two an author has few.
async fn counts(db: &Db, author: Uuid, now: Timestamp) -> sqlx::Result<Counts> {
    const SCHEDULED: &str = "select count(*) from articles where author_id = $1 and status = 'published' \
         and published_at > $2";
    const DELETED: &str =
        "select count(*) from articles where author_id = $1 and status = 'deleted'";
    let scope = Scope::Author(author);
    let drafts = tallies::drafts(db, &scope).await?;
    let published = tallies::published(db, &scope, true).await?;
    let (scheduled, deleted): (i64, i64) = reading!(db, |pool| {
        let scheduled =
            sqlx::query_scalar(SCHEDULED).bind(author).bind(now).fetch_one(pool).await?;
        (scheduled, sqlx::query_scalar(DELETED).bind(author).fetch_one(pool).await?)
    });
    let counts = [drafts + published, drafts, scheduled, published - scheduled, deleted];
    Ok(counts.map(|n| u64::try_from(n).unwrap_or(0)))
}
