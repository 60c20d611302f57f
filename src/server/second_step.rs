//! The second step of a log-in: what lies between a right password and being logged in, for an
//! account that has a second factor.
//!
//! Nobody is authenticated here. The browser holds a random value in a cookie of its own, and
//! the database its hash; it opens this one step and nothing else. It ends by itself, with
//! another password, with a log-out, and after a few wrong answers.

use std::time::Duration;

use anyhow::Context;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    AppState,
    auth::{self, AuthSession, Client},
    clock::Timestamp,
    cookies,
    db::{Db, Tx, reading, within, writing},
    factors::Given,
    failure::Failure,
    security_log,
    sessions::Aal,
    users::{self, User},
};
use crate::error::Error;

/// The cookie's name, behind that of the site.
pub const COOKIE: &str = "step";

/// Long enough to find the telephone, short enough that a password once typed is not left
/// lying about.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// Whoever mistypes more often begins anew, with the password.
const TRIES: i64 = 5;

/// A log-in whose password was right, and which waits for its second step.
pub struct Pending {
    hash: Vec<u8>,
    /// Whose it is; not yet who it is.
    pub user: User,
    /// "Keep me logged in" was ticked.
    pub kept: bool,
}

/// Lets a log-in wait: writes it down, and gives the browser what it is known by.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn begin(state: &AppState, tx: &mut Tx, user: &User, kept: bool) -> Result<(), Failure> {
    const BEGIN: &str = "insert into pending_log_ins (hash, user_id, security_stamp, kept, expires_at, tries_left) \
         values ($1, $2, $3, $4, $5, $6)";
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).context("the system gives no random numbers")?;
    let value = HEXLOWER.encode(&random);
    within!(tx, |c| {
        sqlx::query(BEGIN)
            .bind(hash(&value))
            .bind(user.id)
            .bind(&user.security_stamp)
            .bind(kept)
            .bind(state.clock.now().after(LIFE))
            .bind(TRIES)
            .execute(c)
            .await
            .map(|_| ())
    })?;
    let seconds = i64::try_from(LIFE.as_secs()).unwrap_or(0);
    cookies::set(&state.config.origin, COOKIE, value, seconds);
    tracing::info!(event = "second_step_asked", user = %user.id);
    Ok(())
}

#[derive(FromRow)]
struct Row {
    user_id: Uuid,
    security_stamp: Vec<u8>,
    kept: bool,
}

/// The log-in that the browser has under way.
///
/// # Errors
/// [`Error::Unauthenticated`] when there is none, or none any more.
pub async fn require(state: &AppState, cookie: Option<String>) -> Result<Pending, Failure> {
    const FIND: &str = "select user_id, security_stamp, kept from pending_log_ins \
         where hash = $1 and expires_at > $2 and tries_left > 0";
    let hash = hash(&cookie.ok_or(Error::Unauthenticated)?);
    let now = state.clock.now();
    let row: Option<Row> = reading!(&state.db, |pool| {
        sqlx::query_as(FIND).bind(&hash).bind(now).fetch_optional(pool).await
    })?;
    let Row { user_id, security_stamp, kept } = row.ok_or(Error::Unauthenticated)?;
    let user = users::find(&state.db, user_id).await?;
    let user = user.filter(|user| user.security_stamp == security_stamp);
    Ok(Pending { hash, user: user.ok_or(Error::Unauthenticated)?, kept })
}

/// Finishes a log-in with what was typed: digits from an app, or a recovery code.
///
/// # Errors
/// [`Error::Invalid`] for what is wrong; [`Error::TooMany`]; [`Error::Unauthenticated`] when
/// the log-in has ended meanwhile.
pub async fn answer(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    pending: Pending,
    given: &Given,
) -> Result<(), Failure> {
    let (db, id, now) = (&state.db, pending.user.id, state.clock.now());
    // Counted before it is looked at, twice: for the account, and for this log-in.
    let taken = given.count(state, &pending.user, now).await?;
    if !pending.try_once(db, now).await? {
        return Err(Error::Unauthenticated.into());
    }
    let mut tx = pending.claim(db).await?;
    if !given.spend(&mut tx, &state.key, id, now).await? {
        drop(tx);
        tracing::info!(event = "second_step_failed", user = %id, address = %client.address);
        security_log::note_second_step(db, id, client, now).await?;
        return Err(given.wrong().into());
    }
    given.tell(&mut tx, &pending.user, client, now).await?;
    finish(state, auth, client, pending, tx).await?;
    Ok(taken.give_back(db).await?)
}

impl Pending {
    /// Takes one of the tries; says whether there was one.
    async fn try_once(&self, db: &Db, now: Timestamp) -> sqlx::Result<bool> {
        const TRY: &str = "update pending_log_ins set tries_left = tries_left - 1 \
             where hash = $1 and expires_at > $2 and tries_left > 0";
        writing!(db, |pool| {
            sqlx::query(TRY)
                .bind(&self.hash)
                .bind(now)
                .execute(pool)
                .await
                .map(|done| done.rows_affected() == 1)
        })
    }

    /// Begins the transaction that ends the log-in well. What proves the second factor is to be
    /// used up in it; [`finish`] commits it, and dropped it never happened.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the log-in has ended or the account changed meanwhile: of
    /// many at once one gets through.
    pub async fn claim(&self, db: &Db) -> Result<Tx, Failure> {
        const CLAIM: &str = "delete from pending_log_ins where hash = $1";
        let mut tx = users::begin(db, &self.user).await?;
        let claimed = within!(&mut tx, |c| {
            sqlx::query(CLAIM).bind(&self.hash).execute(c).await.map(|done| done.rows_affected())
        })?;
        if claimed == 0 { Err(Error::Unauthenticated.into()) } else { Ok(tx) }
    }
}

/// Logs in: the second factor was proved, in the transaction of [`Pending::claim`].
///
/// # Errors
/// When the session cannot be stored.
pub async fn finish(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    pending: Pending,
    tx: Tx,
) -> Result<(), Failure> {
    let arrival = pending.user.into();
    let mut entry = auth::enter(state, tx, auth, &arrival, client, pending.kept, Aal::Two).await?;
    // A recovery code is told of too.
    entry.letter = true;
    entry.commit(state).await?;
    cookies::remove(&state.config.origin, COOKIE);
    tracing::info!(event = "logged_in", user = %arrival.user.id, address = %client.address);
    Ok(())
}

/// Ends the log-in that the browser has under way, if it has one.
///
/// # Errors
/// When the database cannot be written.
pub async fn give_up(state: &AppState, cookie: Option<String>) -> sqlx::Result<()> {
    const END: &str = "delete from pending_log_ins where hash = $1";
    let Some(value) = cookie else { return Ok(()) };
    cookies::remove(&state.config.origin, COOKIE);
    writing!(&state.db, |pool| {
        sqlx::query(END).bind(hash(&value)).execute(pool).await.map(|_| ())
    })
}

/// Throws away the log-ins that nobody has finished in time.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from pending_log_ins where expires_at <= $1";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}

/// Plain SHA-256 is enough here: the value is 256 random bits, not a password.
fn hash(value: &str) -> Vec<u8> {
    Sha256::digest(value).to_vec()
}
