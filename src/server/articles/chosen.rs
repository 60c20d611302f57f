//! Lists that readers made for themselves: what those write whom they follow, and their favourites.
//!
//! Neither can be read from one index in its order, so each has an end: what it costs does not
//! grow with the number of articles, but with that of people who are followed, and of favourites.

use sqlx::FromRow;
use uuid::Uuid;

use super::lists::PreviewRow;
use crate::{
    domain::page::{Listing, PER_PAGE, pages_of},
    server::{
        clock::Timestamp,
        db::{Db, reading},
        failure::Failure,
    },
};

/// An article, with its place in a list.
#[derive(FromRow)]
struct Placed {
    #[sqlx(flatten)]
    preview: PreviewRow,
    placed_at: Timestamp,
    total: i64,
}

/// `$keys` picks keys and the times that they are sorted by, as many as the list has at most;
/// then a page of them is cut out, and only then are the articles touched.
macro_rules! list_sql {
    ($keys:literal) => {
        concat!(
            "select a.id, a.slug, a.title, a.description, \
             case when u.leaves_at is null then u.username else 'a former member' end as author, \
             a.published_at as shown_at, a.minutes, a.visibility, a.status, k.placed_at, k.total \
             from (select t.id, t.placed_at, count(*) over () as total from (",
            $keys,
            ") t order by t.placed_at desc, t.id desc limit $1 offset $2) k \
             join articles a on a.id = k.id join users u on u.id = a.author_id"
        )
    };
}

/// One page of the newest articles, at most 200, of those whom somebody follows and who are still
/// here. Of each author the index entries of 200 articles are read, however many they wrote.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_followed(
    db: &Db,
    follower: Uuid,
    page: u32,
    now: Timestamp,
) -> Result<Listing, Failure> {
    // The author's 200th newest says from when on theirs can be among them. Who is leaving, which few
    // are at a time, is asked last: so those who have written nothing cost no more than to find that.
    const IN_SQLITE: &str = list_sql!(
        "select p.id, p.published_at as placed_at from follows f \
         join articles p on p.author_id = f.author_id and p.status = 'published' \
         and p.published_at <= $4 and p.published_at >= coalesce((select n.published_at from articles n \
         where n.author_id = f.author_id and n.status = 'published' and n.published_at <= $4 \
         order by n.published_at desc, n.id desc limit 1 offset 199), 0) \
         where f.follower_id = $3 \
         and p.author_id not in (select id from users where leaves_at is not null) \
         order by p.published_at desc, p.id desc limit 200"
    );
    // SQLite has no `lateral`. PostgreSQL wants it: it takes whoever is followed for as busy as
    // everybody else, and would rather read all articles than ask for each author's. It would even
    // inside of it, where there are a thousand and one author wrote most: 40 ms in place of half of
    // one. Between two bounds and in this order the author's own index is the only cheap way.
    const IN_POSTGRES: &str = list_sql!(
        "select p.id, p.published_at as placed_at from follows f \
         cross join lateral (select n.id, n.published_at from articles n \
         where n.author_id >= f.author_id and (n.author_id, n.published_at) <= (f.author_id, $4) \
         and n.status = 'published' \
         order by n.author_id desc, n.published_at desc, n.id desc limit 200) p \
         where f.follower_id = $3 \
         and f.author_id not in (select id from users where leaves_at is not null) \
         order by p.published_at desc, p.id desc limit 200"
    );
    let list = match db {
        Db::Sqlite { .. } => IN_SQLITE,
        Db::Postgres(_) => IN_POSTGRES,
    };
    let rows = reading!(db, |pool| {
        sqlx::query_as(list)
            .bind(i64::from(PER_PAGE))
            .bind(offset(page))
            .bind(follower)
            .bind(now)
            .fetch_all(pool)
            .await
    })?;
    Ok(listing(rows, page))
}

/// One page of somebody's favourites, the last chosen first, at most 1,000: those that the viewer
/// may read.
///
/// # Errors
/// When the database cannot be read.
pub async fn favorites(
    db: &Db,
    whose: Uuid,
    member: bool,
    page: u32,
    now: Timestamp,
) -> Result<Listing, Failure> {
    const LIST: &str = list_sql!(
        "select f.article_id as id, f.created_at as placed_at from favorites f \
         join articles p on p.id = f.article_id and p.status = 'published' and p.published_at <= $4 \
         and (p.visibility = 'public' or $5) \
         where f.user_id = $3 order by f.created_at desc, f.article_id desc limit 1000"
    );
    let rows = reading!(db, |pool| {
        sqlx::query_as(LIST)
            .bind(i64::from(PER_PAGE))
            .bind(offset(page))
            .bind(whose)
            .bind(now)
            .bind(member)
            .fetch_all(pool)
            .await
    })?;
    Ok(listing(rows, page))
}

fn offset(page: u32) -> i64 {
    i64::from(page.max(1) - 1) * i64::from(PER_PAGE)
}

/// A page that is behind the end says that there is nothing.
fn listing(mut rows: Vec<Placed>, page: u32) -> Listing {
    // A join promises no order.
    rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.placed_at, row.preview.id)));
    let total = rows.first().map_or(0, |row| u64::try_from(row.total).unwrap_or(0));
    Listing {
        page: page.max(1),
        pages: pages_of(total, PER_PAGE),
        total,
        previews: rows.into_iter().map(|row| row.preview.into_preview()).collect(),
    }
}
