//! What opens an account: its password, its security stamp, and all that ends with another one.
//!
//! Whoever changes something that hangs on an account holds the account first ([`hold`]), so that
//! two of these never wait for each other.

use tower_sessions::session::Id;
use uuid::Uuid;

use super::{Credential, User, key};
use crate::{
    domain::{administration::Action, security::EventKind},
    error::Error,
    server::{
        audit::{self, By},
        auth::Client,
        clock::Timestamp,
        db::{Db, Tx, within, writing},
        failure::Failure,
        mail::{letters::Letter, outbox},
        security_log,
        sessions::own,
    },
};

/// Replaces the hash of a password that stays the same: an upgrade, which ends no session.
///
/// # Errors
/// When the database cannot be written.
pub async fn upgrade_hash(db: &Db, id: Uuid, old: &str, new: &str) -> sqlx::Result<()> {
    // Only if nobody changed the password meanwhile.
    const UPGRADE: &str =
        "update users set password_hash = $3 where id = $1 and password_hash = $2";
    writing!(db, |pool| {
        sqlx::query(UPGRADE).bind(id).bind(old).bind(new).execute(pool).await.map(|_| ())
    })
}

/// Gives the account another password, as the command line says, and ends its sessions and what
/// was mailed for it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_password(
    db: &Db,
    username: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    const SET: &str = "update users set password_hash = $2, security_stamp = $3 \
         where username_key = $1 returning id, username, email";
    let mut tx = db.begin().await?;
    let changed: Option<(Uuid, String, String)> = within!(&mut tx, |c| {
        sqlx::query_as(SET)
            .bind(key(username))
            .bind(password_hash)
            .bind(new_stamp())
            .fetch_optional(c)
            .await
    })?;
    let (id, name, email) = changed.ok_or(Error::NotFound)?;
    end_access(&mut tx, id).await?;
    outbox::put(&mut tx, &Letter::PasswordChanged { user: id, email }, now).await?;
    let by = By::command_line(now);
    audit::write(&mut tx, &by, (id, &name), Action::PasswordSet, "").await?;
    security_log::write(&mut tx, id, EventKind::PasswordChanged, None, now).await?;
    Ok(tx.commit().await?)
}

/// Gives the account another password in place of the one that `proved` was found with, ends
/// its sessions and what was mailed for it, and tells its owner at `email`. Gives the transaction
/// of all that, to be committed with the session that goes on.
///
/// # Errors
/// [`Error::Unauthenticated`] when the session that asks has ended meanwhile, or the account
/// has another stamp: then somebody else was faster.
pub async fn change_password(
    db: &Db,
    proved: &Credential,
    email: &str,
    asking: &Id,
    password_hash: &str,
    client: &Client,
    now: Timestamp,
) -> Result<Tx, Failure> {
    const SET: &str = "update users set password_hash = $3, security_stamp = $4 \
         where id = $1 and security_stamp = $2 and active";
    let id = proved.user_id;
    let mut tx = db.begin().await?;
    // The account first, as everywhere: two of these never wait for each other.
    let changed = within!(&mut tx, |c| {
        sqlx::query(SET)
            .bind(id)
            .bind(&proved.security_stamp)
            .bind(password_hash)
            .bind(new_stamp())
            .execute(c)
            .await
            .map(|d| d.rows_affected())
    })?;
    if changed == 0 {
        return Err(Error::Unauthenticated.into());
    }
    own::give_up(&mut tx, id, asking).await?;
    end_access(&mut tx, id).await?;
    security_log::write(&mut tx, id, EventKind::PasswordChanged, Some(client), now).await?;
    let notice = Letter::PasswordChanged { user: id, email: email.to_owned() };
    outbox::put(&mut tx, &notice, now).await?;
    Ok(tx)
}

/// Renews the security stamp and ends the account's sessions, log-ins that are under way, and
/// the links that were mailed for it.
///
/// # Errors
/// When the database cannot be written.
pub async fn shut_out(tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
    const RENEW: &str = "update users set security_stamp = $2 where id = $1";
    within!(&mut *tx, |c| sqlx::query(RENEW)
        .bind(id)
        .bind(new_stamp())
        .execute(c)
        .await
        .map(|_| ()))?;
    end_access(tx, id).await
}

/// Gives an active account another password, if it still has that address; says whether it
/// did. To be followed by [`end_access`].
///
/// # Errors
/// When the database cannot be written.
pub async fn replace_password(
    tx: &mut Tx,
    id: Uuid,
    email: &str,
    password_hash: &str,
) -> sqlx::Result<bool> {
    const SET: &str = "update users set password_hash = $3, security_stamp = $4 \
         where id = $1 and email_key = $2 and active";
    within!(tx, |c| {
        sqlx::query(SET)
            .bind(id)
            .bind(key(email))
            .bind(password_hash)
            .bind(new_stamp())
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })
}

/// Holds an active account until the transaction ends: nobody changes what opens it meanwhile.
/// Gives its security stamp.
///
/// # Errors
/// When the database cannot be written.
pub async fn hold(tx: &mut Tx, id: Uuid) -> sqlx::Result<Option<Vec<u8>>> {
    const HOLD: &str =
        "update users set active = active where id = $1 and active returning security_stamp";
    within!(tx, |c| sqlx::query_scalar(HOLD).bind(id).fetch_optional(c).await)
}

/// Begins what somebody does, and holds their account. Whoever was shut out since their request
/// began, or may do less by now, has another stamp, and changes nothing any more.
///
/// # Errors
/// [`Error::Unauthenticated`].
pub async fn begin(db: &Db, user: &User) -> Result<Tx, Failure> {
    let mut tx = db.begin().await?;
    let stamp = hold(&mut tx, user.id).await?;
    let same = stamp.is_some_and(|stamp| stamp == user.security_stamp);
    if same { Ok(tx) } else { Err(Error::Unauthenticated.into()) }
}

/// A role that is taken away, and an account that is shut out, have another stamp: what somebody
/// was allowed when their request began, they may not be any more. For what is done to somebody
/// else, whose account is held instead.
///
/// # Errors
/// [`Error::Unauthenticated`].
pub async fn still_has_the_right(tx: &mut Tx, user: &User) -> Result<(), Failure> {
    const SAME: &str =
        "select count(*) from users where id = $1 and security_stamp = $2 and active";
    let same: i64 = within!(tx, |c| {
        sqlx::query_scalar(SAME).bind(user.id).bind(&user.security_stamp).fetch_one(c).await
    })?;
    if same == 1 { Ok(()) } else { Err(Error::Unauthenticated.into()) }
}

/// Renews the security stamp of an account that is as `user` was read. To be followed by
/// [`end_access`].
///
/// # Errors
/// [`Error::Unauthenticated`] when it is not: then somebody else was faster.
pub async fn renew_stamp(tx: &mut Tx, user: &User) -> Result<(), Failure> {
    const RENEW: &str = "update users set security_stamp = $3 \
         where id = $1 and security_stamp = $2 and active";
    let renewed = within!(tx, |c| {
        sqlx::query(RENEW)
            .bind(user.id)
            .bind(&user.security_stamp)
            .bind(new_stamp())
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })?;
    if renewed { Ok(()) } else { Err(Error::Unauthenticated.into()) }
}

/// Takes the account's password away, and gives it another security stamp; says whether it was
/// active, or closed and to be taken back, which makes it active. To be followed by
/// [`end_access`].
///
/// # Errors
/// When the database cannot be written.
pub async fn lock_out(
    tx: &mut Tx,
    id: Uuid,
    hash_of_nothing: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    const LOCK: &str = "update users set password_hash = $2, security_stamp = $3, active = true \
         where id = $1 and (active or (leaves_at > $4 and not barred))";
    within!(tx, |c| {
        sqlx::query(LOCK)
            .bind(id)
            .bind(hash_of_nothing)
            .bind(new_stamp())
            .bind(now)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })
}

/// Ends the account's sessions, log-ins that wait for their second step, and every link that was
/// mailed for it but for those that only take rights away ([`undo`](crate::server::undo)), and the one
/// that takes a closed account back: it was promised for a fortnight.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_access(tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
    const SESSIONS: &str = "delete from sessions where user_id = $1";
    const PENDING: &str = "delete from pending_log_ins where user_id = $1";
    const LINKS: &str = "delete from account_tokens where user_id = $1 and purpose <> 'take_back'";
    for end in [SESSIONS, PENDING, LINKS] {
        within!(&mut *tx, |c| sqlx::query(end).bind(id).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

/// Sixteen random bytes. `Uuid::new_v4` draws 122 random bits from the operating system.
pub(super) fn new_stamp() -> Vec<u8> {
    Uuid::new_v4().as_bytes().to_vec()
}
