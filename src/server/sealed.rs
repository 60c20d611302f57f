//! What the database keeps and cannot read: encrypted by keys that are derived from the site's.

use std::path::Path;

use anyhow::{Context, bail};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use uuid::Uuid;

use super::{
    db::{Db, reading, writing},
    key::SiteKey,
};

/// XChaCha20-Poly1305's nonce: long enough to be drawn at random for each message.
const NONCE: usize = 24;

/// Encrypts a secret of that account. It opens for this purpose and this account alone: a row
/// that is copied to somebody else's account opens nothing there.
///
/// # Errors
/// When the system gives no randomness.
pub fn seal(key: &SiteKey, purpose: &str, owner: Uuid, secret: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut nonce = [0_u8; NONCE];
    getrandom::fill(&mut nonce).context("the system gives no random numbers")?;
    let message = Payload { msg: secret, aad: owner.as_bytes() };
    let sealed = cipher(key, purpose).encrypt(&XNonce::from(nonce), message);
    let sealed = sealed.map_err(|_| anyhow::anyhow!("a secret cannot be encrypted"))?;
    Ok([&nonce[..], &sealed].concat())
}

/// The reverse of [`seal`].
///
/// # Errors
/// When it was sealed by another key, for another purpose or account, or changed since.
pub fn open(key: &SiteKey, purpose: &str, owner: Uuid, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
    let parts = sealed.split_first_chunk::<NONCE>();
    let (nonce, sealed) = parts.context("a sealed secret is too short")?;
    let message = Payload { msg: sealed, aad: owner.as_bytes() };
    let secret = cipher(key, purpose).decrypt(&XNonce::from(*nonce), message);
    secret
        .map_err(|_| anyhow::anyhow!("a sealed secret was not sealed by this key, or was changed"))
}

fn cipher(key: &SiteKey, purpose: &str) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(key.derive(purpose)))
}

/// Notes by which key secrets are encrypted here, or finds that it is another one than it was:
/// with a lost key nobody's second factor would be right any more, and nobody would know why.
///
/// # Errors
/// One sentence, when the database holds what another key has encrypted.
pub async fn check_key(db: &Db, key: &SiteKey, file: &Path) -> anyhow::Result<()> {
    const FOUND: &str = "select fingerprint from site_key";
    const HELD: &str =
        "select (select count(*) from authenticators) + (select count(*) from recovery_codes)";
    const NOTE: &str = "insert into site_key (only_one, fingerprint) values (true, $1) \
         on conflict (only_one) do update set fingerprint = excluded.fingerprint";
    // What is derived for one purpose says nothing about the key, nor about any other.
    let fingerprint = key.derive("fingerprint").to_vec();
    let found: Option<Vec<u8>> =
        reading!(db, |pool| sqlx::query_scalar(FOUND).fetch_optional(pool).await)?;
    if found.as_ref() == Some(&fingerprint) {
        return Ok(());
    }
    let held: i64 = reading!(db, |pool| sqlx::query_scalar(HELD).fetch_one(pool).await)?;
    if found.is_some() && held > 0 {
        bail!(
            "the key in {} is not the one that the second factors in the database were encrypted with; \
             put the file back from its copy (BYLINE_KEY_FILE), or, if it is lost, switch off each account's \
             with `byline user reset-factors`",
            file.display()
        );
    }
    writing!(db, |pool| sqlx::query(NOTE).bind(&fingerprint).execute(pool).await.map(|_| ()))?;
    Ok(())
}
