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
use crate::domain::security::{Event, EventKind};

/// A quarter of a year: nobody remembers longer where they were, and a kept session lives no
/// longer either.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// What fits a page that is looked through.
const SHOWN: i64 = 20;
const SHOWN_FAILED: i64 = 5;

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

/// What happened to a person's account lately, the last first.
///
/// # Errors
/// When the database cannot be read.
pub async fn latest(db: &Db, user: Uuid, now: Timestamp) -> sqlx::Result<Vec<Event>> {
    // Failures apart: a stranger's must not push out of sight what matters.
    const LATEST: &str = "select kind, created_at, address_prefix, user_agent from security_events \
         where user_id = $1 and (kind in ('log_in_failed', 'proof_failed')) = $2 order by created_at desc, id desc limit $3";
    let mut rows: Vec<Row> = Vec::new();
    for (failed, most) in [(false, SHOWN), (true, SHOWN_FAILED)] {
        let some: Vec<Row> = reading!(db, |pool| {
            sqlx::query_as(LATEST).bind(user).bind(failed).bind(most).fetch_all(pool).await
        })?;
        rows.extend(some);
    }
    rows.sort_by_key(|row| Reverse(row.created_at));
    let known = rows.into_iter().filter_map(|row| {
        Some(Event {
            kind: EventKind::from_name(&row.kind)?,
            when: row.created_at.to_minute(),
            network: row.address_prefix,
            device: row.user_agent.map(|user_agent| device::in_words(&user_agent)),
            fresh: now < row.created_at.after(FRESH),
        })
    });
    Ok(known.collect())
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
