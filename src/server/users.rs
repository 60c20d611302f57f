//! Accounts: rules and SQL. What opens one, and what ends with that, is in [`access`].

mod access;
mod creating;

use std::fmt;

use sqlx::FromRow;
use uuid::Uuid;

use self::access::new_stamp;
pub use self::access::{
    begin, change_password, end_access, hold, lock_out, renew_stamp, replace_password,
    set_password, shut_out, still_has_the_right, upgrade_hash,
};
pub use self::creating::{NewUser, create, create_by_command, insert, taken};
use super::{
    administration,
    audit::By,
    clock::Timestamp,
    db::{Db, Tx, reading, within},
    failure::Failure,
};
use crate::domain::role::{Permission, Role};

/// Somebody with an account, as a request needs them.
#[derive(Clone, FromRow)]
pub struct User {
    /// The key.
    pub id: Uuid,
    /// The public name.
    pub username: String,
    /// The address.
    pub email: String,
    /// When the account began.
    pub created_at: Timestamp,
    /// Renewed with whatever must end the sessions. Secret: it stands for a log-in.
    pub security_stamp: Vec<u8>,
    /// Whether an app shows them digits.
    pub authenticator: bool,
    /// Whether they have passkeys.
    pub passkeys: bool,
    /// Whether the address was proved to be theirs.
    pub proved: bool,
    /// Role names, separated by commas.
    roles: String,
}

impl User {
    /// Whether the password alone is not enough.
    pub fn second_factor(&self) -> bool {
        self.authenticator || self.passkeys
    }

    /// What they may do.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.roles.split(',').filter_map(Role::from_name)
    }

    /// Whether one of their roles lets them do that.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles().any(|role| role.may(permission))
    }
}

/// For logs: who, and nothing else.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({})", self.id)
    }
}

/// What a log-in looks up: the account and the hash that its password is compared with.
#[derive(FromRow)]
pub struct Credential {
    /// The key.
    pub user_id: Uuid,
    /// PHC format.
    pub password_hash: String,
    /// A deactivated account cannot log in.
    pub active: bool,
    /// The account's security stamp when the hash was read.
    pub security_stamp: Vec<u8>,
}

/// The active account with that key.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &Db, id: Uuid) -> sqlx::Result<Option<User>> {
    find_if(db, id, None).await
}

/// The account with that key, be it one that its owner, or somebody in their name, has closed and
/// that can still be taken back.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_even_closed(db: &Db, id: Uuid, now: Timestamp) -> sqlx::Result<Option<User>> {
    find_if(db, id, Some(now)).await
}

/// What a [`User`] is read from, and `$more` with it: the account whose key is `$1`, if.
macro_rules! select_user {
    ($more:literal) => {
        concat!(
            "select id, username, email, created_at, security_stamp, \
             exists (select 1 from authenticators where user_id = users.id) as authenticator, \
             exists (select 1 from passkeys where user_id = users.id) as passkeys, \
             confirmed_at is not null as proved, \
             coalesce((select string_agg(role, ',') from user_roles where user_id = users.id), '') as roles",
            $more,
            " from users where id = $1 and "
        )
    };
}

pub(super) use select_user;

/// The active account with that key, as the transaction has left it.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_within(tx: &mut Tx, id: Uuid) -> sqlx::Result<Option<User>> {
    const FIND: &str = concat!(select_user!(""), "active");
    within!(tx, |c| sqlx::query_as(FIND).bind(id).fetch_optional(c).await)
}

async fn find_if(db: &Db, id: Uuid, closed: Option<Timestamp>) -> sqlx::Result<Option<User>> {
    const FIND: &str = concat!(select_user!(""), "(active or (leaves_at > $2 and not barred))");
    reading!(db, |pool| sqlx::query_as(FIND).bind(id).bind(closed).fetch_optional(pool).await)
}

/// What was typed as a name or an address, as the columns `username_key` and `email_key`
/// have it. Only ASCII is folded, and here and not in SQL, so that it is folded alike in
/// every database whatever its locale.
pub fn key(typed: &str) -> String {
    typed.trim().to_ascii_lowercase()
}

/// What belongs to a username or an e-mail address, whatever its case. A name never has an
/// `@`, so one lookup serves both and takes the same steps for each.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_credential(db: &Db, identity: &str) -> sqlx::Result<Option<Credential>> {
    const FIND: &str = "select id as user_id, password_hash, active, security_stamp from users \
         where email_key = $1 or username_key = $1";
    let identity = key(identity);
    reading!(db, |pool| sqlx::query_as(FIND).bind(&identity).fetch_optional(pool).await)
}

/// What the password of somebody who is logged in is compared with.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_own_credential(db: &Db, id: Uuid) -> sqlx::Result<Option<Credential>> {
    const FIND: &str = "select id as user_id, password_hash, active, security_stamp from users \
         where id = $1";
    reading!(db, |pool| sqlx::query_as(FIND).bind(id).fetch_optional(pool).await)
}

/// The public name and beginning of the active account that has that name or had it once,
/// whatever its case.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_public(
    db: &Db,
    username: &str,
) -> sqlx::Result<Option<(Uuid, String, Timestamp)>> {
    const FIND: &str = "select users.id, users.username, users.created_at from usernames \
         join users on users.id = usernames.user_id where name_key = $1 and active";
    reading!(db, |pool| sqlx::query_as(FIND).bind(key(username)).fetch_optional(pool).await)
}

/// The active account that has that name or had it once, whatever its case.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_named(db: &Db, username: &str) -> sqlx::Result<Option<User>> {
    match find_public(db, username).await? {
        Some((id, ..)) => find(db, id).await,
        None => Ok(None),
    }
}

/// The public name of that account, be it deactivated.
///
/// # Errors
/// When the database cannot be read.
pub async fn name_of(db: &Db, id: Uuid) -> sqlx::Result<Option<String>> {
    const NAME: &str = "select username from users where id = $1";
    reading!(db, |pool| sqlx::query_scalar(NAME).bind(id).fetch_optional(pool).await)
}

/// The name and the address of an account, whatever the case of its name.
///
/// # Errors
/// When the database cannot be read.
pub async fn names(db: &Db, username: &str) -> sqlx::Result<Option<(String, String)>> {
    const FIND: &str = "select username, email from users where username_key = $1";
    reading!(db, |pool| sqlx::query_as(FIND).bind(key(username)).fetch_optional(pool).await)
}

/// Whether anybody who can log in looks after the site.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_administrator(db: &Db) -> sqlx::Result<bool> {
    const FIND: &str = "select count(*) from users where active and id in \
         (select user_id from user_roles where role = 'administrator')";
    let n: i64 = reading!(db, |pool| sqlx::query_scalar(FIND).fetch_one(pool).await)?;
    Ok(n > 0)
}

/// Whoever changes who looks after the site waits from here for the end of this transaction.
/// Taken before any account's row, so that two of these never wait for each other; on SQLite
/// there is one writer anyway.
///
/// # Errors
/// When the database cannot be written.
pub async fn hold_administrators(tx: &mut Tx) -> sqlx::Result<()> {
    // A write that changes nothing.
    const HOLD: &str = "update roles set description = description where name = 'administrator'";
    within!(tx, |c| sqlx::query(HOLD).execute(c).await.map(|_| ()))
}

/// Whether nobody who can log in would look after the site without that account: it does, and
/// it is the only one. Of two administrators who remove each other at once the second hears
/// yes, because of [`hold_administrators`]: so it is asked before the account's row is touched.
///
/// # Errors
/// When the database cannot be written.
pub async fn would_leave_no_administrator(tx: &mut Tx, without: Uuid) -> sqlx::Result<bool> {
    const COUNT: &str = "select coalesce(sum(case when id = $1 then 1 else 0 end), 0), count(*) from users \
         where active and id in (select user_id from user_roles where role = 'administrator')";
    hold_administrators(&mut *tx).await?;
    let (this_one, all): (i64, i64) =
        within!(tx, |c| sqlx::query_as(COUNT).bind(without).fetch_one(c).await)?;
    Ok(this_one == 1 && all == 1)
}

async fn add_role(tx: &mut Tx, id: Uuid, role: Role) -> sqlx::Result<()> {
    const ADD: &str = "insert into user_roles (user_id, role) values ($1, $2)";
    within!(tx, |c| sqlx::query(ADD).bind(id).bind(role.name()).execute(c).await.map(|_| ()))
}

/// Notes that the account's address was proved to be its owner's.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_proof(tx: &mut Tx, id: Uuid, now: Timestamp) -> sqlx::Result<()> {
    const NOTE: &str = "update users set confirmed_at = $2 where id = $1";
    within!(tx, |c| sqlx::query(NOTE).bind(id).bind(now).execute(c).await.map(|_| ()))
}

/// Notes that the account's address was proved, if it was not before; says whether it was not.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_first_proof(tx: &mut Tx, id: Uuid, now: Timestamp) -> sqlx::Result<bool> {
    const NOTE: &str = "update users set confirmed_at = $2 where id = $1 and confirmed_at is null";
    within!(tx, |c| {
        let done = sqlx::query(NOTE).bind(id).bind(now).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

/// Lets the account log in, or no longer, as the command line says; either way its sessions end.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::LastAdministrator`].
pub async fn set_active(
    db: &Db,
    username: &str,
    active: bool,
    now: Timestamp,
) -> Result<(), Failure> {
    let by = By::command_line(now);
    administration::set_active(db, &by, username, active, true).await.map(|_| ())
}

/// Gives the account one role in place of those it has, as the command line says; its sessions
/// end.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::LastAdministrator`].
pub async fn set_role(db: &Db, username: &str, role: Role, now: Timestamp) -> Result<(), Failure> {
    let by = By::command_line(now);
    administration::set_role(db, &by, username, role, true).await.map(|_| ())
}

/// Gives the account one role in place of those it has. To be followed by [`shut_out`].
///
/// # Errors
/// When the database cannot be written.
pub async fn replace_roles(tx: &mut Tx, id: Uuid, role: Role) -> sqlx::Result<()> {
    const CLEAR: &str = "delete from user_roles where user_id = $1";
    within!(&mut *tx, |c| sqlx::query(CLEAR).bind(id).execute(c).await.map(|_| ()))?;
    add_role(tx, id, role).await
}

/// [`User::second_factor`], in the midst of a change.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_second_factor(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    const COUNT: &str = "select (select count(*) from authenticators where user_id = $1) \
         + (select count(*) from passkeys where user_id = $1)";
    let n: i64 = within!(tx, |c| sqlx::query_scalar(COUNT).bind(id).fetch_one(c).await)?;
    Ok(n > 0)
}
