//! The database: the file that knows that there are two engines, with what copies one into the
//! other. Only full-text search, in `articles/search*`, knows it as well, and one statement of
//! `articles/chosen.rs`.
//!
//! SQL is written once, in what SQLite and PostgreSQL share: `$1` placeholders, `returning`,
//! `on conflict`, partial indexes, and the types `uuid`, `text`, `boolean`, `bytea` and
//! `bigint`. [`reading!`], [`writing!`] and [`within!`] expand one expression for each.

pub mod copying;

use std::{str::FromStr, time::Duration};

use anyhow::{Context, bail};
use sqlx::{
    ConnectOptions, Connection, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::articles::search;

/// The steps of the schema that both engines share. One that they cannot share stands in both
/// folders below, under one number, and not here: together they are one row of steps.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");
static ON_SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static ON_POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");

/// SQLite before 3.51.3 can corrupt a WAL database when a checkpoint meets a writer.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// How long a request may wait for a connection: longer than any query takes, short enough
/// that a person still sees an answer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is believed to be there: under load none is asked for each statement,
/// and after a restart of the database none that is dead is used.
pub const TRUSTED: Duration = Duration::from_millis(100);

/// The database, whichever it is.
#[derive(Clone, Debug)]
pub enum Db {
    /// A file. SQLite has one writer at a time: one connection writes, the others read.
    Sqlite {
        /// Connections that cannot write.
        readers: SqlitePool,
        /// The one that can.
        writer: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

/// A transaction that may write. Dropped without [`Tx::commit`], it never happened.
#[derive(Debug)]
pub enum Tx {
    /// Begun `immediate`: it waits for the write lock now, not at its first write.
    Sqlite(Transaction<'static, Sqlite>),
    /// Read committed.
    Postgres(Transaction<'static, Postgres>),
}

/// Runs an expression that only reads: `reading!(db, |pool| query(…).fetch_one(pool).await)`.
macro_rules! reading {
    ($db:expr, |$pool:ident| $body:expr) => {
        match $db {
            $crate::server::db::Db::Sqlite { readers: $pool, .. } => $body,
            $crate::server::db::Db::Postgres($pool) => $body,
        }
    };
}

/// Runs an expression of one statement that writes.
macro_rules! writing {
    ($db:expr, |$pool:ident| $body:expr) => {
        match $db {
            $crate::server::db::Db::Sqlite { writer: $pool, .. } => $body,
            $crate::server::db::Db::Postgres($pool) => $body,
        }
    };
}

/// Runs an expression inside a transaction: `within!(tx, |c| query(…).execute(c).await)`.
macro_rules! within {
    ($tx:expr, |$connection:ident| $body:expr) => {
        match $tx {
            $crate::server::db::Tx::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::server::db::Tx::Postgres(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}

pub(crate) use {reading, within, writing};

impl Db {
    /// Opens the database that `DATABASE_URL` names; a SQLite file is created, readable by
    /// its owner alone, when it is not there.
    ///
    /// # Errors
    /// One sentence that says what cannot be reached or written.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        match url.split(':').next().unwrap_or_default() {
            "sqlite" => Self::open_sqlite(url).await,
            "postgres" | "postgresql" => Self::open_postgres(url).await,
            other => bail!(
                "the address of a database must begin with sqlite:// or postgres://, not with {other:?} \
                 (DATABASE_URL, or where a copy goes)"
            ),
        }
    }

    async fn open_sqlite(url: &str) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::from_str(url)
            .context("DATABASE_URL is not a SQLite address such as sqlite://byline.db")?
            .journal_mode(SqliteJournalMode::Wal)
            // `normal` loses the last commits when the power fails; `full` loses none.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // No `optimize`: each statement is written for an index, and SQLite left that index
            // when its statistics were from a time when the site was small.
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging();
        let file = options.get_filename().to_owned();
        create_private(&file)
            .with_context(|| format!("cannot write the database file {}", file.display()))?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            // A file does not hang up.
            .test_before_acquire(false)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.clone())
            .await
            .with_context(|| format!("cannot open the database file {}", file.display()))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(8)
            .test_before_acquire(false)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.pragma("query_only", "on"))
            .await
            .with_context(|| format!("cannot open the database file {}", file.display()))?;
        let version: String =
            sqlx::query_scalar("select sqlite_version()").fetch_one(&readers).await?;
        if parse_version(&version) < OLDEST_SQLITE {
            bail!("SQLite {version} can corrupt its own files; 3.51.3 or later is needed");
        }
        Ok(Self::Sqlite { readers, writer })
    }

    async fn open_postgres(url: &str) -> anyhow::Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .context(
                "DATABASE_URL is not a PostgreSQL address such as postgres://user@host/byline",
            )?
            .application_name("byline")
            // Half-open connections and runaway statements end by themselves.
            .options([("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "30s")])
            .disable_statement_logging();
        let place = format!("{}:{}", options.get_host(), options.get_port());
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // One that was used a moment ago is not asked whether it is there.
            .test_before_acquire(false)
            .before_acquire(|connection, used| {
                Box::pin(async move {
                    if used.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await
            .with_context(|| format!("cannot reach PostgreSQL at {place} (from DATABASE_URL)"))?;
        Ok(Self::Postgres(pool))
    }

    /// Brings the schema up to what this program knows, and what is searched with it.
    ///
    /// # Errors
    /// Says so when the schema is newer than the program.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        let done = match self {
            Db::Sqlite { writer, .. } => with_shared(&ON_SQLITE).run(writer).await,
            Db::Postgres(pool) => with_shared(&ON_POSTGRES).run(pool).await,
        };
        match done {
            Ok(()) => search::catch_up(self).await.context("cannot index the articles"),
            Err(MigrateError::VersionMissing(version)) => bail!(
                "the database was written by a newer Byline (its schema has step {version}, which this program does not know); \
                 run that version or restore a backup"
            ),
            Err(other) => Err(other).context("cannot bring the database schema up to date"),
        }
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        Ok(match self {
            Db::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("begin immediate").await?),
            Db::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that only reads, and sees everything as it is now however long it takes.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn snapshot(&self) -> sqlx::Result<Tx> {
        const AS_IT_IS: &str = "begin isolation level repeatable read, read only";
        Ok(match self {
            Db::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Db::Postgres(pool) => Tx::Postgres(pool.begin_with(AS_IT_IS).await?),
        })
    }

    /// Lets PostgreSQL see how much there is now of what, where much was written at once: until it
    /// does, it reads whole tables. SQLite goes by its indexes.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn analyze(&self) -> sqlx::Result<()> {
        match self {
            Db::Sqlite { .. } => Ok(()),
            Db::Postgres(pool) => sqlx::query("analyze").execute(pool).await.map(|_| ()),
        }
    }

    /// Finishes what is under way and closes; a SQLite file is left without its WAL.
    pub async fn close(&self) {
        match self {
            Db::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }

    /// Whether a statement can be run now.
    ///
    /// # Errors
    /// Why it cannot.
    pub async fn ping(&self) -> sqlx::Result<()> {
        reading!(self, |pool| sqlx::query("select 1").execute(pool).await.map(|_| ()))
    }
}

impl Tx {
    /// Lets a transaction have statements and pauses as long as they take.
    ///
    /// # Errors
    /// When it is over already.
    pub async fn take_long(&mut self) -> sqlx::Result<()> {
        const NO_LIMITS: [&str; 2] = [
            "set local statement_timeout = 0",
            "set local idle_in_transaction_session_timeout = 0",
        ];
        let Tx::Postgres(tx) = self else { return Ok(()) };
        for statement in NO_LIMITS {
            sqlx::query(statement).execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// # Errors
    /// When the database could not make it last.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await,
            Tx::Postgres(tx) => tx.commit().await,
        }
    }
}

/// All steps for one engine, in their order.
fn with_shared(own: &Migrator) -> Migrator {
    Migrator::with_migrations(MIGRATIONS.iter().chain(own.iter()).cloned().collect())
}

/// The unique index or constraint that a statement ran into, if it did: its name from
/// PostgreSQL, `table.column` from SQLite, which says `UNIQUE constraint failed: table.column`.
pub fn violated(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error().filter(|error| error.is_unique_violation())?;
    error.constraint().or_else(|| error.message().split(": ").nth(1)).map(str::to_owned)
}

/// Whether a statement did what it was to do, where it may run into a unique index. PostgreSQL
/// takes no more statements in a transaction in which one did.
///
/// # Errors
/// What else went wrong.
pub fn unless_violated(done: sqlx::Result<()>) -> sqlx::Result<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(error) if violated(&error).is_some() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the database cannot be had just now: out of reach, stopping, starting, or with no
/// connection to spare. The statement may be a good one and worth another try.
pub fn is_away(error: &sqlx::Error) -> bool {
    /// PostgreSQL's admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections
    /// and deadlock_detected; SQLite's SQLITE_BUSY, when another program holds the file.
    const CODES: [&str; 6] = ["57P01", "57P02", "57P03", "53300", "40P01", "5"];
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| CODES.contains(&code.as_ref()))
        }
        _ => false,
    }
}

/// Makes the file before SQLite does, so that it is never readable by others (ASVS 13.2.2).
fn create_private(file: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file).map(|_| ())
}

fn parse_version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}
