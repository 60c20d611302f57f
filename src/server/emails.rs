//! The addresses that accounts have, and changing one's own.
//!
//! A new address counts once its mailbox was proved to be the person's, by a link. The former one
//! stays the account's to go back to for a week: whoever changed it without being its owner can
//! be undone ([`undo`](super::undo)), and nobody else can register it meanwhile.

use std::time::Duration;

use uuid::Uuid;

use super::{
    AppState,
    attempts::{self, Budget},
    auth::{self, AuthSession, Client},
    clock::Timestamp,
    db::{Db, Tx, reading, unless_violated, within, writing},
    failure::Failure,
    mail::{letters::Letter, notices::Notice, outbox},
    security_log,
    sessions::own,
    tokens::{self, Purpose},
    users::{self, User, key},
};
use crate::{
    domain::{
        email::EmailAddress,
        field::{Field, Problem},
        security::EventKind,
        token::TypedToken,
    },
    error::{Error, Problems},
};

/// A week: whoever is away from their mail for longer than a holiday's first half has the
/// administrator to turn to; and whoever takes over a mailbox that was given up has no more time.
pub const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Makes an address that of an account which is being made.
///
/// # Errors
/// A violated unique index, when it is somebody's, or was until lately.
pub async fn reserve(
    tx: &mut Tx,
    id: Uuid,
    email: &EmailAddress,
    now: Timestamp,
) -> sqlx::Result<()> {
    const FREE: &str = "delete from addresses where email_key = $1 and replaced_at <= $2";
    const RESERVE: &str = "insert into addresses (email_key, email, user_id) values ($1, $2, $3)";
    let email = email.as_str();
    within!(&mut *tx, |c| {
        sqlx::query(FREE).bind(key(email)).bind(now.before(KEPT)).execute(c).await.map(|_| ())
    })?;
    within!(tx, |c| {
        sqlx::query(RESERVE).bind(key(email)).bind(email).bind(id).execute(c).await.map(|_| ())
    })
}

/// Whose address that is, or was until lately.
///
/// # Errors
/// When the database cannot be read.
pub async fn holder(db: &Db, email: &str, now: Timestamp) -> sqlx::Result<Option<Uuid>> {
    const HOLDER: &str = "select user_id from addresses where email_key = $1 \
         and (replaced_at is null or replaced_at > $2)";
    reading!(db, |pool| {
        sqlx::query_scalar(HOLDER)
            .bind(key(email))
            .bind(now.before(KEPT))
            .fetch_optional(pool)
            .await
    })
}

/// Asks for another address: a link goes to it, and a notice to the one that the account has. Or
/// for the one that it has, to prove that.
/// Whether the address is somebody else's is looked up when the mail is sent, so that neither
/// the answer nor the work tells.
///
/// # Errors
/// [`Error::Invalid`], [`Error::TooMany`]; [`Error::Unauthenticated`] when the account changed
/// meanwhile.
pub async fn ask(
    state: &AppState,
    client: &Client,
    user: &User,
    typed: &str,
) -> Result<(), Failure> {
    let mut problems = Problems::default();
    let email = problems.check(Field::Email, EmailAddress::parse(typed)).filter(|email| {
        // The one that there is can be proved, once.
        let same = email.as_str() == user.email && user.proved;
        if same {
            problems.add(Field::Email, Problem::Unchanged);
        }
        !same
    });
    let email = email.ok_or_else(|| problems.into_error())?.as_str().to_owned();
    let now = state.clock.now();
    // Not given back: each is a mail to somebody.
    let budgets = [Budget::moving(user.id), Budget::moving_to(&email)];
    let _ = attempts::take(&state.db, &budgets, now).await?;
    let mut tx = users::begin(&state.db, user).await?;
    tokens::promise(&mut tx, user.id, Purpose::ChangeEmail, &email, now).await?;
    let same = key(&email) == key(&user.email);
    outbox::put(&mut tx, &Letter::ConfirmEmail { user: user.id, email }, now).await?;
    if !same {
        outbox::put(&mut tx, &Letter::notice(user, Notice::EmailAsked), now).await?;
    }
    tx.commit().await?;
    state.mail.wake();
    tracing::info!(event = "email_asked", user = %user.id, address = %client.address);
    Ok(())
}

/// The address that a link would give to that account. Opening it uses nothing up.
///
/// # Errors
/// [`Error::LinkExpired`], also for what was mailed for another account.
pub async fn check(state: &AppState, user: &User, token: &TypedToken) -> Result<String, Failure> {
    let now = state.clock.now();
    let found = tokens::find(&state.db, token, Purpose::ChangeEmail, now).await?;
    let (_, email) = found.filter(|(id, _)| *id == user.id).ok_or(Error::LinkExpired)?;
    Ok(email)
}

/// Gives the account the address that the link was mailed to, ends every other session and every
/// link, and tells both addresses. Only whoever is logged in as the account can: a link that went
/// to a mistyped address gives nothing to whoever reads mail there.
///
/// # Errors
/// [`Error::LinkExpired`], also when somebody else has the address by now;
/// [`Error::Unauthenticated`] when this session ended meanwhile.
pub async fn change(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    user: &User,
    token: &TypedToken,
) -> Result<(), Failure> {
    let (email, asking) = (check(state, user, token).await?, auth::identifier(auth)?);
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    // The account first and then what hangs on it, as everywhere.
    users::renew_stamp(&mut tx, user).await?;
    own::give_up(&mut tx, user.id, &asking).await?;
    if !tokens::spend(&mut tx, token, Purpose::ChangeEmail, now).await? {
        return Err(Error::LinkExpired.into());
    }
    if !set(&mut tx, user.id, &email, now).await? {
        return Err(Error::LinkExpired.into());
    }
    users::end_access(&mut tx, user.id).await?;
    let same = key(&email) == key(&user.email);
    let kind = if same { EventKind::EmailProved } else { EventKind::EmailChanged };
    security_log::write(&mut tx, user.id, kind, Some(client), now).await?;
    if !same {
        outbox::put(&mut tx, &Letter::notice(user, Notice::EmailChanged), now).await?;
        outbox::put(&mut tx, &Letter::EmailIsNew { user: user.id, email }, now).await?;
    }
    auth::sign_in_after_change(tx, auth, user.id, client).await?;
    state.mail.wake();
    tracing::info!(event = kind.name(), user = %user.id, address = %client.address);
    Ok(())
}

/// Gives an account, whose row is held, an address that is proved to be its owner's; says whether
/// it was to be had. The one before is kept for [`KEPT`]. If the account goes back to a former
/// one, what came after that is kept no longer, and the links that were mailed there die with it
/// (by the database: `undo_links.email_key`): whoever had the account first has it in the end.
/// If it was not to be had, the transaction is good for nothing more.
///
/// The account's row is written before the list of addresses, for the reason that
/// [`names::change`](super::names::change) has.
///
/// # Errors
/// When the database cannot be written.
pub async fn set(tx: &mut Tx, id: Uuid, email: &str, now: Timestamp) -> sqlx::Result<bool> {
    const HELD: &str = "select user_id, replaced_at from addresses \
         where email_key = $1 and (replaced_at is null or replaced_at > $2)";
    const TAKE: &str = "insert into addresses (email_key, email, user_id) values ($1, $2, $3) \
         on conflict (email_key) do update set \
         email = excluded.email, user_id = excluded.user_id, replaced_at = null \
         where addresses.user_id = excluded.user_id or addresses.replaced_at <= $4 \
         returning email_key";
    const KEEP: &str = "update addresses set replaced_at = $3 \
         where user_id = $1 and email_key <> $2 and replaced_at is null";
    const FORGET: &str = "delete from addresses \
         where user_id = $1 and email_key <> $2 and (replaced_at is null or replaced_at >= $3)";
    const SET: &str =
        "update users set email = $2, email_key = $3, confirmed_at = $4 where id = $1";
    let (email_key, oldest) = (key(email), now.before(KEPT));
    let held: Option<(Uuid, Option<Timestamp>)> = within!(&mut *tx, |c| {
        sqlx::query_as(HELD).bind(&email_key).bind(oldest).fetch_optional(c).await
    })?;
    if held.is_some_and(|(holder, _)| holder != id) {
        return Ok(false);
    }
    let since = held.and_then(|(_, since)| since);
    let set = within!(&mut *tx, |c| {
        let set = sqlx::query(SET).bind(id).bind(email).bind(&email_key).bind(now);
        set.execute(c).await.map(|_| ())
    });
    if !unless_violated(set)? {
        return Ok(false);
    }
    let taken: Option<String> = within!(&mut *tx, |c| {
        let take = sqlx::query_scalar(TAKE).bind(&email_key).bind(email).bind(id).bind(oldest);
        take.fetch_optional(c).await
    })?;
    if taken.is_none() {
        return Ok(false);
    }
    let (others, when) = since.map_or((KEEP, now), |since| (FORGET, since));
    within!(tx, |c| {
        sqlx::query(others).bind(id).bind(&email_key).bind(when).execute(c).await.map(|_| true)
    })
}

/// The addresses that an account can still be taken back to.
///
/// # Errors
/// When the database cannot be read.
pub async fn former(tx: &mut Tx, id: Uuid, now: Timestamp) -> sqlx::Result<Vec<String>> {
    const FORMER: &str = "select email from addresses where user_id = $1 and replaced_at > $2";
    within!(tx, |c| {
        sqlx::query_scalar(FORMER).bind(id).bind(now.before(KEPT)).fetch_all(c).await
    })
}

/// Throws away the addresses that nobody can go back to any more.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_old(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from addresses where replaced_at <= $1";
    writing!(db, |pool| {
        sqlx::query(FORGET).bind(now.before(KEPT)).execute(pool).await.map(|_| ())
    })
}
