//! Which articles have the words, and how good each is: a statement for either engine.

use serde_json::{Value, json};
use sqlx::{PgPool, SqlitePool};
use uuid::Uuid;

use super::{beginnings, words::Wanted};
use crate::{
    domain::search::MOST,
    server::{clock::Timestamp, db::Db},
};

/// What one word counts in each column of the index on SQLite, where it is not in the text alone:
/// a word in the title outweighs any number of them in the text.
const WEIGHTS: [(&str, u32); 4] =
    [("title", 1000), ("tags", 100), ("description", 10), ("often", 3)];

/// The statement for SQLite: `$1` is what to look for, `$2` whether a member asks, `$3` how many,
/// `$4` what time it is, `$5` what makes a hit better and by how much.
///
/// The words' rows come by themselves from the newest on, and no more of them are ranked than are
/// taken. FTS5 has `bm25` for that, which counts all articles that have each word, however few are
/// ranked: 100,000 of them took four times as long as 1,000.
pub const IN_SQLITE: &str = "with found as materialized ( \
     select r.id as place, a.id, a.published_at \
     from search_words cross join search_rows r on r.id = search_words.rowid \
     cross join articles a indexed by articles_seen_by on a.id = r.article_id \
     where search_words match $1 and a.status = 'published' and (a.visibility = 'public' or $2) \
     and a.published_at <= $4 order by search_words.rowid desc limit $3), \
     better as materialized ( \
     select s.rowid as place, sum(w.value ->> 1) as score \
     from json_each($5) w cross join search_words s \
     where s.search_words match w.value ->> 0 and s.rowid >= (select min(place) from found) \
     group by s.rowid) \
     select f.id, f.published_at, cast(coalesce(b.score, 0) as real) as score \
     from found f left join better b on b.place = f.place";

/// The same for PostgreSQL, from the index of words: it gathers and sorts all that have them. Its
/// weights, from the text to the title: 0.1, 0.2, 0.4 and 1.
pub const IN_POSTGRES: &str = "select k.id, k.published_at, cast(ts_rank(k.words, cast($1 as tsquery)) as double precision) as score \
     from (select id, published_at, words from articles where words @@ cast($1 as tsquery) \
     and status = 'published' and (visibility = 'public' or $2) and published_at <= $4 \
     order by published_at desc, id desc limit $3) k";

/// The same from the newest on, looking at no more than `$5`: less work where most have the words.
const AMONG_THE_NEWEST: &str = "select n.id, n.published_at, cast(ts_rank(n.words, cast($1 as tsquery)) as double precision) as score \
     from (select id, published_at, words from articles \
     where status = 'published' and (visibility = 'public' or $2) and published_at <= $4 \
     order by published_at desc, id desc limit $5) n where n.words @@ cast($1 as tsquery) limit $3";

/// How many of the newest `$3` have the words.
const HOW_MANY: &str = "select count(*) from (select words from articles \
     where status = 'published' and (visibility = 'public' or $4) and published_at <= $2 \
     order by published_at desc, id desc limit $3) n where n.words @@ cast($1 as tsquery)";

/// So many of the newest articles tell whether words are common: enough to be of use, and few
/// enough to cost nothing.
const TELLING: i64 = 64;

/// No more of the newest are looked through for words that most of those have: what was on
/// everybody's lips last week may have been on nobody's before.
const LOOKED_THROUGH: i64 = 4 * WANTED;

/// One more than are shown tells that there are more.
const WANTED: i64 = MOST as i64 + 1;

/// The keys of the newest articles that have all the words, at most one more than [`MOST`], the
/// best first. So what a search costs has an end, however common its words are.
pub(super) async fn matches(
    db: &Db,
    wanted: &Wanted,
    member: bool,
    now: Timestamp,
) -> sqlx::Result<Vec<Uuid>> {
    let mut found = match db {
        Db::Sqlite { readers, .. } => {
            // As it is the last word finds enough, if it is common: all the words that begin with
            // it are sought where it does not.
            let words = each_in_fts5(wanted);
            let whole = in_sqlite(readers, &words, member, now).await?;
            if wanted.ends_open() && whole.len() <= MOST as usize {
                begun_in_sqlite(readers, wanted, words, member, now).await?
            } else {
                whole
            }
        }
        Db::Postgres(pool) => in_postgres(pool, wanted, member, now).await?,
    };
    // Of those that are as good the newest comes first.
    found.sort_by(|a: &Match, b| b.2.total_cmp(&a.2).then_with(|| (b.1, b.0).cmp(&(a.1, a.0))));
    Ok(found.into_iter().map(|(key, ..)| key).collect())
}

/// An article's key, when it was published, and how good it is.
type Match = (Uuid, Timestamp, f64);

/// What is in the index on SQLite.
async fn in_sqlite(
    readers: &SqlitePool,
    words: &[String],
    member: bool,
    now: Timestamp,
) -> sqlx::Result<Vec<Match>> {
    let query = sqlx::query_as(IN_SQLITE).bind(words.join(" AND ")).bind(member);
    query.bind(WANTED).bind(now).bind(better(words).to_string()).fetch_all(readers).await
}

/// The same, where the last word may be the beginning of one.
async fn begun_in_sqlite(
    readers: &SqlitePool,
    wanted: &Wanted,
    mut words: Vec<String>,
    member: bool,
    now: Timestamp,
) -> sqlx::Result<Vec<Match>> {
    let Some((last, beginning)) = words.last_mut().zip(wanted.words().last()) else {
        return Ok(Vec::new());
    };
    let Some(all) = beginnings::in_fts5(readers, beginning).await? else { return Ok(Vec::new()) };
    *last = all;
    in_sqlite(readers, &words, member, now).await
}

/// The same on PostgreSQL, which knows too little of words to choose between its two ways, and may
/// take one for all once it has prepared a statement. So none is kept prepared.
async fn in_postgres(
    pool: &PgPool,
    wanted: &Wanted,
    member: bool,
    now: Timestamp,
) -> sqlx::Result<Vec<Match>> {
    let words = all_in_tsquery(wanted);
    let telling = sqlx::query_scalar(HOW_MANY).bind(&words).bind(now).bind(TELLING).bind(member);
    let common: i64 = telling.persistent(false).fetch_one(pool).await?;
    if common > TELLING / 2 {
        let query = sqlx::query_as(AMONG_THE_NEWEST).bind(&words).bind(member).bind(WANTED);
        let query = query.bind(now).bind(LOOKED_THROUGH).persistent(false);
        let found: Vec<Match> = query.fetch_all(pool).await?;
        if found.len() > MOST as usize {
            return Ok(found);
        }
    }
    let query = sqlx::query_as(IN_POSTGRES).bind(&words).bind(member).bind(WANTED).bind(now);
    query.persistent(false).fetch_all(pool).await
}

/// `"fog"` and `"harbour"`. The words are letters and digits alone ([`super::words`]), and quoted
/// besides.
fn each_in_fts5(wanted: &Wanted) -> Vec<String> {
    wanted.words().iter().map(|word| format!("\"{word}\"")).collect()
}

/// What makes a hit better, and by how much: a word, where it counts more. The other words stand
/// beside it, so that FTS5 passes over those that have not all of them.
fn better(words: &[String]) -> Value {
    let mut better = Vec::new();
    for (at, word) in words.iter().enumerate() {
        for (column, weight) in WEIGHTS {
            let mut all = words.to_vec();
            all[at] = format!("{column} : {word}");
            better.push(json!([all.join(" AND "), weight]));
        }
    }
    better.into()
}

/// `'fog' & 'harb':*`.
fn all_in_tsquery(wanted: &Wanted) -> String {
    let words: Vec<String> = wanted.words().iter().map(|word| format!("'{word}'")).collect();
    words.join(" & ") + if wanted.ends_open() { ":*" } else { "" }
}
