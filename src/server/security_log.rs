//! What happened to an account, for its owner to read: written down in the transaction of
//! its cause, where there is one.

use std::{cmp::Reverse, time::Duration};

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    attempts::{Budget, prefix},
    auth::Client,
    clock::Timestamp,
    db::{Db, Tx, reading, within, writing},
    sessions::device,
};
use crate::domain::{
    page::Cut,
    security::{Event, EventKind, Log},
};

/// A quarter of a year: nobody remembers longer where they were, and a kept session lives no
/// longer either.
pub const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// What fits a page that is looked through: of what was changed, of log-ins, and of what failed.
const SHOWN: [i64; 3] = [20, 10, 5];

/// On one page of all.
const PER_PAGE: u32 = 50;

/// For so long an event is the answer to what the person has just done.
const FRESH: Duration = Duration::from_secs(60);

/// Writes down what happened. On the command line there is no client.
///
/// # Errors
/// When the database cannot be written.
pub async fn write(
    tx: &mut Tx,
    user: Uuid,
    kind: EventKind,
    client: Option<&Client>,
    now: Timestamp,
) -> sqlx::Result<()> {
    // One that belongs to nobody, or is one too many, is none.
    const WRITE: &str = "insert into security_events (id, user_id, kind, created_at, address_prefix, user_agent) \
         select $1, id, $3, $4, $5, $6 from users where id = $2 on conflict do nothing";
    within!(tx, |c| {
        sqlx::query(WRITE)
            .bind(Uuid::now_v7())
            .bind(user)
            .bind(kind.name())
            .bind(now)
            .bind(client.map(|client| prefix(client.address)))
            .bind(client.map(|client| &client.user_agent))
            .execute(c)
            .await
            .map(|_| ())
    })
}

/// Writes down what has no transaction of its own.
///
/// # Errors
/// When the database cannot be written.
pub async fn note(
    db: &Db,
    user: Uuid,
    kind: EventKind,
    client: &Client,
    now: Timestamp,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    write(&mut tx, user, kind, Some(client), now).await?;
    tx.commit().await
}

/// Writes down that a log-in failed, or a proof. For what nobody is called the same statements run and
/// the same transaction is committed, one row shorter, which argon2's own jitter covers: how long
/// it takes does not tell whether there is an account.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_failure(
    db: &Db,
    account: Option<Uuid>,
    identity: &str,
    failure: EventKind,
    client: &Client,
    now: Timestamp,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    if Budget::noting(failure, identity).take_one(&mut tx, now).await?.is_none() {
        return Ok(());
    }
    let account = account.unwrap_or(Uuid::nil());
    write(&mut tx, account, failure, Some(client), now).await?;
    tx.commit().await
}

/// Writes down that a second step failed: once an hour, as its owner learns from one that
/// somebody has the password, and others must not push out of sight what else there is.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_second_step(
    db: &Db,
    user: Uuid,
    client: &Client,
    now: Timestamp,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    if Budget::noting_second_step(user).take_one(&mut tx, now).await?.is_none() {
        return Ok(());
    }
    write(&mut tx, user, EventKind::SecondStepFailed, Some(client), now).await?;
    tx.commit().await
}

#[derive(FromRow)]
struct Row {
    kind: String,
    created_at: Timestamp,
    address_prefix: Option<String>,
    user_agent: Option<String>,
}

impl Row {
    /// For pages; `None` if a newer version wrote it.
    fn into_event(self, now: Timestamp) -> Option<Event> {
        Some(Event {
            kind: EventKind::from_name(&self.kind)?,
            when: self.created_at.to_minute(),
            network: self.address_prefix,
            device: self.user_agent.map(|user_agent| device::in_words(&user_agent)),
            fresh: now < self.created_at.after(FRESH),
        })
    }
}

/// What happened to a person's account lately, the last first.
///
/// # Errors
/// When the database cannot be read.
pub async fn latest(db: &Db, user: Uuid, now: Timestamp) -> sqlx::Result<Vec<Event>> {
    // Apart, so that nobody pushes what they changed out of sight by logging in, or by failing to.
    const LATEST: &str = "select kind, created_at, address_prefix, user_agent from security_events \
         where user_id = $1 and case when kind in ('log_in_failed', 'proof_failed') then 2 \
         when kind in ('logged_in', 'second_step_failed') then 1 else 0 end = $2 \
         order by created_at desc, id desc limit $3";
    let mut rows: Vec<Row> = Vec::new();
    for (group, most) in (0_i64..).zip(SHOWN) {
        let some: Vec<Row> = reading!(db, |pool| {
            sqlx::query_as(LATEST).bind(user).bind(group).bind(most).fetch_all(pool).await
        })?;
        rows.extend(some);
    }
    rows.sort_by_key(|row| Reverse(row.created_at));
    Ok(rows.into_iter().filter_map(|row| row.into_event(now)).collect())
}

/// One page of all that is kept of what happened to a person's account, the last first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &Db, user: Uuid, page: u32, now: Timestamp) -> sqlx::Result<Log> {
    const LIST: &str = "select kind, created_at, address_prefix, user_agent from security_events \
         where user_id = $1 order by created_at desc, id desc limit $2 offset $3";
    let cut = Cut::new(page, PER_PAGE);
    let mut rows: Vec<Row> = reading!(db, |pool| {
        sqlx::query_as(LIST).bind(user).bind(cut.read()).bind(cut.past()).fetch_all(pool).await
    })?;
    let more = cut.trim(&mut rows);
    let events = rows.into_iter().filter_map(|row| row.into_event(now)).collect();
    Ok(Log { events, page: cut.page, more })
}

/// All that is kept of what happened to a person's account, the last first.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(db: &Db, user: Uuid, now: Timestamp) -> sqlx::Result<Vec<Event>> {
    // Guesses leave a line a minute: more than this nobody reads, not in a file either.
    const ALL: &str = "select kind, created_at, address_prefix, user_agent from security_events \
         where user_id = $1 order by created_at desc, id desc limit 10000";
    let rows: Vec<Row> = reading!(db, |pool| sqlx::query_as(ALL).bind(user).fetch_all(pool).await)?;
    Ok(rows.into_iter().filter_map(|row| row.into_event(now)).collect())
}

/// Throws away what happened too long ago.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_old(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from security_events where created_at <= $1";
    writing!(db, |pool| {
        sqlx::query(FORGET).bind(now.before(KEPT)).execute(pool).await.map(|_| ())
    })
}
