//! Attempts to register, as they wait for a proof: rules and SQL of one table.

use std::time::Duration;

use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    domain::{
        registration::{ALPHABET, CODE_LENGTH, Code, Step},
        token::TypedToken,
    },
    server::{
        clock::Timestamp,
        db::{Db, Tx, reading, within, writing},
        failure::Failure,
        key::SiteKey,
        tokens::{Token, hash},
        users::NewUser,
    },
};

/// Long enough for a mail that is slow, short enough that a browser left open registers nobody.
pub const LIFE: Duration = Duration::from_secs(30 * 60);

/// Wrong codes and passwords that an attempt survives: whoever mistypes more often begins anew.
const MOST_WRONG: i64 = 5;

/// An attempt that somebody shows a secret for. It has no `Debug`: there is a hash in it.
#[derive(FromRow)]
pub struct Pending {
    /// The key.
    pub id: Uuid,
    /// The name that is wished for.
    pub username: String,
    /// The address that is to be proved.
    pub email: String,
    /// PHC format.
    pub password_hash: String,
    browser_hash: Vec<u8>,
    code_hash: Option<Vec<u8>>,
    /// The invitation that it was begun with.
    pub invitation_id: Option<Uuid>,
}

/// What a [`Pending`] is read from: the attempts of which that holds.
macro_rules! select_pending {
    ($which:literal) => {
        concat!(
            "select id, username, email, password_hash, browser_hash, code_hash, invitation_id \
             from pending_registrations where ",
            $which
        )
    };
}

impl Pending {
    /// Whether the browser with that cookie may go on with it.
    pub fn is_of(&self, browser: Option<&str>) -> bool {
        browser.is_some_and(|browser| hash(browser) == self.browser_hash)
    }

    /// Whether that is the code of its newest mail. One that was not mailed has none.
    pub fn has_code(&self, key: &SiteKey, code: &Code) -> bool {
        let mailed = self.code_hash.as_deref();
        mailed.is_some_and(|mailed| seal(key, self.id, code.expose()).verify_slice(mailed).is_ok())
    }
}

/// Writes an attempt down; gives its key.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(
    tx: &mut Tx,
    new: &NewUser,
    invitation: Option<Uuid>,
    browser: &Token,
    now: Timestamp,
) -> sqlx::Result<Uuid> {
    const INSERT: &str = "insert into pending_registrations (id, username, email, password_hash, browser_hash, \
         wrong_tries, invitation_id, created_at, expires_at) values ($1, $2, $3, $4, $5, 0, $6, $7, $8)";
    let id = Uuid::now_v7();
    within!(tx, |c| {
        sqlx::query(INSERT)
            .bind(id)
            .bind(new.username.as_str())
            .bind(new.email.as_str())
            .bind(&new.password_hash)
            .bind(hash(browser.expose()))
            .bind(invitation)
            .bind(now)
            .bind(now.after(LIFE))
            .execute(c)
            .await
            .map(|_| id)
    })
}

/// What that browser has to do next.
///
/// # Errors
/// When the database cannot be read.
pub async fn step(db: &Db, browser: Option<&str>, now: Timestamp) -> sqlx::Result<Step> {
    const STEP: &str = "select username, email, proved_at is not null from pending_registrations \
         where browser_hash = $1 and expires_at > $2 and wrong_tries < $3";
    let Some(browser) = browser else { return Ok(Step::Nothing) };
    let row: Option<(String, String, bool)> = reading!(db, |pool| {
        sqlx::query_as(STEP)
            .bind(hash(browser))
            .bind(now)
            .bind(MOST_WRONG)
            .fetch_optional(pool)
            .await
    })?;
    Ok(match row {
        None => Step::Nothing,
        Some((username, _, true)) => Step::Name { taken: username },
        Some((_, email, false)) => Step::Code { email },
    })
}

/// The attempt of that browser that waits for its mail.
///
/// # Errors
/// When the database cannot be read.
pub async fn waiting(
    db: &Db,
    browser: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<Option<Pending>> {
    const WAITING: &str = select_pending!(
        "browser_hash = $1 and expires_at > $2 and wrong_tries < $3 and proved_at is null"
    );
    let Some(browser) = browser else { return Ok(None) };
    reading!(db, |pool| {
        sqlx::query_as(WAITING)
            .bind(hash(browser))
            .bind(now)
            .bind(MOST_WRONG)
            .fetch_optional(pool)
            .await
    })
}

/// The attempt of that browser whose address is proved.
///
/// # Errors
/// When the database cannot be read.
pub async fn proved(
    db: &Db,
    browser: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<Option<Pending>> {
    const PROVED: &str =
        select_pending!("browser_hash = $1 and expires_at > $2 and proved_at is not null");
    let Some(browser) = browser else { return Ok(None) };
    reading!(db, |pool| {
        sqlx::query_as(PROVED).bind(hash(browser)).bind(now).fetch_optional(pool).await
    })
}

/// The attempt that a link belongs to.
///
/// # Errors
/// When the database cannot be read.
pub async fn linked(db: &Db, link: &TypedToken, now: Timestamp) -> sqlx::Result<Option<Pending>> {
    const LINKED: &str = select_pending!("link_hash = $1 and expires_at > $2 and wrong_tries < $3");
    reading!(db, |pool| {
        sqlx::query_as(LINKED)
            .bind(hash(link.expose()))
            .bind(now)
            .bind(MOST_WRONG)
            .fetch_optional(pool)
            .await
    })
}

/// Takes one of the tries of an attempt before what was tried is looked at; says whether one
/// was left.
///
/// # Errors
/// When the database cannot be written.
pub async fn take_try(db: &Db, id: Uuid) -> sqlx::Result<bool> {
    const TAKE: &str = "update pending_registrations set wrong_tries = wrong_tries + 1 \
         where id = $1 and wrong_tries < $2";
    writing!(db, |pool| {
        sqlx::query(TAKE)
            .bind(id)
            .bind(MOST_WRONG)
            .execute(pool)
            .await
            .map(|done| done.rows_affected() == 1)
    })
}

/// Puts a try back that was not looked at.
///
/// # Errors
/// When the database cannot be written.
pub async fn give_try_back(db: &Db, id: Uuid) -> sqlx::Result<()> {
    const GIVE_BACK: &str = "update pending_registrations set wrong_tries = wrong_tries - 1 \
         where id = $1 and wrong_tries > 0";
    writing!(db, |pool| sqlx::query(GIVE_BACK).bind(id).execute(pool).await.map(|_| ()))
}

/// Notes that the address is proved, and the browser that may choose another name; says whether
/// the attempt was still there.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_proof(
    db: &Db,
    pending: &Pending,
    browser: Option<&Token>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    const NOTE: &str = "update pending_registrations set proved_at = $2, browser_hash = $3, \
         expires_at = $4, wrong_tries = 0 where id = $1";
    let browser = browser.map_or(pending.browser_hash.clone(), |token| hash(token.expose()));
    writing!(db, |pool| {
        sqlx::query(NOTE)
            .bind(pending.id)
            .bind(now)
            .bind(browser)
            .bind(now.after(LIFE))
            .execute(pool)
            .await
            .map(|done| done.rows_affected() == 1)
    })
}

/// Takes an attempt out, because it becomes an account; of many at once one hears yes.
///
/// # Errors
/// When the database cannot be written.
pub async fn take_out(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    const TAKE_OUT: &str = "delete from pending_registrations where id = $1";
    within!(tx, |c| {
        sqlx::query(TAKE_OUT).bind(id).execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// The address that an attempt is to prove, as long as it does.
///
/// # Errors
/// When the database cannot be read.
pub async fn address(db: &Db, id: Uuid, now: Timestamp) -> sqlx::Result<Option<String>> {
    const ADDRESS: &str = "select email from pending_registrations \
         where id = $1 and expires_at > $2 and proved_at is null";
    reading!(db, |pool| sqlx::query_scalar(ADDRESS).bind(id).bind(now).fetch_optional(pool).await)
}

/// What a mail about an attempt holds. It has no `Debug`, `Display` or `Serialize`.
pub struct Mailed {
    /// To be typed in the browser that registered.
    pub code: String,
    /// For the link.
    pub link: Token,
}

/// Makes the secrets of a mail; they take the place of those in a former one.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn mint(db: &Db, key: &SiteKey, id: Uuid) -> Result<Mailed, Failure> {
    const MINT: &str =
        "update pending_registrations set code_hash = $2, link_hash = $3 where id = $1";
    let mut random = [0_u8; CODE_LENGTH];
    getrandom::fill(&mut random).context("the system gives no random numbers")?;
    // 32 divides 256: each letter is as likely as any other.
    let code: String = random.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
    let link = Token::random()?;
    writing!(db, |pool| {
        sqlx::query(MINT)
            .bind(id)
            .bind(seal(key, id, &code).finalize().into_bytes().to_vec())
            .bind(hash(link.expose()))
            .execute(pool)
            .await
            .map(|_| ())
    })?;
    Ok(Mailed { code, link })
}

/// Throws away the attempts whose time is over.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from pending_registrations where expires_at <= $1";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}

/// What is stored of a code. Forty bits are soon guessed by whoever has a plain hash of them, so
/// it takes the site's key as well; with the attempt's in it, no two rows can be swapped.
fn seal(key: &SiteKey, id: Uuid, code: &str) -> Hmac<Sha256> {
    let key = key.derive("the code of a registration");
    // HMAC takes a key of any length; this one is a block's.
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(&key);
    Hmac::<Sha256>::new(&block.into()).chain_update(id.as_bytes()).chain_update(code)
}
