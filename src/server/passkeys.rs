//! Passkeys: logging in with one. [`own`] is what a person does with theirs.
//!
//! A passkey is two factors in one: the device that holds it, and what the device asks for
//! before it answers, a PIN, a finger or a face. So it stands alone, and no second step follows.
//! No guess at a password has a say in it.

pub mod ceremony;
pub mod challenges;
pub mod own;

use serde_json::Value;
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
    db::{Tx, within},
    failure::Failure,
    security_log,
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
    let site = Site::at(&state.config.origin).ok_or(Error::PasskeyRefused)?;
    let now = state.clock.now();
    // Each leaves a row for five minutes, whoever asks. Not given back.
    let _ = attempts::take(&state.db, &[Budget::passkeys_from(client.address)], now).await?;
    let (question, asked) = site.ask()?;
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
    let done = Some(EventKind::LoggedIn);
    let user = accept(state, client, owner, &asked, &answer, done).await?;
    auth::sign_in(auth, &user, client, keep).await?;
    tracing::info!(event = "logged_in", by = "passkey", user = %user.id, address = %client.address);
    Ok(())
}

/// The account that an answer was given for, if one of its passkeys gave it: noted in the
/// transaction that writes down how often the passkey was used.
async fn accept(
    state: &AppState,
    client: &Client,
    owner: Uuid,
    asked: &str,
    answer: &PublicKeyCredential,
    done: Option<EventKind>,
) -> Result<User, Failure> {
    let site = Site::at(&state.config.origin).ok_or(Error::PasskeyRefused)?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    // The account first, as everywhere; so nobody takes the passkey away meanwhile.
    let stamp = users::hold(&mut tx, owner).await?.ok_or(Error::PasskeyRefused)?;
    let found = find(&mut tx, owner, answer.get_credential_id()).await?;
    let (id, stored) = found.ok_or(Error::PasskeyRefused)?;
    match site.judge(asked, answer, &stored)? {
        Verdict::Good(used) => note_use(&mut tx, id, &used, now).await?,
        Verdict::Wrong(why) => {
            tracing::info!(event = "passkey_refused", why, address = %client.address);
            return Err(Error::PasskeyRefused.into());
        }
        Verdict::Copied => {
            drop(tx);
            let kind = EventKind::PasskeyRefused;
            security_log::note(&state.db, owner, kind, client, now).await?;
            tracing::warn!(event = "passkey_copied", user = %owner, address = %client.address);
            return Err(Error::PasskeyRefused.into());
        }
    }
    if let Some(kind) = done {
        security_log::write(&mut tx, owner, kind, Some(client), now).await?;
    }
    tx.commit().await?;
    // Whoever changed the account since has ended what was about to begin.
    let user = users::find(&state.db, owner).await?;
    Ok(user.filter(|user| user.security_stamp == stamp).ok_or(Error::PasskeyRefused)?)
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
