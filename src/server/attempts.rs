//! Counting attempts, in the database, in one statement: two requests at once cannot both
//! be the last one allowed.

use std::{net::IpAddr, time::Duration};

use sha2::{Digest, Sha256};

use super::{
    clock::Timestamp,
    db::{Db, writing},
    failure::Failure,
};
use crate::error::Error;

/// A thing that is limited: who, what, how often.
#[derive(Clone, Debug)]
pub struct Budget {
    bucket: Vec<u8>,
    most: u32,
    window: Duration,
}

/// A quarter of an hour: ten guesses in it are 350,000 a year, against which a password of
/// twelve characters holds; a person who mistyped waits no longer than a coffee.
const LOG_IN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// An hour.
const REGISTER_WINDOW: Duration = Duration::from_secs(60 * 60);

impl Budget {
    /// Failed log-ins to what was typed as an identity, whether it exists or not.
    pub fn log_in_to(identity: &str, most: u32) -> Self {
        // Upper and lower case are the same account, so they are the same bucket.
        Self::new("log-in-to", &identity.trim().to_ascii_lowercase(), most, LOG_IN_WINDOW)
    }

    /// Failed log-ins from an address.
    pub fn log_in_from(address: IpAddr, most: u32) -> Self {
        Self::new("log-in-from", &prefix(address), most, LOG_IN_WINDOW)
    }

    /// New accounts from an address.
    pub fn register_from(address: IpAddr, most: u32) -> Self {
        Self::new("register-from", &prefix(address), most, REGISTER_WINDOW)
    }

    fn new(action: &str, who: &str, most: u32, window: Duration) -> Self {
        let bucket = Sha256::digest(format!("{action}\n{who}")).to_vec();
        Self { bucket, most, window }
    }

    /// Takes one attempt out, before the attempt is looked at.
    ///
    /// # Errors
    /// [`Error::TooMany`] when there is none left.
    pub async fn take(&self, db: &Db, now: Timestamp) -> Result<(), Failure> {
        const TAKE: &str = "insert into attempts (bucket, window_ends_at, count) values ($1, $2, 1) \
             on conflict (bucket) do update set \
             count = case when attempts.window_ends_at <= $3 then 1 else attempts.count + 1 end, \
             window_ends_at = case when attempts.window_ends_at <= $3 then excluded.window_ends_at else attempts.window_ends_at end \
             returning count, window_ends_at";
        let ends = now.after(self.window);
        let (count, ends): (i64, Timestamp) = writing!(db, |pool| {
            sqlx::query_as(TAKE).bind(&self.bucket).bind(ends).bind(now).fetch_one(pool).await
        })?;
        if count > i64::from(self.most) {
            return Err(Error::TooMany { retry_after_s: ends.seconds_since(now).max(1) }.into());
        }
        Ok(())
    }

    /// Puts one back: the attempt was a good one. Only that one; nobody else's failures.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn give_back(&self, db: &Db) -> sqlx::Result<()> {
        const GIVE_BACK: &str =
            "update attempts set count = count - 1 where bucket = $1 and count > 0";
        writing!(db, |pool| sqlx::query(GIVE_BACK)
            .bind(&self.bucket)
            .execute(pool)
            .await
            .map(|_| ()))
    }
}

/// Throws away the windows that have ended.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from attempts where window_ends_at <= $1";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}

/// What one customer of a provider has for themselves: a whole IPv4 address, a /64 of IPv6.
pub fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
