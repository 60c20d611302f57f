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
    users::User,
};
use crate::domain::token::TypedToken;

/// Long enough to find the mail, short enough that a mailbox left open is no key.
pub const LIFE_OF_RESET: Duration = Duration::from_secs(15 * 60);

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To set a new password without the old one.
    ResetPassword,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Purpose::ResetPassword => "reset_password",
        }
    }

    const fn lifetime(self) -> Duration {
        match self {
            Purpose::ResetPassword => LIFE_OF_RESET,
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
    const MINT: &str = "insert into account_tokens (hash, user_id, purpose, email, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6) on conflict (user_id, purpose) do update set \
         hash = excluded.hash, email = excluded.email, created_at = excluded.created_at, \
         expires_at = excluded.expires_at";
    let token = Token::random()?;
    writing!(db, |pool| {
        sqlx::query(MINT)
            .bind(hash(token.expose()))
            .bind(user.id)
            .bind(purpose.name())
            .bind(&user.email)
            .bind(now)
            .bind(now.after(purpose.lifetime()))
            .execute(pool)
            .await
            .map(|_| ())
    })?;
    Ok(token)
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
