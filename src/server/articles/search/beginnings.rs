//! Beginnings of words on SQLite. Of those that have an index FTS5 reads the newest articles alone,
//! as it does of a word. Of all others it gathers every article of every word that begins so,
//! however few are taken; so the words are named to it instead, unless they are very many.

use sqlx::SqlitePool;

/// How many letters the beginnings have that are in an index: see `migrations/sqlite/`.
const INDEXED: std::ops::RangeInclusive<usize> = 3..=4;

/// So many words are named: each is looked up for itself, five times in a search. With more of
/// them that costs as much as to gather what they all have.
const MOST_NAMED: i64 = 32;

/// What FTS5 is asked for in place of the beginning of a word; `None` when no word begins so.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn in_fts5(readers: &SqlitePool, beginning: &str) -> sqlx::Result<Option<String>> {
    let gathered = format!("\"{beginning}\"*");
    if INDEXED.contains(&beginning.chars().count()) {
        return Ok(Some(gathered));
    }
    let words = that_begin_so(readers, beginning).await?;
    if words.len() > usize::try_from(MOST_NAMED).unwrap_or(0) {
        return Ok(Some(gathered));
    }
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    Ok((!words.is_empty()).then(|| format!("({})", words.join(" OR "))))
}

/// The words of all articles that begin so, at most one more than [`MOST_NAMED`].
async fn that_begin_so(readers: &SqlitePool, beginning: &str) -> sqlx::Result<Vec<String>> {
    // A row of the table is one place of one word. So from each word a search leads to the next,
    // past all its other places: no word has a character before the space in it.
    const WORDS: &str = "with recursive words (word, place) as ( \
         select (select term from search_terms where term >= $1 and term < $2 order by term limit 1), 1 \
         union all select (select term from search_terms where term >= word || char(1) and term < $2 \
         order by term limit 1), place + 1 from words where word is not null and place <= $3) \
         select word from words where word is not null";
    let behind_all = format!("{beginning}{}", char::MAX);
    let query = sqlx::query_scalar(WORDS).bind(beginning).bind(behind_all).bind(MOST_NAMED);
    query.fetch_all(readers).await
}
