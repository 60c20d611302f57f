//! "This was not me": the link in a notice, which needs no log-in and can only take rights away.
//!
//! It outlives what ends an account's other links ([`users::end_access`]) on purpose: whoever got
//! into the account could otherwise change the password once more and be rid of it. That is safe
//! because it opens nothing. It ends sessions and links, makes the password useless, and takes
//! back a change of address, second factors that were added within the last week, and the
//! deletion of the account; an older second factor stays or comes back, and is asked for as ever.
//! The way in again is a mail to the address that
//! the link was mailed to, which was the account's own within that week ([`emails`]).

use std::time::Duration;

use uuid::Uuid;

use super::{
    AppState,
    attempts::{self, Budget},
    auth::Client,
    clock::Timestamp,
    db::{Db, Tx, reading, within, writing},
    emails, factors,
    failure::Failure,
    leaving,
    mail::{letters::Letter, outbox},
    security_log,
    tokens::{self, Token},
    users::{self, User, key},
};
use crate::{
    domain::{account::Undoing, password::Password, security::EventKind, token::TypedToken},
    error::Error,
};

/// A week: long enough for somebody who is on a journey.
const LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Makes the token for a notice to that address; none, if the account neither has it nor had it
/// until lately. A notice that waited while everything was undone brings nobody a link.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn mint(
    db: &Db,
    user: Uuid,
    email: &str,
    now: Timestamp,
) -> Result<Option<Token>, Failure> {
    const MINT: &str = "insert into undo_links (hash, user_id, email_key, created_at, expires_at) \
         select $1, user_id, email_key, $4, $5 from addresses where email_key = $2 and user_id = $3 \
         and (replaced_at is null or replaced_at > $6)";
    let token = Token::random()?;
    let mut tx = db.begin().await?;
    // The account first, as everywhere.
    users::hold(&mut tx, user).await?;
    let minted = within!(&mut tx, |c| {
        sqlx::query(MINT)
            .bind(tokens::hash(token.expose()))
            .bind(key(email))
            .bind(user)
            .bind(now)
            .bind(now.after(LIFE))
            .bind(now.before(emails::KEPT))
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    tx.commit().await?;
    Ok((minted == 1).then_some(token))
}

/// A link, as long as it works: whose, and the address that it was mailed to.
async fn find(db: &Db, token: &TypedToken, now: Timestamp) -> Result<(User, String), Failure> {
    const FIND: &str = "select undo_links.user_id, email from undo_links join addresses \
         on addresses.email_key = undo_links.email_key and addresses.user_id = undo_links.user_id \
         where hash = $1 and expires_at > $2 and (replaced_at is null or replaced_at > $3)";
    let found: Option<(Uuid, String)> = reading!(db, |pool| {
        sqlx::query_as(FIND)
            .bind(tokens::hash(token.expose()))
            .bind(now)
            .bind(now.before(emails::KEPT))
            .fetch_optional(pool)
            .await
    })?;
    let (user, email) = found.ok_or(Error::LinkExpired)?;
    let user = users::find_even_closed(db, user, now).await?.ok_or(Error::LinkExpired)?;
    Ok((user, email))
}

/// What a link would do. Opening it does nothing.
///
/// # Errors
/// [`Error::LinkExpired`].
pub async fn check(state: &AppState, token: &TypedToken) -> Result<Undoing, Failure> {
    let (user, email) = find(&state.db, token, state.clock.now()).await?;
    let moves_back = key(&email) != key(&user.email);
    Ok(Undoing { username: user.username, email, moves_back })
}

/// Ends every session and every link of the account, makes its password useless, takes its
/// address back to the one that the link was mailed to, and mails a link there to set a new
/// password.
///
/// # Errors
/// [`Error::LinkExpired`].
pub async fn carry_out(
    state: &AppState,
    client: &Client,
    token: &TypedToken,
) -> Result<(), Failure> {
    let (user, email) = find(&state.db, token, state.clock.now()).await?;
    // A password that nobody knows: whoever tries to log in meets the same work as ever.
    let nobody_knows = Password::parse_given(Token::random()?.expose().to_owned());
    let nobody_knows = nobody_knows.map_err(|_| Error::LinkExpired)?;
    let hash = state.passwords.hash(&nobody_knows).await?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    // The account first and then its links, as everywhere.
    if !users::lock_out(&mut tx, user.id, &hash, now).await? || !spend(&mut tx, token, now).await? {
        return Err(Error::LinkExpired.into());
    }
    let replaced = go_back(&mut tx, user.id, &email, now).await?;
    factors::forget_since(&mut tx, user.id, now.before(emails::KEPT)).await?;
    leaving::cancel(&mut tx, user.id).await?;
    users::end_access(&mut tx, user.id).await?;
    forget(&mut tx, user.id, &email).await?;
    attempts::forgive(&mut tx, &budgets(state, &user, &email)).await?;
    security_log::write(&mut tx, user.id, EventKind::Undone, Some(client), now).await?;
    let reset = Letter::ResetPassword { identity: email.clone(), promised: true };
    outbox::put(&mut tx, &reset, now).await?;
    for email in [Some(email), replaced].into_iter().flatten() {
        outbox::put(&mut tx, &Letter::Undone { user: user.id, email }, now).await?;
    }
    tx.commit().await?;
    state.mail.wake();
    tracing::info!(event = "undone", user = %user.id, address = %client.address);
    Ok(())
}

/// Uses a link up; says whether it was there to be used. Of many at once one hears yes.
async fn spend(tx: &mut Tx, token: &TypedToken, now: Timestamp) -> sqlx::Result<bool> {
    const SPEND: &str = "delete from undo_links where hash = $1 and expires_at > $2";
    within!(tx, |c| {
        sqlx::query(SPEND)
            .bind(tokens::hash(token.expose()))
            .bind(now)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })
}

/// Gives the account that address back, unless it has it; gives the one that it had meanwhile.
async fn go_back(
    tx: &mut Tx,
    user: Uuid,
    email: &str,
    now: Timestamp,
) -> Result<Option<String>, Failure> {
    // Read now that the account is held: what was read before may have changed.
    const HAS: &str = "select email from users where id = $1";
    const KEPT: &str = "select count(*) from addresses \
         where email_key = $1 and user_id = $2 and replaced_at > $3";
    let has: String = within!(&mut *tx, |c| sqlx::query_scalar(HAS).bind(user).fetch_one(c).await)?;
    if key(&has) == key(email) {
        return Ok(None);
    }
    let kept: i64 = within!(&mut *tx, |c| {
        let kept = sqlx::query_scalar(KEPT).bind(key(email)).bind(user);
        kept.bind(now.before(emails::KEPT)).fetch_one(c).await
    })?;
    if kept == 0 || !emails::set(tx, user, email, now).await? {
        return Err(Error::LinkExpired.into());
    }
    Ok(Some(has))
}

/// Throws away the other links that were mailed to that address: they are for what is undone.
async fn forget(tx: &mut Tx, user: Uuid, email: &str) -> sqlx::Result<()> {
    const FORGET: &str = "delete from undo_links where user_id = $1 and email_key = $2";
    within!(tx, |c| {
        sqlx::query(FORGET).bind(user).bind(key(email)).execute(c).await.map(|_| ())
    })
}

/// What whoever was in the account may have used up: its owner's way back is not longer for it.
fn budgets(state: &AppState, user: &User, email: &str) -> [Budget; 7] {
    let (log_ins, resets) =
        (state.config.login_attempts_per_account, state.config.resets_per_account);
    [
        Budget::log_in_as(&user.username, log_ins),
        Budget::log_in_as(email, log_ins),
        Budget::log_in_to(Some(user.id), email, log_ins),
        Budget::reset_as(email, resets),
        Budget::reset_to(user.id, resets),
        Budget::change_of(user.id),
        Budget::renaming(user.id),
    ]
}

/// Throws away the links whose time is over.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from undo_links where expires_at <= $1";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}
