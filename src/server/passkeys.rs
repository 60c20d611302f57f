//! Passkeys: logging in with one, finishing with one what a password began, and proving with one
//! that it is still the same person. [`own`] is what a person does with theirs.
//!
//! A passkey is two factors in one: the device that holds it, and what the device asks for
//! before it answers, a PIN, a finger or a face. So it stands alone, and no second step follows.
//! No guess at a password has a say in it. And whoever has one has a second factor: after a
//! password it is asked for, or what stands in for it.

pub mod ceremony;
pub mod challenges;
pub mod own;

use serde_json::Value;
use tower_sessions::session::Id;
use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

use self::{
    ceremony::{Site, Verdict},
    challenges::{Binding, Purpose},
};
use super::{
    AppState,
    attempts::{self, Budget},
    auth::{self, AuthSession, Client},
    clock::Timestamp,
    cookies,
    db::{Db, Tx, reading, within},
    failure::Failure,
    second_step::{self, Pending},
    security_log,
    sessions::{Aal, own as sessions},
    users::{self, User},
};
use crate::{domain::security::EventKind, error::Error};

/// The cookie with what a log-in's challenge is bound to.
pub const COOKIE: &str = "passkey";

/// Begins a log-in: what to ask the browser for, which will hold the cookie that is set. Nobody
/// is named, so there is nobody to be found out.
///
/// # Errors
/// [`Error::PasskeyRefused`] on a site without passkeys, [`Error::TooMany`].
pub async fn begin_log_in(state: &AppState, client: &Client) -> Result<Value, Failure> {
    let site = Site::of(&state.config).ok_or(Error::PasskeyRefused)?;
    let now = state.clock.now();
    // Each leaves a row for five minutes, whoever asks. Not given back.
    let _ = attempts::take(&state.db, &[Budget::passkeys_from(client.address)], now).await?;
    let (question, asked) = site.ask(&[])?;
    let secret = challenges::secret()?;
    let binding = Binding::to_browser(&secret);
    challenges::put(&state.db, &binding, Purpose::LogIn, None, &asked, now).await?;
    cookies::set(&state.config.origin, COOKIE, secret, challenges::LIFE_S);
    Ok(question)
}

/// Logs in with what an authenticator answered to the challenge of this browser.
///
/// # Errors
/// [`Error::BadRequest`] for what is no answer; [`Error::PasskeyRefused`].
pub async fn log_in(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    secret: Option<&str>,
    answer: &str,
    keep: bool,
) -> Result<(), Failure> {
    let answer = ceremony::parse(answer)?;
    let secret = secret.ok_or(Error::PasskeyRefused)?;
    let (binding, now) = (Binding::to_browser(secret), state.clock.now());
    let asked = challenges::spend(&state.db, &binding, Purpose::LogIn, None, now).await?;
    let asked = asked.ok_or(Error::PasskeyRefused)?;
    cookies::remove(&state.config.origin, COOKIE);
    let owner = ceremony::owner(&answer).ok_or(Error::PasskeyRefused)?;
    let user = users::find(&state.db, owner).await?.ok_or(Error::PasskeyRefused)?;
    let mut tx = state.db.begin().await?;
    // The account first, as everywhere; so nobody takes the passkey away meanwhile. If it is
    // changed afterwards, the session that begins here has an old stamp.
    if users::hold(&mut tx, user.id).await?.as_ref() != Some(&user.security_stamp) {
        return Err(Error::PasskeyRefused.into());
    }
    let tx = take(state, client, tx, user.id, &asked, &answer).await?;
    let arrival = user.into();
    let entry = auth::enter(state, tx, auth, &arrival, client, keep, Aal::Two).await?;
    entry.commit(state).await?;
    let user = &arrival.user;
    tracing::info!(event = "logged_in", by = "passkey", user = %user.id, address = %client.address);
    Ok(())
}

/// Begins the second step of a log-in: what to ask the browser for, which holds that cookie.
///
/// # Errors
/// [`Error::NotFound`] for an account without passkeys; [`Error::PasskeyRefused`] on a site
/// without.
pub async fn begin_step(
    state: &AppState,
    pending: &Pending,
    cookie: &str,
) -> Result<Value, Failure> {
    begin(state, &Binding::to_step(cookie), Purpose::SecondStep, pending.user.id).await
}

/// Finishes a log-in whose password was right.
///
/// # Errors
/// [`Error::BadRequest`] for what is no answer; [`Error::PasskeyRefused`];
/// [`Error::Unauthenticated`] when the log-in has ended meanwhile.
pub async fn finish_step(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    pending: Pending,
    cookie: &str,
    answer: &str,
) -> Result<(), Failure> {
    let (answer, owner) = (ceremony::parse(answer)?, pending.user.id);
    let (binding, now) = (Binding::to_step(cookie), state.clock.now());
    let purpose = Purpose::SecondStep;
    let asked = challenges::spend(&state.db, &binding, purpose, Some(owner), now).await?;
    let asked = asked.ok_or(Error::PasskeyRefused)?;
    let tx = pending.claim(&state.db).await?;
    let tx = take(state, client, tx, owner, &asked, &answer).await?;
    second_step::finish(state, auth, client, pending, tx).await
}

/// Begins a proof that it is still the same person.
///
/// # Errors
/// [`Error::NotFound`] for an account without passkeys; [`Error::PasskeyRefused`] on a site
/// without.
pub async fn begin_proof(state: &AppState, user: &User, asking: &Id) -> Result<Value, Failure> {
    begin(state, &Binding::to_session(asking), Purpose::Prove, user.id).await
}

/// Proves that whoever is logged in is who they were. The session goes on under another
/// identifier, as fresh as after a log-in with a passkey; it alone.
///
/// # Errors
/// [`Error::BadRequest`] for what is no answer; [`Error::PasskeyRefused`];
/// [`Error::Unauthenticated`] when this session ended meanwhile.
pub async fn prove(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    user: &User,
    answer: &str,
) -> Result<(), Failure> {
    let (answer, asking) = (ceremony::parse(answer)?, auth::identifier(auth)?);
    let (binding, now) = (Binding::to_session(&asking), state.clock.now());
    let asked = challenges::spend(&state.db, &binding, Purpose::Prove, Some(user.id), now).await?;
    let asked = asked.ok_or(Error::PasskeyRefused)?;
    let mut tx = users::begin(&state.db, user).await?;
    sessions::give_up(&mut tx, user.id, &asking).await?;
    let tx = take(state, client, tx, user.id, &asked, &answer).await?;
    auth::sign_in_anew(tx, auth, user, client, Aal::Two).await?;
    tracing::info!(event = "confirmed", by = "passkey", user = %user.id, address = %client.address);
    Ok(())
}

/// Asks for one of the account's own passkeys.
async fn begin(
    state: &AppState,
    binding: &Binding,
    purpose: Purpose,
    user: Uuid,
) -> Result<Value, Failure> {
    let site = Site::of(&state.config).ok_or(Error::PasskeyRefused)?;
    let known = known(&state.db, user).await?;
    if known.is_empty() {
        return Err(Error::NotFound.into());
    }
    let (question, asked) = site.ask(&known)?;
    challenges::put(&state.db, binding, purpose, Some(user), &asked, state.clock.now()).await?;
    Ok(question)
}

/// What authenticators call the account's passkeys by.
async fn known(db: &Db, user: Uuid) -> sqlx::Result<Vec<Vec<u8>>> {
    const KNOWN: &str = "select credential_id from passkeys where user_id = $1";
    reading!(db, |pool| sqlx::query_scalar(KNOWN).bind(user).fetch_all(pool).await)
}

/// Takes an answer for the account's, if one of its passkeys gave it: in a transaction that holds
/// the account, and gets back what the passkey says of its use. Refused, it never happened.
async fn take(
    state: &AppState,
    client: &Client,
    mut tx: Tx,
    owner: Uuid,
    asked: &str,
    answer: &PublicKeyCredential,
) -> Result<Tx, Failure> {
    let (site, now) = (Site::of(&state.config), state.clock.now());
    let site = site.ok_or(Error::PasskeyRefused)?;
    let found = find(&mut tx, owner, answer.get_credential_id()).await?;
    let (id, kept) = found.ok_or(Error::PasskeyRefused)?;
    // An authenticator that is asked for one by name need not say whose it is.
    if ceremony::owner(answer).is_some_and(|named| named != owner) {
        return Err(Error::PasskeyRefused.into());
    }
    match site.judge(asked, answer, &kept)? {
        Verdict::Good(used) => {
            note_use(&mut tx, id, &used, now).await?;
            return Ok(tx);
        }
        Verdict::Wrong(why) => {
            tracing::info!(event = "passkey_refused", why, address = %client.address);
        }
        Verdict::Copied => {
            drop(tx);
            let kind = EventKind::PasskeyRefused;
            security_log::note(&state.db, owner, kind, client, now).await?;
            tracing::warn!(event = "passkey_copied", user = %owner, address = %client.address);
        }
    }
    Err(Error::PasskeyRefused.into())
}

/// The account's passkey that an authenticator calls so.
async fn find(tx: &mut Tx, owner: Uuid, called: &[u8]) -> sqlx::Result<Option<(Uuid, String)>> {
    const FIND: &str =
        "select id, credential from passkeys where credential_id = $1 and user_id = $2";
    within!(tx, |c| sqlx::query_as(FIND).bind(called).bind(owner).fetch_optional(c).await)
}

async fn note_use(tx: &mut Tx, id: Uuid, used: &str, now: Timestamp) -> sqlx::Result<()> {
    const NOTE: &str = "update passkeys set credential = $2, last_used_at = $3 where id = $1";
    within!(tx, |c| {
        sqlx::query(NOTE).bind(id).bind(used).bind(now).execute(c).await.map(|_| ())
    })
}
