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

/// How somebody proved that a device is theirs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By the link in a mail. Whoever reads the mailbox marks as many devices as they like, so
    /// their guesses at a second factor are a stranger's.
    Mail,
    /// By a whole log-in, with all factors that the account has.
    LogIn,
}

/// That a device is somebody's. What it is signed with covers the account's security stamp as
/// well: whatever ends an account's sessions makes strangers of all its devices.
struct Mark {
    account: Uuid,
    device: Uuid,
    issued: Timestamp,
    proof: Proof,
    signature: [u8; 32],
}

impl Mark {
    fn new(
        key: &SiteKey,
        user: &User,
        device: Uuid,
        issued: Timestamp,
        proof: Proof,
    ) -> anyhow::Result<Self> {
        let mut mark = Self { account: user.id, device, issued, proof, signature: [0; 32] };
        mark.signature = mark.mac(key, &user.security_stamp)?.finalize().into_bytes().into();
        Ok(mark)
    }

    fn mac(&self, key: &SiteKey, stamp: &[u8]) -> anyhow::Result<Hmac<Sha256>> {
        let mut mac = Hmac::new_from_slice(&key.derive("known devices"))?;
        // All but the last have one length each, so no two marks are the same bytes.
        mac.update(self.account.as_bytes());
        mac.update(self.device.as_bytes());
        mac.update(&self.issued.to_bytes());
        mac.update(&[self.proof as u8]);
        mac.update(stamp);
        Ok(mac)
    }

    fn is_good(&self, key: &SiteKey, stamp: &[u8], now: Timestamp) -> bool {
        let mac = self.mac(key, stamp);
        mac.is_ok_and(|mac| mac.verify_slice(&self.signature).is_ok())
            && now < self.issued.after(LIFE)
    }

    fn encode(&self) -> String {
        let parts: [&[u8]; 5] = [
            self.account.as_bytes(),
            self.device.as_bytes(),
            &self.issued.to_bytes(),
            &[self.proof as u8],
            &self.signature,
        ];
        BASE64URL_NOPAD.encode(&parts.concat())
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (account, bytes) = bytes.split_first_chunk()?;
        let (device, bytes) = bytes.split_first_chunk()?;
        let (issued, bytes) = bytes.split_first_chunk()?;
        let ([proof], signature) = bytes.split_first_chunk()?;
        Some(Self {
            account: Uuid::from_bytes(*account),
            device: Uuid::from_bytes(*device),
            issued: Timestamp::from_bytes(*issued),
            proof: [Proof::Mail, Proof::LogIn].into_iter().find(|of| *of as u8 == *proof)?,
            signature: signature.try_into().ok()?,
        })
    }
}

/// The device that asks, if it is marked as that account's.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn known(
    state: &AppState,
    account: Option<&Credential>,
    now: Timestamp,
) -> Result<Option<Uuid>, Failure> {
    let Some(Credential { user_id, security_stamp, .. }) = account else { return Ok(None) };
    Ok(find(state, *user_id, security_stamp, now)?.map(|mark| mark.device))
}

/// The device that asks, if that person has logged in from it, with all that they are asked for.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn logged_in_before(
    state: &AppState,
    user: &User,
    now: Timestamp,
) -> Result<Option<Uuid>, Failure> {
    let mark = find(state, user.id, &user.security_stamp, now)?;
    Ok(mark.filter(|mark| mark.proof == Proof::LogIn).map(|mark| mark.device))
}

fn find(
    state: &AppState,
    account: Uuid,
    stamp: &[u8],
    now: Timestamp,
) -> Result<Option<Mark>, Failure> {
    let mut marks = marks()?.into_iter();
    Ok(marks.find(|mark| mark.account == account && mark.is_good(&state.key, stamp, now)))
}

/// Marks the browser that asks as that person's, in the answer: they have proved who they are.
/// What it was called stays, and other people's marks do.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn mark(user: &User, proof: Proof) -> Result<(), Failure> {
    let (state, marks) = (context::state()?, marks()?);
    let now = state.clock.now();
    let (own, others): (Vec<Mark>, Vec<Mark>) =
        marks.into_iter().partition(|mark| mark.account == user.id);
    let before = own.iter().find(|mark| mark.is_good(&state.key, &user.security_stamp, now));
    let device = before.map_or_else(Uuid::new_v4, |mark| mark.device);
    let own = Mark::new(&state.key, user, device, now, proof)?;
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
