//! Recovery codes: the way in for whoever has lost the second factor.

use anyhow::Context;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::{
    AppState,
    auth::Client,
    db::{Tx, within},
    factors,
    failure::Failure,
    key::SiteKey,
    mail::{letters::Letter, outbox},
    security_log,
    users::{self, User},
};
use crate::{domain::security::EventKind, error::Error};

/// As many as fit a slip of paper.
pub const CODES: usize = 10;

/// 80 bits each, sixteen letters: nobody guesses one, however often they may try.
const BYTES: usize = 10;

/// A recovery code, as it was typed. It has no `Debug`, `Display` or `Serialize`, so it cannot
/// be printed by accident.
pub struct RecoveryCode([u8; BYTES]);

impl RecoveryCode {
    /// In whatever case; a 0 that is an O and a 1 that is an I are read as such, since there is
    /// neither in a code.
    pub fn parse(bare: &str) -> Option<Self> {
        let letters = bare.to_ascii_uppercase().replace('0', "O").replace('1', "I");
        BASE32_NOPAD.decode(letters.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    fn make() -> anyhow::Result<Self> {
        let mut code = [0_u8; BYTES];
        getrandom::fill(&mut code).context("the system gives no random numbers")?;
        Ok(Self(code))
    }

    /// In groups of four, as it is written down.
    fn shown(&self) -> String {
        grouped(&BASE32_NOPAD.encode(&self.0), "-")
    }

    /// What the database knows it by. A fast hash is enough: against 80 random bits no speed
    /// helps, which would against a password. It is keyed, so that a copy of the database
    /// holds nothing to try codes on.
    fn hash(&self, key: &SiteKey, user: Uuid) -> anyhow::Result<Vec<u8>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key.derive("recovery codes"))?;
        mac.update(user.as_bytes());
        mac.update(&self.0);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

/// Letters in groups of four, which eyes and fingers keep apart.
pub fn grouped(letters: &str, between: &str) -> String {
    let letters: Vec<char> = letters.chars().collect();
    let groups = letters.chunks(4).map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(between)
}

/// Makes ten codes in place of those that the account has, to be shown once.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn make(tx: &mut Tx, key: &SiteKey, user: Uuid) -> Result<Vec<String>, Failure> {
    const INSERT: &str = "insert into recovery_codes (hash, user_id) values ($1, $2)";
    forget(tx, user).await?;
    let mut shown = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let code = RecoveryCode::make()?;
        let hash = code.hash(key, user)?;
        within!(&mut *tx, |c| {
            sqlx::query(INSERT).bind(&hash).bind(user).execute(c).await.map(|_| ())
        })?;
        shown.push(code.shown());
    }
    Ok(shown)
}

/// Makes codes for an account that has none, because it has got its first second factor.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn make_first(tx: &mut Tx, key: &SiteKey, user: Uuid) -> Result<Vec<String>, Failure> {
    const LEFT: &str = "select count(*) from recovery_codes where user_id = $1";
    let left: i64 = within!(&mut *tx, |c| sqlx::query_scalar(LEFT).bind(user).fetch_one(c).await)?;
    if left > 0 { Ok(Vec::new()) } else { make(tx, key, user).await }
}

/// Throws away the account's codes.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    const FORGET: &str = "delete from recovery_codes where user_id = $1";
    within!(tx, |c| sqlx::query(FORGET).bind(user).execute(c).await.map(|_| ()))
}

/// Uses a code up; says whether it was there to be used. Of many at once one hears yes.
///
/// # Errors
/// When the database cannot be written.
pub async fn spend(
    tx: &mut Tx,
    key: &SiteKey,
    user: Uuid,
    code: &RecoveryCode,
) -> Result<bool, Failure> {
    const SPEND: &str = "delete from recovery_codes where hash = $1 and user_id = $2";
    let hash = code.hash(key, user)?;
    Ok(within!(tx, |c| {
        sqlx::query(SPEND)
            .bind(&hash)
            .bind(user)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })?)
}

/// Makes new codes for an account that has a second factor; the old ones are void.
///
/// # Errors
/// [`Error::NotFound`] without a second factor, which codes would be in place of;
/// [`Error::TooMany`];
/// [`Error::Unauthenticated`] when the account changed meanwhile.
pub async fn renew(state: &AppState, client: &Client, user: &User) -> Result<Vec<String>, Failure> {
    if !user.second_factor() {
        return Err(Error::NotFound.into());
    }
    factors::count_change(state, user).await?;
    let now = state.clock.now();
    let mut tx = users::begin(&state.db, user).await?;
    let codes = make(&mut tx, &state.key, user.id).await?;
    let what = EventKind::RecoveryCodesMade;
    security_log::write(&mut tx, user.id, what, Some(client), now).await?;
    outbox::put(&mut tx, &Letter::factors_changed(user, what), now).await?;
    tx.commit().await?;
    state.mail.wake();
    tracing::info!(event = "recovery_codes_made", user = %user.id, address = %client.address);
    Ok(codes)
}
