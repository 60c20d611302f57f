//! Deleting one's account: closed at once, gone after a fortnight, and until then to be taken
//! back by a link in a mail.
//!
//! For that fortnight the account is a deactivated one: no log-in, no session, no profile. Then
//! the row in `users` is deleted, and all that hangs on it, by the database: there is no list
//! here of what to delete, which a table that is added later would be missing on. Articles that
//! shall stay, and comments with them, are signed by [`FORMER`] before.

use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    AppState,
    articles::leaving as articles,
    audit::{self, By},
    auth::{self, AuthSession, Client},
    clock::Timestamp,
    comments,
    db::{Db, Tx, reading, within},
    emails,
    failure::Failure,
    favorites,
    images::unused,
    mail::{letters::Letter, notices::Notice, outbox},
    security_log,
    tokens::{self, Purpose},
    users::{self, User},
};
use crate::{
    domain::{
        administration::Action,
        field::{Field, Problem, has_controls},
        security::EventKind,
        token::TypedToken,
    },
    error::{Error, Problems},
};

/// Long enough to come home from a holiday and find the mail, short enough that "delete" is no
/// empty word.
pub const GRACE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Who signs what former members left: one account for all of them, so that nothing says which
/// articles are one person's. Nobody logs in to it: [`users::key`] trims what is typed, and its
/// keys begin with a space.
pub(super) const FORMER: Uuid = Uuid::max();

/// Closes the account of whoever is logged in, and tells them how to take it back. `typed` is
/// their username, typed once more.
///
/// # Errors
/// [`Error::Invalid`]; [`Error::LastAdministrator`]; [`Error::Unauthenticated`] when the account
/// has changed since the request began.
pub async fn begin(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    user: &User,
    typed: &str,
    keep_articles: bool,
) -> Result<(), Failure> {
    const CLOSE: &str = "update users set active = false, leaves_at = $3, keeps_articles = $4 \
         where id = $1 and security_stamp = $2 and active";
    let same = users::key(typed) == users::key(&user.username);
    let mut problems = Problems::default();
    let same = if same { Ok(()) } else { Err(Problem::Different) };
    problems.check(Field::Username, same).ok_or_else(|| problems.into_error())?;

    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    refuse_for_the_last_administrator(&mut tx, user.id).await?;
    let closed = within!(&mut tx, |c| {
        sqlx::query(CLOSE)
            .bind(user.id)
            .bind(&user.security_stamp)
            .bind(now.after(GRACE))
            .bind(keep_articles)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if closed == 0 {
        return Err(Error::Unauthenticated.into());
    }
    users::shut_out(&mut tx, user.id).await?;
    articles::unschedule(&mut tx, user.id, now).await?;
    if !keep_articles {
        articles::hide(&mut tx, user.id).await?;
    }
    security_log::write(&mut tx, user.id, EventKind::Left, Some(client), now).await?;
    let letter = Letter::Left { user: user.id, email: user.email.clone() };
    outbox::put(&mut tx, &letter, now).await?;
    // Whoever changed the address before they deleted the account would be told alone otherwise.
    for email in emails::former(&mut tx, user.id, now).await? {
        let letter = Letter::Notice { user: user.id, email, notice: Notice::Left };
        outbox::put(&mut tx, &letter, now).await?;
    }
    tx.commit().await?;
    state.mail.wake();
    tracing::info!(event = "account_closed", user = %user.id, address = %client.address);
    auth::sign_out(auth).await
}

async fn refuse_for_the_last_administrator(tx: &mut Tx, id: Uuid) -> Result<(), Failure> {
    let last = users::would_leave_no_administrator(tx, id).await?;
    if last { Err(Error::LastAdministrator.into()) } else { Ok(()) }
}

/// An account that was closed by its owner.
#[derive(FromRow)]
pub struct Closed {
    /// The key.
    pub id: Uuid,
    /// The public name.
    pub username: String,
    /// When it is deleted.
    pub leaves_at: Timestamp,
    /// Whether its articles stay.
    pub keeps_articles: bool,
}

/// The account of that key, if it can still be taken back.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &Db, id: Uuid, now: Timestamp) -> sqlx::Result<Option<Closed>> {
    const FIND: &str = "select id, username, leaves_at, keeps_articles from users where id = $1 and leaves_at > $2 and not barred";
    reading!(db, |pool| sqlx::query_as(FIND).bind(id).bind(now).fetch_optional(pool).await)
}

/// Opens an account again, with all that it had, by the link that was mailed. Nobody is logged
/// in by it: the link proves a mailbox, not a person at this browser.
///
/// # Errors
/// [`Error::LinkExpired`].
pub async fn take_back(
    state: &AppState,
    client: &Client,
    token: &TypedToken,
) -> Result<(), Failure> {
    const PURPOSE: Purpose = Purpose::TakeBack;
    const OPEN: &str = "update users set active = true \
         where id = $1 and email_key = $2 and leaves_at > $3 and not barred";
    let now = state.clock.now();
    let found = tokens::find(&state.db, token, PURPOSE, now).await?;
    let (user, email) = found.ok_or(Error::LinkExpired)?;
    let mut tx = state.db.begin().await?;
    let opened = within!(&mut tx, |c| {
        sqlx::query(OPEN)
            .bind(user)
            .bind(users::key(&email))
            .bind(now)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })?;
    if !opened || !tokens::spend(&mut tx, token, PURPOSE, now).await? {
        return Err(Error::LinkExpired.into());
    }
    cancel(&mut tx, user).await?;
    users::shut_out(&mut tx, user).await?;
    security_log::write(&mut tx, user, EventKind::TakenBack, Some(client), now).await?;
    tx.commit().await?;
    tracing::info!(event = "account_taken_back", %user, address = %client.address);
    Ok(())
}

/// The account stays, whoever decided that, and its articles are there again; the link that would
/// have taken it back ends. Whether anybody can log in to it is the caller's business.
///
/// # Errors
/// When the database cannot be written.
pub async fn cancel(tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
    const CANCEL: &str = "update users set leaves_at = null, keeps_articles = false \
         where id = $1 and leaves_at is not null";
    const LINK: &str = "delete from account_tokens where user_id = $1 and purpose = 'take_back'";
    let cancelled = within!(&mut *tx, |c| {
        sqlx::query(CANCEL).bind(id).execute(c).await.map(|done| done.rows_affected())
    })?;
    if cancelled == 0 {
        return Ok(());
    }
    within!(&mut *tx, |c| sqlx::query(LINK).bind(id).execute(c).await.map(|_| ()))?;
    articles::show(tx, id).await
}

/// Deletes the accounts whose time is over. One that cannot be deleted now holds up no other.
///
/// # Errors
/// When the database cannot be read.
pub async fn finish_due(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const DUE: &str = "select id from users where leaves_at <= $1 order by leaves_at";
    let due: Vec<Uuid> =
        reading!(db, |pool| sqlx::query_scalar(DUE).bind(now).fetch_all(pool).await)?;
    for id in due {
        match finish_one(db, id, now).await {
            Ok(true) => tracing::info!(event = "account_deleted", user = %id),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, user = %id, "could not delete an account"),
        }
    }
    Ok(())
}

/// Deletes one of them; says whether it did.
async fn finish_one(db: &Db, id: Uuid, now: Timestamp) -> sqlx::Result<bool> {
    // Held until it is deleted, unless somebody took it back since it was found.
    const HOLD: &str = "update users set active = false where id = $1 and leaves_at <= $2 returning keeps_articles";
    let mut tx = db.begin().await?;
    let held: Option<bool> = within!(&mut tx, |c| {
        sqlx::query_scalar(HOLD).bind(id).bind(now).fetch_optional(c).await
    })?;
    let Some(keep_articles) = held else { return Ok(false) };
    finish(&mut tx, id, keep_articles, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Deletes the account of that name for good and at once, as the command line says.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::LastAdministrator`].
pub async fn delete_now(
    db: &Db,
    username: &str,
    keep_articles: bool,
    now: Timestamp,
) -> Result<(), Failure> {
    const FIND: &str = "select id from users where username_key = $1";
    const HOLD: &str = "update users set active = false where id = $1 returning username";
    if has_controls(username) {
        return Err(Error::NotFound.into());
    }
    let key = users::key(username);
    let mut tx = db.begin().await?;
    let found: Option<Uuid> =
        within!(&mut tx, |c| sqlx::query_scalar(FIND).bind(key).fetch_optional(c).await)?;
    let id = found.ok_or(Error::NotFound)?;
    refuse_for_the_last_administrator(&mut tx, id).await?;
    let held: Option<String> =
        within!(&mut tx, |c| sqlx::query_scalar(HOLD).bind(id).fetch_optional(c).await)?;
    let name = held.ok_or(Error::NotFound)?;
    let detail = if keep_articles { "its articles stay" } else { "with its articles" };
    audit::write(&mut tx, &By::command_line(now), (id, &name), Action::Deleted, detail).await?;
    finish(&mut tx, id, keep_articles, now).await?;
    Ok(tx.commit().await?)
}

/// Deletes an account that is held, and all that hangs on it.
async fn finish(tx: &mut Tx, id: Uuid, keep_articles: bool, now: Timestamp) -> sqlx::Result<()> {
    // A letter says in JSON whose it is.
    const LETTERS: &str = "delete from outbox where about like $1";
    const DELETE: &str = "delete from users where id = $1";
    if keep_articles {
        articles::unschedule(&mut *tx, id, now).await?;
        // Those too that were hidden before somebody chose otherwise.
        articles::show(&mut *tx, id).await?;
        make_former(&mut *tx, now).await?;
        articles::hand_over(&mut *tx, id, FORMER).await?;
        comments::leaving::hand_over(&mut *tx, id, FORMER).await?;
    }
    articles::delete_all(&mut *tx, id).await?;
    unused::leave_with(&mut *tx, id, keep_articles.then_some(FORMER)).await?;
    let about = format!("%\"{id}\"%");
    within!(&mut *tx, |c| sqlx::query(LETTERS).bind(about).execute(c).await.map(|_| ()))?;
    favorites::leave(&mut *tx, id).await?;
    within!(tx, |c| sqlx::query(DELETE).bind(id).execute(c).await.map(|_| ()))
}

/// The account of all former members, if there are any.
pub(super) async fn former(db: &Db) -> sqlx::Result<Option<Uuid>> {
    const FIND: &str = "select id from users where id = $1";
    reading!(db, |pool| sqlx::query_scalar(FIND).bind(FORMER).fetch_optional(pool).await)
}

/// Makes the account of all former members, with the first of them.
pub(super) async fn make_former(tx: &mut Tx, now: Timestamp) -> sqlx::Result<()> {
    const MAKE: &str = "insert into users (id, username, email, username_key, email_key, password_hash, active, \
         security_stamp, created_at) values ($1, $2, '', ' former', ' former', '', false, $3, $4) \
         on conflict (id) do nothing";
    within!(tx, |c| {
        sqlx::query(MAKE)
            .bind(FORMER)
            .bind(crate::domain::account::FORMER)
            .bind(Uuid::new_v4().as_bytes().to_vec())
            .bind(now)
            .execute(c)
            .await
            .map(|_| ())
    })
}
