//! Where sessions are kept: tower-sessions' store and the list of a person's sessions are
//! one table.
//!
//! The stock store keeps the cookie's value in the clear, and its `save` brings a session
//! back that was ended while a request was in flight. Here the table holds SHA-256 of the
//! identifier, and `save` is one `update` that fails when the row is gone: ending a session
//! is deleting its row. [`own`] is what a person sees of it.

pub mod device;
pub mod own;
pub mod standing;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fmt,
    time::Duration,
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower_sessions::{
    Session, SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};
use uuid::Uuid;

use super::{
    clock::{Clock, Timestamp},
    db::{Db, Tx, is_away, reading, within, writing},
    failure::Failure,
};

/// Half a day: a working day with its breaks, and nobody finds it open the next morning.
const IDLE: Duration = Duration::from_secs(12 * 3600);
/// A week, however busy.
const ABSOLUTE: Duration = Duration::from_secs(7 * 24 * 3600);
/// "Keep me logged in": a month without a visit …
const KEPT_IDLE: Duration = Duration::from_secs(30 * 24 * 3600);
/// … and a quarter of a year in any case (ASVS 5.0, 7.3.2).
pub const KEPT_ABSOLUTE: Duration = Duration::from_secs(90 * 24 * 3600);
/// How exact "last seen" is: one write a minute and session, not one a request.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// The key under which [`About`] lies in a session's data.
pub const ABOUT: &str = "about";

/// How surely a person was recognised: the authenticator assurance levels of NIST SP 800-63B.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Aal {
    /// By a password.
    #[default]
    One,
    /// By two factors.
    Two,
}

impl Aal {
    /// As the column `aal` has it.
    pub const fn level(self) -> i64 {
        match self {
            Aal::One => 1,
            Aal::Two => 2,
        }
    }

    /// The reverse of [`Aal::level`]; what this program does not know is no proof of anything
    /// more than a password.
    pub const fn from_level(level: i64) -> Self {
        if level == 2 { Aal::Two } else { Aal::One }
    }
}

/// What the store puts into columns of their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    /// Whose session it is.
    pub user_id: Uuid,
    /// "Keep me logged in" was ticked.
    pub kept: bool,
    /// The browser's `User-Agent`, cut to 200 characters.
    pub user_agent: String,
    /// The network it came from: see [`super::attempts::prefix`].
    pub address_prefix: String,
    /// By how much the person proved who they are when it began.
    #[serde(default)]
    pub aal: Aal,
}

/// tower-sessions' store on the table `sessions`.
#[derive(Clone)]
pub struct Store {
    db: Db,
    clock: Clock,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// A store in that database, by that clock.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }
}

/// Runs an expression of one statement that writes, in the transaction of [`join`] if there is one.
macro_rules! storing {
    ($db:expr, |$executor:ident| $body:expr) => {
        match JOINED.try_with(Cell::take).ok().flatten() {
            Some(mut tx) => {
                let done = within!(&mut tx, |$executor| $body);
                JOINED.with(|joined| joined.set(Some(tx)));
                done
            }
            None => writing!($db, |$executor| $body),
        }
    };
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        const CREATE: &str = "insert into sessions (id_hash, user_id, data, kept, created_at, last_seen_at, \
             authenticated_at, ends_at, absolute_expires_at, user_agent, address_prefix, aal) \
             values ($1, $2, $3, $4, $5, $5, $5, $6, $7, $8, $9, $10) on conflict (id_hash) do nothing";
        let about: Option<About> =
            record.data.get(ABOUT).and_then(|v| serde_json::from_value(v.clone()).ok());
        let kept = about.as_ref().is_some_and(|a| a.kept);
        let aal = about.as_ref().map_or(Aal::One, |a| a.aal);
        let now = self.clock.now();
        let (idle, absolute) = lifetimes(kept);
        let data = encode(&record.data)?;
        let (user_id, user_agent, prefix) = match about {
            Some(about) => (Some(about.user_id), about.user_agent, about.address_prefix),
            None => (None, String::new(), String::new()),
        };
        loop {
            let made = storing!(&self.db, |c| {
                sqlx::query(CREATE)
                    .bind(hash(&record.id))
                    .bind(user_id)
                    .bind(&data)
                    .bind(kept)
                    .bind(now)
                    .bind(now.after(idle.min(absolute)))
                    .bind(now.after(absolute))
                    .bind(&user_agent)
                    .bind(&prefix)
                    .bind(aal.level())
                    .execute(c)
                    .await
                    .map(|done| done.rows_affected())
            })
            .map_err(broken)?;
            if made == 1 {
                noticed(|noticed| {
                    noticed.row.set(Some(record.id));
                    noticed.made.replace(Some(record.clone()));
                });
                return Ok(());
            }
            // An identifier that exists is never taken over.
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        const SAVE: &str = "update sessions set data = $2 where id_hash = $1";
        // What this request has inserted needs no update.
        if noticed(|noticed| noticed.has_made(record)) == Some(true) {
            return Ok(());
        }
        let data = encode(&record.data)?;
        let saved = writing!(&self.db, |pool| {
            sqlx::query(SAVE)
                .bind(hash(&record.id))
                .bind(&data)
                .execute(pool)
                .await
                .map(|done| done.rows_affected())
        })
        .map_err(broken)?;
        if saved == 1 { Ok(()) } else { Err(Error::Backend("the session has ended".into())) }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        const LOAD: &str = "select data, kept, last_seen_at, absolute_expires_at from sessions \
             where id_hash = $1 and ends_at > $2";
        let now = self.clock.now();
        let row: Option<(String, bool, Timestamp, Timestamp)> = reading!(&self.db, |pool| {
            sqlx::query_as(LOAD).bind(hash(id)).bind(now).fetch_optional(pool).await
        })
        .map_err(broken)?;
        let Some((data, kept, last_seen_at, absolute)) = row else { return Ok(None) };
        if now >= last_seen_at.after(SEEN_EVERY) {
            let (idle, _) = lifetimes(kept);
            let ends = now.after(idle).min(absolute);
            // Whoever reads is not shut out because a note about them cannot be written.
            if let Err(error) = self.touch(id, now, ends).await {
                tracing::warn!(%error, "could not note that a session is in use");
            }
        }
        noticed(|noticed| noticed.row.set(Some(*id)));
        let data = serde_json::from_str(&data).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: absolute.to_offset() }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        const DELETE: &str = "delete from sessions where id_hash = $1";
        // A new identifier in place of one that was never stored: there is nothing to delete.
        if noticed(|noticed| noticed.row.get() != Some(*id)) == Some(true) {
            return Ok(());
        }
        storing!(&self.db, |c| sqlx::query(DELETE).bind(hash(id)).execute(c).await.map(|_| ()))
            .map_err(broken)
    }
}

impl Store {
    /// Notes that the session is in use, and lets it live on until then.
    async fn touch(&self, id: &Id, now: Timestamp, ends: Timestamp) -> sqlx::Result<()> {
        const TOUCH: &str =
            "update sessions set last_seen_at = $2, ends_at = $3 where id_hash = $1";
        writing!(&self.db, |pool| {
            sqlx::query(TOUCH).bind(hash(id)).bind(now).bind(ends).execute(pool).await.map(|_| ())
        })
    }
}

/// Throws away the sessions that have ended by themselves.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from sessions where ends_at <= $1";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}

fn lifetimes(kept: bool) -> (Duration, Duration) {
    if kept { (KEPT_IDLE, KEPT_ABSOLUTE) } else { (IDLE, ABSOLUTE) }
}

/// What the table knows a session by. Plain SHA-256 is enough here: the identifier is 128 random bits, not a password.
pub fn hash(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_le_bytes()).to_vec()
}

fn encode(data: &HashMap<String, Value>) -> Result<String> {
    serde_json::to_string(data).map_err(|e| Error::Encode(e.to_string()))
}

fn broken(error: sqlx::Error) -> Error {
    note(&error);
    Error::Backend(error.to_string())
}

/// What a request has noticed of its session.
#[derive(Default)]
struct Noticed {
    /// The database was away when it was asked for. tower-sessions keeps of an error only its
    /// text, and answers each with an empty 500.
    away: Cell<bool>,
    /// The session that has a row.
    row: Cell<Option<Id>>,
    /// The session that was inserted, as it was.
    made: RefCell<Option<Record>>,
}

impl Noticed {
    fn has_made(&self, record: &Record) -> bool {
        let made = self.made.borrow();
        made.as_ref().is_some_and(|made| made.id == record.id && made.data == record.data)
    }
}

tokio::task_local! {
    static NOTICED: Noticed;
    /// The transaction that a session is changed in.
    static JOINED: Cell<Option<Tx>>;
}

/// Answers a request, and tells whether the database was away when its session was asked for.
pub async fn watched<T>(answer: impl Future<Output = T>) -> (T, bool) {
    NOTICED.scope(Noticed::default(), async { (answer.await, database_was_away()) }).await
}

/// Outside of a request nothing is noticed.
fn noticed<T>(what: impl FnOnce(&Noticed) -> T) -> Option<T> {
    NOTICED.try_with(what).ok()
}

/// Notes what kind of error a session met, for [`database_was_away`].
pub fn note(error: &sqlx::Error) {
    if is_away(error) {
        noticed(|noticed| noticed.away.set(true));
    }
}

/// Whether the database was away when this request asked for its session.
pub fn database_was_away() -> bool {
    noticed(|noticed| noticed.away.get()).unwrap_or(false)
}

/// Changes a session and stores it in the transaction, which is to be committed: whatever else is
/// in it happens if the session does.
///
/// # Errors
/// When the session cannot be changed or stored.
pub async fn join(
    tx: Tx,
    session: &Session,
    change: impl Future<Output = std::result::Result<(), Failure>>,
) -> std::result::Result<Tx, Failure> {
    let joined = async {
        change.await?;
        session.save().await?;
        JOINED.with(Cell::take).ok_or_else(|| anyhow::anyhow!("a transaction was lost").into())
    };
    JOINED.scope(Cell::new(Some(tx)), joined).await
}
