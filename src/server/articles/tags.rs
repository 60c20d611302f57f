//! All tags.

use std::collections::HashMap;

use sqlx::FromRow;

use crate::{
    domain::{
        page::Cut,
        tags::{LAST_PAGE_OF_TAGS, TAGS_PER_PAGE, TagCount, TagList},
    },
    server::{
        clock::Timestamp,
        db::{Db, reading},
    },
};

/// The statement that reads a page of tags, in the order of their names: `$1` is how many, `$2`
/// after how many. It reads neighbouring entries of one index. Without a log-in there is none of
/// a tag under which everything is for members.
pub const fn sql(member: bool) -> &'static str {
    if member {
        "select substr(scope, 5) as tag, cast(sum(count) as bigint) as articles from tallies \
         where substr(scope, 1, 4) = 'tag:' group by scope order by scope limit $1 offset $2"
    } else {
        "select substr(scope, 5) as tag, count as articles from tallies \
         where substr(scope, 1, 4) = 'tag:' and kind = 'public' order by scope limit $1 offset $2"
    }
}

/// One page of the tags that articles have which the reader may read. What it costs grows with the
/// page's number and not with the number of tags.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &Db, member: bool, page: u32, now: Timestamp) -> sqlx::Result<TagList> {
    #[derive(FromRow)]
    struct Row {
        tag: String,
        articles: i64,
    }
    let cut = Cut::up_to(LAST_PAGE_OF_TAGS, page, TAGS_PER_PAGE);
    let mut rows: Vec<Row> = reading!(db, |pool| {
        sqlx::query_as(sql(member)).bind(cut.read()).bind(cut.past()).fetch_all(pool).await
    })?;
    let more = cut.trim(&mut rows);
    let later = later(db, member, now).await?;
    let count = |Row { tag, articles }: Row| {
        let articles = articles - later.get(&tag).copied().unwrap_or(0);
        let articles = u64::try_from(articles).ok().filter(|articles| *articles > 0)?;
        Some(TagCount { tag, articles })
    };
    Ok(TagList { tags: rows.into_iter().filter_map(count).collect(), page: cut.page, more })
}

/// How many articles under each tag are yet to appear: the few that are scheduled.
async fn later(db: &Db, member: bool, now: Timestamp) -> sqlx::Result<HashMap<String, i64>> {
    const LATER: &str = "select t.tag, count(*) from articles a join article_tags t on t.article_id = a.id \
         where a.status = 'published' and a.published_at > $1 and (a.visibility = 'public' or $2) \
         group by t.tag";
    let rows: Vec<(String, i64)> =
        reading!(db, |pool| sqlx::query_as(LATER).bind(now).bind(member).fetch_all(pool).await)?;
    Ok(rows.into_iter().collect())
}
