//! Challenges that wait for their answer. Each is good for one, for five minutes, from whoever it
//! was put to.

use std::time::Duration;

use anyhow::Context;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tower_sessions::session::Id;
use uuid::Uuid;

use crate::server::{
    clock::Timestamp,
    db::{Db, writing},
    failure::Failure,
};

/// Five minutes: what browsers give a person to find their key and touch it.
pub const LIFE_S: i64 = 5 * 60;

const LIFE: Duration = Duration::from_secs(5 * 60);

/// What a good answer leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A log-in.
    LogIn,
    /// The end of a log-in whose password was right.
    SecondStep,
    /// A proof that it is still the same person.
    Prove,
    /// One more passkey for an account.
    Add,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Purpose::LogIn => "log_in",
            Purpose::SecondStep => "second_step",
            Purpose::Prove => "prove",
            Purpose::Add => "add",
        }
    }
}

/// What whoever answers must have, as a hash of it.
pub struct Binding(Vec<u8>);

impl Binding {
    /// The browser with this random value in a cookie.
    pub fn to_browser(secret: &str) -> Self {
        Self(Sha256::digest(format!("browser\n{secret}")).to_vec())
    }

    /// The browser with a log-in under way, by its cookie for that.
    pub fn to_step(cookie: &str) -> Self {
        Self(Sha256::digest(format!("step\n{cookie}")).to_vec())
    }

    /// The session of whoever is logged in: when it ends, so does what it was asked.
    pub fn to_session(id: &Id) -> Self {
        Self(Sha256::digest(format!("session\n{}", id.0)).to_vec())
    }
}

/// A random value for a cookie.
///
/// # Errors
/// When the system gives no randomness.
pub fn secret() -> anyhow::Result<String> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).context("the system gives no random numbers")?;
    Ok(HEXLOWER.encode(&random))
}

/// Writes down what was asked, of whom, and for what.
///
/// # Errors
/// When the database cannot be written.
pub async fn put(
    db: &Db,
    binding: &Binding,
    purpose: Purpose,
    user: Option<Uuid>,
    asked: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    const PUT: &str = "insert into passkey_challenges (binding, purpose, user_id, state, expires_at) \
         values ($1, $2, $3, $4, $5) on conflict (binding, purpose) do update set \
         user_id = excluded.user_id, state = excluded.state, expires_at = excluded.expires_at";
    writing!(db, |pool| {
        sqlx::query(PUT)
            .bind(&binding.0)
            .bind(purpose.name())
            .bind(user)
            .bind(asked)
            .bind(now.after(LIFE))
            .execute(pool)
            .await
            .map(|_| ())
    })
}

/// Uses a challenge up, and gives what was asked. Of many answers at once one hears it, and it is
/// used up whatever that answer is worth.
///
/// # Errors
/// When the database cannot be written.
pub async fn spend(
    db: &Db,
    binding: &Binding,
    purpose: Purpose,
    user: Option<Uuid>,
    now: Timestamp,
) -> Result<Option<String>, Failure> {
    const SPEND: &str = "delete from passkey_challenges where binding = $1 and purpose = $2 \
         and expires_at > $3 and coalesce(user_id, $4) = $5 returning state";
    // Nobody's is compared as that of a user that nobody is.
    let (nobody, user) = (Uuid::nil(), user.unwrap_or(Uuid::nil()));
    let asked = writing!(db, |pool| {
        sqlx::query_scalar(SPEND)
            .bind(&binding.0)
            .bind(purpose.name())
            .bind(now)
            .bind(nobody)
            .bind(user)
            .fetch_optional(pool)
            .await
    })?;
    Ok(asked)
}

/// Throws away the challenges that nobody answered in time.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from passkey_challenges where expires_at <= $1";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}
