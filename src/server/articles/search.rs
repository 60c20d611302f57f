//! Search: the articles that have all the words that somebody types, the best first.
//!
//! Searching in texts is what the two engines have nothing in common for: SQLite has FTS5,
//! PostgreSQL its `tsvector`. So [`keep`] and [`matching`] ask which engine it is, as few others
//! do; their steps of the schema are apart too, in `migrations/sqlite/` and
//! `migrations/postgres/`. Both get the same folded [`words`], so both find the same.
//!
//! The index says what has the words and never what may be seen: that the article's own row says,
//! in the statement that finds it, and once more in the one that reads it.

mod beginnings;
mod excerpt;
pub mod matching;
pub mod plain;
pub mod words;

use std::collections::HashMap;

use sqlx::{FromRow, Sqlite, Transaction};
use uuid::Uuid;

use self::{
    excerpt::{mark, snippet},
    matching::matches,
    plain::text_of,
    words::{Wanted, folded},
};
use super::lists::PreviewRow;
use crate::{
    domain::{
        field::{Field, check_length},
        page::{PER_PAGE, pages_of},
        search::{Found, Hit, MOST},
    },
    error::Error,
    server::{
        clock::Timestamp,
        db::{Db, Tx, reading, within},
        failure::Failure,
    },
};

/// As much of a text is found, in bytes of its folded words. PostgreSQL refuses a `tsvector`
/// beyond 1 MiB, and with places and padding a word takes up to twice its length.
const MOST_OF_A_TEXT: usize = 400_000;

/// A text says a word often that it says so many times.
const OFTEN: u32 = 3;

/// What an article is found by: folded words.
#[derive(Clone, Debug)]
pub struct FoundBy {
    title: String,
    tags: String,
    description: String,
    text: String,
    /// Those of the text that it says often, each once.
    often: String,
}

impl FoundBy {
    /// Of an article as it is stored, in a thread of its own: the longest takes as long as to
    /// render it.
    ///
    /// # Errors
    /// When that thread panicked.
    pub async fn new(
        title: String,
        tags: &[String],
        description: String,
        html: String,
    ) -> anyhow::Result<Self> {
        let tags = tags.join(" ");
        let fold = |text: &str| folded(text, MOST_OF_A_TEXT);
        let folding = tokio::task::spawn_blocking(move || {
            let text = fold(&text_of(&html));
            Self {
                title: fold(&title),
                tags: fold(&tags),
                description: fold(&description),
                often: said_often(&text),
                text,
            }
        });
        Ok(folding.await?)
    }

    /// As PostgreSQL writes it: each word with its places, and their weight.
    fn to_tsvector(&self) -> String {
        /// The greatest that PostgreSQL counts to.
        const LAST_PLACE: usize = 16_383;
        let fields = [(&self.title, 'A'), (&self.tags, 'B'), (&self.description, 'C')];
        let all = fields.into_iter().chain([(&self.text, 'D')]);
        let words = all.flat_map(|(text, weight)| {
            text.split(' ').filter(|word| !word.is_empty()).map(move |word| (word, weight))
        });
        let places = words.zip(1..).map(|((word, weight), place): (_, usize)| {
            format!("'{word}':{}{weight} ", place.min(LAST_PLACE))
        });
        places.collect()
    }
}

fn said_often(folded: &str) -> String {
    let mut times = HashMap::<&str, u32>::new();
    let mut often = Vec::new();
    for word in folded.split(' ') {
        let so_far = times.entry(word).or_default();
        *so_far += 1;
        if *so_far == OFTEN {
            often.push(word);
        }
    }
    often.join(" ")
}

/// Puts an article's words into the index, in place of those that it had; with none it is found
/// no more.
///
/// # Errors
/// When the database cannot be written.
pub async fn keep(tx: &mut Tx, article: Uuid, found_by: Option<&FoundBy>) -> sqlx::Result<()> {
    const KEEP: &str =
        "update articles set words = cast($2 as tsvector), in_index = $3 where id = $1";
    match tx {
        Tx::Sqlite(tx) => keep_in_sqlite(tx, article, found_by).await,
        Tx::Postgres(tx) => sqlx::query(KEEP)
            .bind(article)
            .bind(found_by.map(FoundBy::to_tsvector))
            .bind(found_by.is_some())
            .execute(&mut **tx)
            .await
            .map(|_| ()),
    }
}

async fn keep_in_sqlite(
    tx: &mut Transaction<'static, Sqlite>,
    article: Uuid,
    found_by: Option<&FoundBy>,
) -> sqlx::Result<()> {
    const MARK: &str = "update articles set in_index = $2 where id = $1";
    // The trigger takes its words out.
    const FORGET: &str = "delete from search_rows where article_id = $1";
    const ROW: &str = "insert into search_rows (article_id) values ($1) \
         on conflict (article_id) do update set article_id = excluded.article_id returning id";
    const CLEAR: &str = "delete from search_words where rowid = $1";
    const KEEP: &str = "insert into search_words (rowid, title, tags, description, often, body) \
         values ($1, $2, $3, $4, $5, $6)";
    sqlx::query(MARK).bind(article).bind(found_by.is_some()).execute(&mut **tx).await?;
    let Some(FoundBy { title, tags, description, text, often }) = found_by else {
        return sqlx::query(FORGET).bind(article).execute(&mut **tx).await.map(|_| ());
    };
    let row: i64 = sqlx::query_scalar(ROW).bind(article).fetch_one(&mut **tx).await?;
    sqlx::query(CLEAR).bind(row).execute(&mut **tx).await?;
    sqlx::query(KEEP)
        .bind(row)
        .bind(title)
        .bind(tags)
        .bind(description)
        .bind(often)
        .bind(text)
        .execute(&mut **tx)
        .await
        .map(|_| ())
}

/// Puts into the index what was published before there was one.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn catch_up(db: &Db) -> anyhow::Result<()> {
    const WAITING: &str = "select id from articles where status = 'published' and not in_index \
         order by published_at, id limit 100";
    loop {
        let waiting: Vec<Uuid> =
            reading!(db, |pool| sqlx::query_scalar(WAITING).fetch_all(pool).await)?;
        if waiting.is_empty() {
            return Ok(());
        }
        let mut tx = db.begin().await?;
        for article in waiting {
            put_in(&mut tx, article).await?;
        }
        tx.commit().await?;
    }
}

/// Puts an article's words into the index, if it is there.
///
/// # Errors
/// When the database cannot be written.
pub async fn put_in(tx: &mut Tx, article: Uuid) -> anyhow::Result<()> {
    // A write that changes nothing: whoever saves the article waits, or is waited for.
    const HOLD: &str = "update articles set in_index = in_index where id = $1 \
         returning title, description, html";
    const TAGS: &str = "select tag from article_tags where article_id = $1 order by position";
    let held: Option<(String, String, String)> =
        within!(&mut *tx, |c| sqlx::query_as(HOLD).bind(article).fetch_optional(c).await)?;
    let Some((title, description, html)) = held else { return Ok(()) };
    let tags: Vec<String> =
        within!(&mut *tx, |c| sqlx::query_scalar(TAGS).bind(article).fetch_all(c).await)?;
    let found_by = FoundBy::new(title, &tags, description, html).await?;
    Ok(keep(tx, article, Some(&found_by)).await?)
}

/// One page of the articles that have all the words, for a member or for a stranger.
///
/// # Errors
/// [`Error::Invalid`] when more was typed than anybody types.
pub async fn find(
    db: &Db,
    typed: &str,
    member: bool,
    page: u32,
    now: Timestamp,
) -> Result<Found, Failure> {
    let typed = typed.trim();
    check_length(Field::Q, typed).map_err(|p| Error::Invalid(vec![(Field::Q, p)]))?;
    let wanted = Wanted::parse(typed);
    let mut keys = if wanted.words().is_empty() {
        Vec::new()
    } else {
        matches(db, &wanted, member, now).await?
    };
    let most = MOST as usize;
    let more = keys.len() > most;
    keys.truncate(most);
    let total = u32::try_from(keys.len()).unwrap_or(MOST);
    let pages = pages_of(u64::from(total), PER_PAGE);
    let page = page.max(1);
    let before = (page as usize - 1).saturating_mul(PER_PAGE as usize);
    let mut rows = Vec::new();
    for key in keys.into_iter().skip(before).take(PER_PAGE as usize) {
        rows.extend(read(db, key, member, now).await?);
    }
    let showing = tokio::task::spawn_blocking(move || {
        rows.into_iter().map(|row| row.into_hit(&wanted)).collect()
    });
    let hits = showing.await.map_err(anyhow::Error::from)?;
    Ok(Found { hits, page, pages, total, more })
}

#[derive(FromRow)]
struct HitRow {
    html: String,
    #[sqlx(flatten)]
    preview: PreviewRow,
}

impl HitRow {
    fn into_hit(self, wanted: &Wanted) -> Hit {
        let preview = self.preview.into_preview();
        Hit {
            title: mark(&preview.title, wanted),
            snippet: snippet(&preview.description, &text_of(&self.html), wanted),
            preview,
        }
    }
}

/// What was found, unless it was taken back since.
async fn read(
    db: &Db,
    article: Uuid,
    member: bool,
    now: Timestamp,
) -> sqlx::Result<Option<HitRow>> {
    const READ: &str = "select a.id, a.html, a.slug, a.title, a.description, \
         case when u.leaves_at is null then u.username else 'a former member' end as author, \
         coalesce(a.published_at, a.updated_at) as shown_at, a.minutes, a.visibility, a.status \
         from articles a join users u on u.id = a.author_id \
         where a.id = $1 and a.status = 'published' and (a.visibility = 'public' or $2) \
         and a.published_at <= $3";
    reading!(db, |pool| {
        sqlx::query_as(READ).bind(article).bind(member).bind(now).fetch_optional(pool).await
    })
}
