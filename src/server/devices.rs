//! Devices that are known: what tells the owner of an account from strangers who guess at it.
//!
//! Whoever has logged in gets a signed mark into the browser (OWASP's "device cookies"). Guesses
//! at this account from there are counted apart, so strangers' failures hold up strangers alone;
//! and whoever steals a mark has as many guesses as its owner. It opens nothing, lifts no limit of
//! an address or a network, and says of no account that there is one: it is read after the account
//! was found, and one that is good for it was made when its password was known.

use std::{iter, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::{
    AppState,
    clock::Timestamp,
    context, cookies,
    failure::Failure,
    key::SiteKey,
    users::{Credential, User},
};

/// The cookie's name.
const COOKIE: &str = "device";

/// As long as the longest session: whoever has not logged in here for so long is a stranger.
const LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// How many people's marks a browser keeps, the last ones': a family's, and no cookie that grows.
const PEOPLE: usize = 3;

/// That an account was logged in to from a device. What it is signed with covers the security
/// stamp as well: whatever ends an account's sessions makes strangers of all its devices.
struct Mark {
    account: Uuid,
    device: Uuid,
    issued: Timestamp,
    signature: [u8; 32],
}

impl Mark {
    fn new(key: &SiteKey, user: &User, device: Uuid, issued: Timestamp) -> anyhow::Result<Self> {
        let mac = mac(key, user.id, device, issued, &user.security_stamp)?;
        let signature = mac.finalize().into_bytes().into();
        Ok(Self { account: user.id, device, issued, signature })
    }

    fn is_good(&self, key: &SiteKey, stamp: &[u8], now: Timestamp) -> bool {
        let mac = mac(key, self.account, self.device, self.issued, stamp);
        mac.is_ok_and(|mac| mac.verify_slice(&self.signature).is_ok())
            && now < self.issued.after(LIFE)
    }

    fn encode(&self) -> String {
        let parts: [&[u8]; 4] = [
            self.account.as_bytes(),
            self.device.as_bytes(),
            &self.issued.to_bytes(),
            &self.signature,
        ];
        BASE64URL_NOPAD.encode(&parts.concat())
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (account, bytes) = bytes.split_first_chunk()?;
        let (device, bytes) = bytes.split_first_chunk()?;
        let (issued, signature) = bytes.split_first_chunk()?;
        Some(Self {
            account: Uuid::from_bytes(*account),
            device: Uuid::from_bytes(*device),
            issued: Timestamp::from_bytes(*issued),
            signature: signature.try_into().ok()?,
        })
    }
}

fn mac(
    key: &SiteKey,
    account: Uuid,
    device: Uuid,
    issued: Timestamp,
    stamp: &[u8],
) -> anyhow::Result<Hmac<Sha256>> {
    let mut mac = Hmac::new_from_slice(&key.derive("known devices"))?;
    // All but the last have one length each, so no two marks are the same bytes.
    for part in [account.as_bytes(), device.as_bytes(), &issued.to_bytes()[..], stamp] {
        mac.update(part);
    }
    Ok(mac)
}

/// The device that asks, if that account was logged in to from it.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn known(
    state: &AppState,
    account: Option<&Credential>,
    now: Timestamp,
) -> Result<Option<Uuid>, Failure> {
    let Some(Credential { user_id, security_stamp, .. }) = account else { return Ok(None) };
    let mut marks = marks()?.into_iter();
    let good =
        |mark: &Mark| mark.account == *user_id && mark.is_good(&state.key, security_stamp, now);
    Ok(marks.find(good).map(|mark| mark.device))
}

/// Marks the browser that asks as that person's, in the answer: they have proved who they are.
/// What it was called stays, and other people's marks do.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn mark(user: &User) -> Result<(), Failure> {
    let (state, marks) = (context::state()?, marks()?);
    let now = state.clock.now();
    let (own, others): (Vec<Mark>, Vec<Mark>) =
        marks.into_iter().partition(|mark| mark.account == user.id);
    let before = own.iter().find(|mark| mark.is_good(&state.key, &user.security_stamp, now));
    let device = before.map_or_else(Uuid::new_v4, |mark| mark.device);
    let own = Mark::new(&state.key, user, device, now)?;
    let all = iter::once(&own).chain(others.iter().take(PEOPLE - 1));
    let value = all.map(Mark::encode).collect::<Vec<_>>().join(".");
    let seconds = i64::try_from(LIFE.as_secs()).map_err(anyhow::Error::from)?;
    cookies::set(&state.config.origin, COOKIE, value, seconds);
    Ok(())
}

/// The marks that the request brings, whoever made them.
fn marks() -> Result<Vec<Mark>, Failure> {
    let cookie = context::cookie(COOKIE)?.unwrap_or_default();
    Ok(cookie.split('.').take(PEOPLE).filter_map(Mark::decode).collect())
}
