//! What the links in mails open: made just before a mail is sent, kept as a hash, good for one
//! use, one account, one purpose and the address that it was mailed to.

use std::time::Duration;

use anyhow::Context;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    clock::Timestamp,
    db::{Db, Tx, reading, within, writing},
    failure::Failure,
    leaving::GRACE,
    users::User,
};
use crate::domain::token::TypedToken;

/// Long enough to find the mail, short enough that a mailbox left open is no key.
pub const LIFE_OF_RESET: Duration = Duration::from_secs(15 * 60);

/// An hour: the mail may have to be looked for in a mailbox that is seldom used, and the link
/// alone opens nothing, since whoever uses it has to be logged in.
const LIFE_OF_EMAIL_CHANGE: Duration = Duration::from_secs(60 * 60);

/// As long as a letter is tried to be delivered.
const LIFE_OF_PROMISE: Duration = Duration::from_secs(48 * 60 * 60);

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To set a new password without the old one.
    ResetPassword,
    /// To give an account the address that it was mailed to.
    ChangeEmail,
    /// To take a deleted account back.
    TakeBack,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Purpose::ResetPassword => "reset_password",
            Purpose::ChangeEmail => "change_email",
            Purpose::TakeBack => "take_back",
        }
    }

    const fn lifetime(self) -> Duration {
        match self {
            Purpose::ResetPassword => LIFE_OF_RESET,
            Purpose::ChangeEmail => LIFE_OF_EMAIL_CHANGE,
            // The account has an end of its own, which comes before that.
            Purpose::TakeBack => GRACE,
        }
    }
}

/// A token on its way into a mail. It has no `Debug`, `Display` or `Serialize`, so it cannot be
/// printed by accident.
pub struct Token(String);

impl Token {
    /// 256 random bits, in hexadecimal digits.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn random() -> Result<Self, Failure> {
        let mut random = [0_u8; 32];
        getrandom::fill(&mut random).context("the system gives no random numbers")?;
        Ok(Self(HEXLOWER.encode(&random)))
    }

    /// For the link.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The statement that stores a token in the place of a former one for the same purpose.
const PUT: &str = "insert into account_tokens (hash, user_id, purpose, email, created_at, expires_at) \
     values ($1, $2, $3, $4, $5, $6) on conflict (user_id, purpose) do update set \
     hash = excluded.hash, email = excluded.email, created_at = excluded.created_at, \
     expires_at = excluded.expires_at";

/// Makes a token for whoever reads mail at the account's address; it takes the place of a
/// former one for the same purpose.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn mint(
    db: &Db,
    user: &User,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Token, Failure> {
    mint_for(db, user.id, &user.email, purpose, now).await
}

/// The same for an account that nobody can log in to.
///
/// # Errors
/// As [`mint`].
pub async fn mint_for(
    db: &Db,
    user: Uuid,
    email: &str,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Token, Failure> {
    let token = Token::random()?;
    writing!(db, |pool| {
        sqlx::query(PUT)
            .bind(hash(token.expose()))
            .bind(user)
            .bind(purpose.name())
            .bind(email)
            .bind(now)
            .bind(now.after(purpose.lifetime()))
            .execute(pool)
            .await
            .map(|_| ())
    })?;
    Ok(token)
}

/// Promises a token for that address; it takes the place of a former one for the same purpose,
/// made or promised. Whatever kills tokens withdraws a promise: a letter that is still waiting
/// then brings no link ([`keep_promise`]).
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn promise(
    tx: &mut Tx,
    user: Uuid,
    purpose: Purpose,
    email: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    // Of a token that nobody will ever see.
    let nothing = hash(Token::random()?.expose());
    Ok(within!(tx, |c| {
        sqlx::query(PUT)
            .bind(nothing)
            .bind(user)
            .bind(purpose.name())
            .bind(email)
            .bind(now)
            .bind(now.after(LIFE_OF_PROMISE))
            .execute(c)
            .await
            .map(|_| ())
    })?)
}

/// Makes the token that was promised for that address; none, if it was withdrawn or used since.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn keep_promise(
    db: &Db,
    user: Uuid,
    purpose: Purpose,
    email: &str,
    now: Timestamp,
) -> Result<Option<Token>, Failure> {
    const KEEP: &str = "update account_tokens set hash = $1, expires_at = $5 \
         where user_id = $2 and purpose = $3 and email = $4 and expires_at > $6";
    let token = Token::random()?;
    let kept = writing!(db, |pool| {
        sqlx::query(KEEP)
            .bind(hash(token.expose()))
            .bind(user)
            .bind(purpose.name())
            .bind(email)
            .bind(now.after(purpose.lifetime()))
            .bind(now)
            .execute(pool)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok((kept == 1).then_some(token))
}

/// The address that a token was promised to or made for, as long as it is good.
///
/// # Errors
/// When the database cannot be read.
pub async fn pending(
    db: &Db,
    user: Uuid,
    purpose: Purpose,
    now: Timestamp,
) -> sqlx::Result<Option<String>> {
    const PENDING: &str = "select email from account_tokens \
         where user_id = $1 and purpose = $2 and expires_at > $3";
    reading!(db, |pool| {
        let pending = sqlx::query_scalar(PENDING).bind(user).bind(purpose.name());
        pending.bind(now).fetch_optional(pool).await
    })
}

/// Whose token that is, and the address that it was mailed to, as long as it is good.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(
    db: &Db,
    token: &TypedToken,
    purpose: Purpose,
    now: Timestamp,
) -> sqlx::Result<Option<(Uuid, String)>> {
    const FIND: &str = "select user_id, email from account_tokens \
         where hash = $1 and purpose = $2 and expires_at > $3";
    reading!(db, |pool| {
        sqlx::query_as(FIND)
            .bind(hash(token.expose()))
            .bind(purpose.name())
            .bind(now)
            .fetch_optional(pool)
            .await
    })
}

/// Uses a token up; says whether it was there to be used. Of many at once one hears yes.
///
/// # Errors
/// When the database cannot be written.
pub async fn spend(
    tx: &mut Tx,
    token: &TypedToken,
    purpose: Purpose,
    now: Timestamp,
) -> sqlx::Result<bool> {
    const SPEND: &str =
        "delete from account_tokens where hash = $1 and purpose = $2 and expires_at > $3";
    within!(tx, |c| {
        sqlx::query(SPEND)
            .bind(hash(token.expose()))
            .bind(purpose.name())
            .bind(now)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })
}

/// Throws away the tokens whose time is over.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from account_tokens where expires_at <= $1";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}

/// Plain SHA-256 is enough here: a token is 256 random bits, not a password.
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}
