//! A person's own passkeys: the list of them, adding, renaming, removing.
//!
//! Adding and removing change what opens the account. Both need a recent proof, end every other
//! session and every mailed link, and are told to the account's address.

use serde_json::Value;
use sqlx::FromRow;
use url::{Host, Url};
use uuid::Uuid;

use super::{
    ceremony::Site,
    challenges::{self, Binding, Purpose},
    known,
};
use crate::{
    domain::{
        field::{Field, Problem},
        passkey::{OwnPasskey, PasskeyName},
        security::EventKind,
    },
    error::{Error, Problems},
    server::{
        AppState,
        auth::{self, AuthSession, Client},
        clock::Timestamp,
        config::Config,
        db::{Db, Tx, reading, violated, within, writing},
        factors::Change,
        failure::Failure,
        users::User,
    },
};

/// More than anybody has devices; a list that somebody can still look through.
const MOST: usize = 20;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

/// A person's passkeys, the oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &Db, user: Uuid) -> sqlx::Result<Vec<OwnPasskey>> {
    const LIST: &str = "select id, name, created_at, last_used_at from passkeys \
         where user_id = $1 order by created_at, id";
    let rows: Vec<Row> =
        reading!(db, |pool| sqlx::query_as(LIST).bind(user).fetch_all(pool).await)?;
    let shown = rows.into_iter().map(|row| OwnPasskey {
        handle: row.id.to_string(),
        name: row.name,
        added: row.created_at.to_when(),
        used: row.last_used_at.map(Timestamp::to_minute),
    });
    Ok(shown.collect())
}

/// What a site without passkeys would have to be called to have them; `None` if it has them.
pub fn instead(config: &Config) -> Option<String> {
    if Site::of(config).is_some() {
        return None;
    }
    let url = Url::parse(config.origin.as_str()).ok()?;
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let local = format!("{}://localhost{port}", url.scheme());
    Some(if loopback { local } else { "a name of its own".into() })
}

/// Begins to add a passkey: what to ask the browser for, once. Refuses what could not be stored
/// afterwards, before a device makes a key in vain.
///
/// # Errors
/// [`Error::Invalid`], [`Error::PasskeyRefused`] on a site without passkeys.
pub async fn begin_adding(
    state: &AppState,
    auth: &AuthSession,
    user: &User,
    name: &str,
) -> Result<Value, Failure> {
    let _ = parse(name)?;
    let site = Site::of(&state.config).ok_or(Error::PasskeyRefused)?;
    let known = known(&state.db, user.id).await?;
    if known.len() >= MOST {
        return Err(too_many());
    }
    let (question, asked) = site.ask_for_new(user, known)?;
    let binding = Binding::to_session(&auth::identifier(auth)?);
    let (db, now) = (&state.db, state.clock.now());
    challenges::put(db, &binding, Purpose::Add, Some(user.id), &asked, now).await?;
    Ok(question)
}

/// Adds the passkey that a device has made for the challenge of this session.
///
/// # Errors
/// [`Error::Invalid`], [`Error::BadRequest`] for what is no answer, [`Error::PasskeyRefused`],
/// [`Error::TooMany`]; [`Error::Unauthenticated`] when this session ended meanwhile.
pub async fn add(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    user: &User,
    name: &str,
    answer: &str,
) -> Result<(), Failure> {
    let name = parse(name)?;
    let site = Site::of(&state.config).ok_or(Error::PasskeyRefused)?;
    let (binding, now) = (Binding::to_session(&auth::identifier(auth)?), state.clock.now());
    let owner = Some(user.id);
    let asked = challenges::spend(&state.db, &binding, Purpose::Add, owner, now).await?;
    let asked = asked.ok_or(Error::PasskeyRefused)?;
    let (called, kept) = site.take_new(&asked, answer)?;

    let mut change = Change::begin(state, user, &auth::identifier(auth)?).await?;
    match insert(change.tx(), user.id, &called, &kept, name.as_str(), now).await {
        Ok(true) => {}
        Ok(false) => return Err(too_many()),
        // It is another account's: whoever answered so has copied it from somewhere.
        Err(error) if violated(&error).is_some() => return Err(Error::PasskeyRefused.into()),
        Err(error) => return Err(error.into()),
    }
    change.finish(state, auth, client, EventKind::PasskeyAdded).await
}

/// Inserts one more, if there are not too many. The account is held, so nobody else adds one.
async fn insert(
    tx: &mut Tx,
    user: Uuid,
    called: &[u8],
    kept: &str,
    name: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    const INSERT: &str = "insert into passkeys (id, user_id, credential_id, credential, name, created_at) \
         select $1, id, $3, $4, $5, $6 from users where id = $2 \
         and (select count(*) from passkeys where user_id = $2) < $7";
    within!(tx, |c| {
        sqlx::query(INSERT)
            .bind(Uuid::now_v7())
            .bind(user)
            .bind(called)
            .bind(kept)
            .bind(name)
            .bind(now)
            .bind(i64::try_from(MOST).unwrap_or(i64::MAX))
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })
}

/// Calls one of a person's passkeys something else. It opens as much as before.
///
/// # Errors
/// [`Error::Invalid`]; [`Error::NotFound`] when the person has none of that handle.
pub async fn rename(db: &Db, user: Uuid, handle: &str, name: &str) -> Result<(), Failure> {
    const RENAME: &str = "update passkeys set name = $3 where id = $1 and user_id = $2";
    let name = parse(name)?;
    let id: Uuid = handle.parse().map_err(|_| Error::NotFound)?;
    let renamed = writing!(db, |pool| {
        sqlx::query(RENAME)
            .bind(id)
            .bind(user)
            .bind(name.as_str())
            .execute(pool)
            .await
            .map(|done| done.rows_affected())
    })?;
    if renamed == 1 { Ok(()) } else { Err(Error::NotFound.into()) }
}

/// Removes one of a person's passkeys: it opens nothing from now on.
///
/// # Errors
/// [`Error::NotFound`] when the person has none of that handle; [`Error::TooMany`];
/// [`Error::Unauthenticated`] when this session ended meanwhile.
pub async fn remove(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    user: &User,
    handle: &str,
) -> Result<(), Failure> {
    const REMOVE: &str = "delete from passkeys where id = $1 and user_id = $2";
    let id: Uuid = handle.parse().map_err(|_| Error::NotFound)?;
    let mut change = Change::begin(state, user, &auth::identifier(auth)?).await?;
    let removed = within!(change.tx(), |c| {
        let done = sqlx::query(REMOVE).bind(id).bind(user.id).execute(c).await;
        done.map(|done| done.rows_affected())
    })?;
    if removed == 0 {
        return Err(Error::NotFound.into());
    }
    change.finish(state, auth, client, EventKind::PasskeyRemoved).await
}

/// Removes all of an account's passkeys. To be followed by [`end_access`](crate::server::users::end_access).
///
/// # Errors
/// When the database cannot be written.
pub async fn forget(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    const FORGET: &str = "delete from passkeys where user_id = $1";
    within!(tx, |c| sqlx::query(FORGET).bind(user).execute(c).await.map(|_| ()))
}

fn parse(name: &str) -> Result<PasskeyName, Failure> {
    let mut problems = Problems::default();
    let name = problems.check(Field::PasskeyName, PasskeyName::parse(name));
    name.ok_or_else(|| problems.into_error().into())
}

fn too_many() -> Failure {
    Error::Invalid(vec![(Field::PasskeyName, Problem::TooMany(MOST))]).into()
}
