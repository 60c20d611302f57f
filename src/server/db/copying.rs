//! Everything that is in one database, copied into an empty one: the way from SQLite to PostgreSQL
//! for a site that outgrows one machine, and back.
//!
//! An export takes along texts and pictures, for any program to read. After this it is the same
//! site: with passwords and second factors, sessions, earlier versions, comments and the bin.

use anyhow::{Context, bail, ensure};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, QueryBuilder, Row, Type};
use uuid::Uuid;

use super::{Db, Tx, within};
use crate::server::articles::search;

/// All that a site has, whoever is referred to before whoever refers to it. What is not here is made
/// by the schema (`roles`) or out of what is here (the index of words).
pub const TABLES: [&str; 36] = [
    USERS,
    "user_roles",
    "usernames",
    "addresses",
    "undo_links",
    "account_tokens",
    "invitations",
    "pending_registrations",
    "sessions",
    "pending_log_ins",
    "authenticators",
    "authenticator_setups",
    "recovery_codes",
    "passkeys",
    "passkey_challenges",
    "security_events",
    "audit_log",
    "attempts",
    "outbox",
    SITE_KEY,
    "articles",
    "article_slugs",
    "article_tags",
    "tallies",
    "weeks",
    "working_copies",
    "revisions",
    "images",
    "article_images",
    "revision_images",
    "image_leftovers",
    "follows",
    "favorites",
    "favorite_tallies",
    "comments",
    "comment_reports",
];

/// Without a row nobody has written anything: a new file, made because an address was mistyped.
const USERS: &str = "users";

/// Has a row as soon as a site was served from a database, if only to see whether it can be.
const SITE_KEY: &str = "site_key";

/// Columns of `articles` for the index of words, which is made anew: the engines have their own.
const OF_THE_INDEX: [&str; 2] = ["in_index", "words"];

/// How many rows are written by one statement: SQLite takes 32,766 values in one, PostgreSQL
/// 65,535, and no table has fifty columns.
const ROWS: usize = 500;

/// How many bytes of text wait to be written: an article with its HTML may have megabytes.
const BYTES: usize = 4 * 1024 * 1024;

/// Copies all of it, or nothing. What is written meanwhile is not seen. Tells of each table, when it
/// is done, how many rows it had.
///
/// # Errors
/// When there is something in the other database already; when either cannot be read or written.
pub async fn copy(from: &Db, to: &Db, mut told: impl FnMut(&str, u64)) -> anyhow::Result<()> {
    let mut into = to.begin().await?;
    let mut from = from.snapshot().await?;
    for tx in [&mut from, &mut into] {
        tx.take_long().await?;
    }
    refuse_unless_empty(&mut into).await?;
    within!(&mut into, |c| sqlx::query("delete from site_key").execute(c).await.map(|_| ()))?;
    for table in TABLES {
        let rows = copy_table(&mut from, &mut into, table).await;
        let rows = rows.with_context(|| format!("cannot copy the table {table}"))?;
        ensure!(table != USERS || rows > 0, "nobody has an account where DATABASE_URL leads");
        told(table, rows);
    }
    index(&mut from, &mut into).await.context("cannot index the articles")?;
    into.commit().await?;
    to.analyze().await.context("cannot measure the tables")
}

async fn refuse_unless_empty(into: &mut Tx) -> anyhow::Result<()> {
    for table in TABLES.into_iter().filter(|table| *table != SITE_KEY) {
        let count = AssertSqlSafe(format!("select count(*) from {table}"));
        let rows: i64 = within!(&mut *into, |c| sqlx::query_scalar(count).fetch_one(c).await)?;
        if rows > 0 {
            bail!(
                "the other database is not empty: it has rows in {table}; copy into a new one, \
                 which nothing was written to"
            );
        }
    }
    Ok(())
}

/// Those that are in the index there, deleted ones among them: who takes one back does not put it in.
async fn index(from: &mut Tx, into: &mut Tx) -> anyhow::Result<()> {
    const INDEXED: &str = "select id from articles where in_index";
    let indexed: Vec<Uuid> = within!(from, |c| sqlx::query_scalar(INDEXED).fetch_all(c).await)?;
    for article in indexed {
        search::put_in(into, article).await?;
    }
    Ok(())
}

async fn copy_table(from: &mut Tx, into: &mut Tx, table: &str) -> anyhow::Result<u64> {
    let (names, kinds): (Vec<String>, Vec<Kind>) = columns(from, table).await?.into_iter().unzip();
    let names = names.join(", ");
    let select = AssertSqlSafe(format!("select {names} from {table}"));
    let insert = format!("insert into {table} ({names}) ");
    let mut copied = 0;
    let mut waiting = Waiting::default();
    within!(from, |c| {
        let mut rows = sqlx::query(select).fetch(c);
        while let Some(row) = rows.try_next().await? {
            waiting.add(values(&row, &kinds)?);
            if waiting.is_enough() {
                copied += write(into, &insert, &mut waiting).await?;
            }
        }
    });
    copied += write(into, &insert, &mut waiting).await?;
    Ok(copied)
}

/// The names and types of the columns, as the steps of the schema declare them.
async fn columns(tx: &mut Tx, table: &str) -> anyhow::Result<Vec<(String, Kind)>> {
    const ON_SQLITE: &str = "select name, type from pragma_table_info($1) order by cid";
    const ON_POSTGRES: &str = "select column_name::text, data_type::text \
         from information_schema.columns \
         where table_schema = current_schema() and table_name = $1 order by ordinal_position";
    let declared: Vec<(String, String)> = match tx {
        Tx::Sqlite(tx) => sqlx::query_as(ON_SQLITE).bind(table).fetch_all(&mut **tx).await?,
        Tx::Postgres(tx) => sqlx::query_as(ON_POSTGRES).bind(table).fetch_all(&mut **tx).await?,
    };
    ensure!(!declared.is_empty(), "there is no such table");
    let copied = declared.into_iter().filter(|(name, _)| !OF_THE_INDEX.contains(&name.as_str()));
    copied.map(|(name, declared)| Ok((name, Kind::declared(&declared)?))).collect()
}

/// The types that both engines know by one name.
#[derive(Clone, Copy)]
enum Kind {
    Uuid,
    Text,
    Boolean,
    Bytea,
    Bigint,
}

impl Kind {
    /// SQLite writes those that it knows itself in capitals.
    fn declared(name: &str) -> anyhow::Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "uuid" => Kind::Uuid,
            "text" => Kind::Text,
            "boolean" => Kind::Boolean,
            "bytea" => Kind::Bytea,
            "bigint" => Kind::Bigint,
            other => bail!("a column has the type {other}, which is not copied"),
        })
    }
}

/// What stands in a column, or nothing.
enum Value {
    Uuid(Option<Uuid>),
    Text(Option<String>),
    Boolean(Option<bool>),
    Bytea(Option<Vec<u8>>),
    Bigint(Option<i64>),
}

impl Value {
    fn bytes(&self) -> usize {
        match self {
            Value::Text(text) => text.as_ref().map_or(0, String::len),
            Value::Bytea(bytes) => bytes.as_ref().map_or(0, Vec::len),
            Value::Uuid(_) | Value::Boolean(_) | Value::Bigint(_) => 0,
        }
    }
}

fn values<'r, R: Row>(row: &'r R, kinds: &[Kind]) -> sqlx::Result<Vec<Value>>
where
    usize: ColumnIndex<R>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let value = |(n, kind): (usize, &Kind)| {
        Ok(match kind {
            Kind::Uuid => Value::Uuid(row.try_get(n)?),
            Kind::Text => Value::Text(row.try_get(n)?),
            Kind::Boolean => Value::Boolean(row.try_get(n)?),
            Kind::Bytea => Value::Bytea(row.try_get(n)?),
            Kind::Bigint => Value::Bigint(row.try_get(n)?),
        })
    };
    kinds.iter().enumerate().map(value).collect()
}

/// Rows that were read and are not written yet.
#[derive(Default)]
struct Waiting {
    rows: Vec<Vec<Value>>,
    bytes: usize,
}

impl Waiting {
    fn add(&mut self, row: Vec<Value>) {
        self.bytes += row.iter().map(Value::bytes).sum::<usize>();
        self.rows.push(row);
    }

    fn is_enough(&self) -> bool {
        self.rows.len() >= ROWS || self.bytes >= BYTES
    }
}

/// Writes the rows that wait; says how many they were.
async fn write(into: &mut Tx, insert: &str, waiting: &mut Waiting) -> sqlx::Result<u64> {
    let Waiting { rows, .. } = std::mem::take(waiting);
    if rows.is_empty() {
        return Ok(0);
    }
    within!(into, |c| {
        let mut statement = QueryBuilder::new(insert);
        statement.push_values(rows, |mut row, values| {
            for value in values {
                match value {
                    Value::Uuid(value) => row.push_bind(value),
                    Value::Text(value) => row.push_bind(value),
                    Value::Boolean(value) => row.push_bind(value),
                    Value::Bytea(value) => row.push_bind(value),
                    Value::Bigint(value) => row.push_bind(value),
                };
            }
        });
        // Each has another number of rows: none is worth being remembered.
        let written = statement.build().persistent(false).execute(c).await;
        written.map(|written| written.rows_affected())
    })
}
