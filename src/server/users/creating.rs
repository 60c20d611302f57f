//! Making accounts.

use uuid::Uuid;

use super::{add_role, key, new_stamp, note_proof};
use crate::{
    domain::{
        administration::Action,
        email::EmailAddress,
        field::{Field, Problem},
        role::Role,
        username::Username,
    },
    error::Error,
    server::{
        audit::{self, By},
        clock::Timestamp,
        db::{Db, Tx, reading, violated, within},
        emails,
        failure::Failure,
        names,
    },
};

/// An account about to be made.
pub struct NewUser {
    /// The public name.
    pub username: Username,
    /// The address.
    pub email: EmailAddress,
    /// PHC format.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
}

/// Makes an account. The database decides whether name and address are free.
///
/// # Errors
/// [`Error::Invalid`] naming each of the two that is taken.
pub async fn create(db: &Db, new: &NewUser, now: Timestamp) -> Result<Uuid, Failure> {
    make(db, new, None, now).await
}

/// Makes an account, as the command line says.
///
/// # Errors
/// As [`create`].
pub async fn create_by_command(db: &Db, new: &NewUser, now: Timestamp) -> Result<Uuid, Failure> {
    make(db, new, Some(&By::command_line(now)), now).await
}

async fn make(
    db: &Db,
    new: &NewUser,
    by: Option<&By<'_>>,
    now: Timestamp,
) -> Result<Uuid, Failure> {
    let id = Uuid::now_v7();
    let mut tx = db.begin().await?;
    let made = async {
        insert(&mut tx, id, new, now).await?;
        let Some(by) = by else { return Ok(()) };
        // Whoever runs the site says whose the address is.
        note_proof(&mut tx, id, now).await?;
        let on = (id, new.username.as_str());
        audit::write(&mut tx, by, on, Action::Created, new.role.name()).await
    };
    match made.await {
        Ok(()) => {
            tx.commit().await?;
            Ok(id)
        }
        Err(error) if violated(&error).is_some() => {
            drop(tx);
            Err(taken(db, new, now).await?.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes an account into a transaction.
///
/// # Errors
/// When the database cannot be written, or name or address is taken ([`violated`], [`taken`]).
pub async fn insert(tx: &mut Tx, id: Uuid, new: &NewUser, now: Timestamp) -> sqlx::Result<()> {
    const INSERT: &str = "insert into users (id, username, email, username_key, email_key, password_hash, active, \
         security_stamp, created_at) values ($1, $2, $3, $4, $5, $6, true, $7, $8)";
    within!(tx, |c| {
        sqlx::query(INSERT)
            .bind(id)
            .bind(new.username.as_str())
            .bind(new.email.as_str())
            .bind(key(new.username.as_str()))
            .bind(key(new.email.as_str()))
            .bind(&new.password_hash)
            .bind(new_stamp())
            .bind(now)
            .execute(c)
            .await
            .map(|_| ())
    })?;
    names::reserve(tx, id, &new.username, now).await?;
    emails::reserve(tx, id, &new.email, now).await?;
    add_role(tx, id, new.role).await
}

/// The statement that failed ran into one index; the form wants to hear of both.
///
/// # Errors
/// When the database cannot be read.
pub async fn taken(db: &Db, new: &NewUser, now: Timestamp) -> Result<Error, Failure> {
    const TAKEN: &str = "select count(*) from usernames where name_key = $1";
    let name = key(new.username.as_str());
    let names: i64 =
        reading!(db, |pool| sqlx::query_scalar(TAKEN).bind(&name).fetch_one(pool).await)?;
    let holder = emails::holder(db, new.email.as_str(), now).await?;
    let fields = [(names > 0, Field::Username), (holder.is_some(), Field::Email)];
    Ok(Error::Invalid(
        fields.into_iter().filter(|(hit, _)| *hit).map(|(_, f)| (f, Problem::Taken)).collect(),
    ))
}
