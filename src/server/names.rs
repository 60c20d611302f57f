//! The names that people write under, and wrote under. A name belongs for ever to whoever had it
//! first: links to a writer lead to that writer, and a reputation is nobody else's to take over.

use uuid::Uuid;

use super::{
    AppState,
    attempts::{self, Budget},
    auth::Client,
    clock::Timestamp,
    db::{Db, Tx, reading, unless_violated, within},
    failure::Failure,
    mail::{letters::Letter, notices::Notice, outbox},
    security_log,
    users::{self, User, key},
};
use crate::{
    domain::{
        field::{Field, Problem},
        security::EventKind,
        username::Username,
    },
    error::{Error, Problems},
};

/// Makes a name that of an account which is being made.
///
/// # Errors
/// A violated unique index, when somebody has the name or had it.
pub async fn reserve(tx: &mut Tx, id: Uuid, name: &Username, now: Timestamp) -> sqlx::Result<()> {
    const RESERVE: &str =
        "insert into usernames (name_key, user_id, created_at) values ($1, $2, $3)";
    within!(tx, |c| {
        sqlx::query(RESERVE)
            .bind(key(name.as_str()))
            .bind(id)
            .bind(now)
            .execute(c)
            .await
            .map(|_| ())
    })
}

/// The name that whoever was called that is called now, if it is another one.
///
/// # Errors
/// When the database cannot be read.
pub async fn successor(db: &Db, name: &str) -> sqlx::Result<Option<String>> {
    // What cannot be a name is looked up in no index.
    let Ok(name) = Username::parse(name) else { return Ok(None) };
    let found = users::find_public(db, name.as_str()).await?;
    Ok(found.map(|(_, now, _)| now).filter(|now| key(now) != key(name.as_str())))
}

/// The names that a person had before, the last one last.
///
/// # Errors
/// When the database cannot be read.
pub async fn former(db: &Db, user: &User) -> sqlx::Result<Vec<String>> {
    const FORMER: &str = "select name_key from usernames \
         where user_id = $1 and name_key <> $2 order by created_at, name_key";
    let has = key(&user.username);
    reading!(db, |pool| sqlx::query_scalar(FORMER).bind(user.id).bind(&has).fetch_all(pool).await)
}

/// Gives a person another name, or a former one of theirs back. Their articles are signed with it
/// from now on, and the former name leads to it.
///
/// Sessions go on: they are the account's and not the name's, and who proves who they are by
/// which password is as it was.
///
/// # Errors
/// [`Error::Invalid`], [`Error::TooMany`]; [`Error::Unauthenticated`] when the account changed
/// meanwhile.
pub async fn change(
    state: &AppState,
    client: &Client,
    user: &User,
    typed: &str,
) -> Result<(), Failure> {
    let mut problems = Problems::default();
    let name = problems.check(Field::Username, Username::parse(typed)).filter(|name| {
        let same = name.as_str() == user.username;
        if same {
            problems.add(Field::Username, Problem::Unchanged);
        }
        !same
    });
    let name = name.ok_or_else(|| problems.into_error())?;
    let (db, now) = (&state.db, state.clock.now());
    // Never given back: whether a name is free is something to know.
    let _ = attempts::take(db, &[Budget::trying_names(user.id)], now).await?;
    let taken = attempts::take(db, &[Budget::renaming(user.id)], now).await?;
    if let Err(failure) = rename(db, client, user, &name, now).await {
        // There was no change.
        taken.give_back(db).await?;
        return Err(failure);
    }
    state.mail.wake();
    tracing::info!(event = "username_changed", user = %user.id, address = %client.address);
    Ok(())
}

async fn rename(
    db: &Db,
    client: &Client,
    user: &User,
    name: &Username,
    now: Timestamp,
) -> Result<(), Failure> {
    let mut tx = users::begin(db, user).await?;
    if !take(&mut tx, user.id, name, now).await? {
        return Err(Error::Invalid(vec![(Field::Username, Problem::Taken)]).into());
    }
    let kind = EventKind::UsernameChanged;
    security_log::write(&mut tx, user.id, kind, Some(client), now).await?;
    let notice = Notice::UsernameChanged { former: user.username.clone() };
    outbox::put(&mut tx, &Letter::notice(user, notice), now).await?;
    Ok(tx.commit().await?)
}

/// Gives an account, whose row is held, a name that is free or was its own; says whether it was
/// to be had. If not, the transaction is good for nothing more.
///
/// The account's row is written before the list of names, as where an account is made: of two who
/// want one name, each waits for the other in the same place, and neither for ever. Two who want
/// each other's are refused before they write anything.
async fn take(tx: &mut Tx, id: Uuid, name: &Username, now: Timestamp) -> sqlx::Result<bool> {
    const OTHERS: &str = "select count(*) from usernames \
         where name_key = $1 and (user_id is null or user_id <> $2)";
    const SET: &str = "update users set username = $2, username_key = $3 where id = $1";
    const TAKE: &str = "insert into usernames (name_key, user_id, created_at) values ($1, $2, $3) \
         on conflict (name_key) do update set user_id = excluded.user_id \
         where usernames.user_id = excluded.user_id returning name_key";
    let name_key = key(name.as_str());
    let others: i64 = within!(&mut *tx, |c| {
        sqlx::query_scalar(OTHERS).bind(&name_key).bind(id).fetch_one(c).await
    })?;
    if others > 0 {
        return Ok(false);
    }
    let set = within!(&mut *tx, |c| {
        let set = sqlx::query(SET).bind(id).bind(name.as_str()).bind(&name_key);
        set.execute(c).await.map(|_| ())
    });
    if !unless_violated(set)? {
        return Ok(false);
    }
    let taken: Option<String> = within!(tx, |c| {
        sqlx::query_scalar(TAKE).bind(&name_key).bind(id).bind(now).fetch_optional(c).await
    })?;
    Ok(taken.is_some())
}
