//! The mails that wait to be sent: a table, so that a restart forgets none.

use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

use super::letters::Letter;
use crate::server::{
    clock::Timestamp,
    db::{Db, Tx, reading, within, writing},
    failure::Failure,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// How long to wait after each attempt before the next one: a server that restarts is back in
/// minutes, one that broke in hours.
const WAITS: [Duration; 6] = [
    MINUTE,
    MINUTE.saturating_mul(5),
    MINUTE.saturating_mul(30),
    HOUR.saturating_mul(2),
    HOUR.saturating_mul(6),
    HOUR.saturating_mul(12),
];

/// After two days nobody waits for a mail any more.
const LONGEST: Duration = HOUR.saturating_mul(48);

/// A letter in the outbox that may be sent now.
#[derive(FromRow)]
pub struct Due {
    id: Uuid,
    attempts: i64,
}

/// A letter that is being sent.
pub struct Waiting {
    /// The key of its row.
    pub id: Uuid,
    /// How many attempts there were, this one included.
    pub attempts: i64,
    /// When it would be sent the next time.
    next_attempt_at: Timestamp,
    /// When it was put there.
    created_at: Timestamp,
    /// What it is.
    kind: String,
    about: String,
    /// When this attempt began.
    pub now: Timestamp,
}

impl Waiting {
    /// What it is.
    ///
    /// # Errors
    /// When a newer version put it there.
    pub fn letter(&self) -> anyhow::Result<Letter> {
        Letter::from_columns(&self.kind, &self.about)
    }

    /// Whether it is given up if it cannot be sent now.
    pub fn is_last_attempt(&self) -> bool {
        self.next_attempt_at > self.created_at.after(LONGEST)
    }
}

/// Puts a letter into the outbox, in the transaction of its cause.
///
/// # Errors
/// When the database cannot be written.
pub async fn put(tx: &mut Tx, letter: &Letter, now: Timestamp) -> Result<(), Failure> {
    const PUT: &str = "insert into outbox (id, kind, about, created_at, next_attempt_at, attempts) \
         values ($1, $2, $3, $4, $4, 0)";
    let (kind, about) = letter.to_columns()?;
    Ok(within!(tx, |c| {
        sqlx::query(PUT)
            .bind(Uuid::now_v7())
            .bind(kind)
            .bind(about)
            .bind(now)
            .execute(c)
            .await
            .map(|_| ())
    })?)
}

/// The letter that has waited longest of those that are due.
///
/// # Errors
/// When the database cannot be read.
pub async fn next_due(db: &Db, now: Timestamp) -> sqlx::Result<Option<Due>> {
    const NEXT: &str = "select id, attempts from outbox where next_attempt_at <= $1 \
         order by next_attempt_at, id limit 1";
    reading!(db, |pool| sqlx::query_as(NEXT).bind(now).fetch_optional(pool).await)
}

/// Takes a letter, unless somebody else has: its next attempt is moved before this one begins,
/// so a process that dies amid it leaves a letter that is tried again.
///
/// # Errors
/// When the database cannot be written.
pub async fn claim(db: &Db, due: &Due, now: Timestamp) -> sqlx::Result<Option<Waiting>> {
    const CLAIM: &str = "update outbox set next_attempt_at = $3, attempts = attempts + 1 \
         where id = $1 and next_attempt_at <= $2 returning kind, about, created_at, attempts";
    let attempt = usize::try_from(due.attempts).unwrap_or(0);
    let wait = WAITS.get(attempt).or(WAITS.last()).copied().unwrap_or(HOUR);
    let next_attempt_at = now.after(wait);
    let row: Option<(String, String, Timestamp, i64)> = writing!(db, |pool| {
        sqlx::query_as(CLAIM)
            .bind(due.id)
            .bind(now)
            .bind(next_attempt_at)
            .fetch_optional(pool)
            .await
    })?;
    Ok(row.map(|(kind, about, created_at, attempts)| Waiting {
        id: due.id,
        attempts,
        next_attempt_at,
        created_at,
        kind,
        about,
        now,
    }))
}

/// Takes a letter out: it was sent, or nobody can be sent it.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete(db: &Db, id: Uuid) -> sqlx::Result<()> {
    const DELETE: &str = "delete from outbox where id = $1";
    writing!(db, |pool| sqlx::query(DELETE).bind(id).execute(pool).await.map(|_| ()))
}
