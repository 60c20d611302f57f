//! Authenticator apps: six digits, others every half minute (TOTP, RFC 6238).
//!
//! SHA-1, six digits and thirty seconds are what every app understands. The secret has to be
//! read for each check, so it is encrypted and not hashed.

use anyhow::Context;
use data_encoding::BASE32_NOPAD;
use qrcode::{Color, EcLevel, QrCode};
use totp_rs::{Builder, Totp};
use tower_sessions::session::Id;
use uuid::Uuid;

use super::{
    AppState,
    auth::{self, AuthSession, Client},
    clock::Timestamp,
    db::{Db, Tx, reading, within, writing},
    emails,
    factors::Change,
    failure::Failure,
    key::SiteKey,
    recovery::{self, grouped},
    sealed, security_log,
    sessions::{hash, own},
    users::User,
};
use crate::{
    domain::{
        field::{Field, Problem},
        security::{EventKind, SetUp},
    },
    error::Error,
};

/// What the site's key is derived for.
const PURPOSE: &str = "authenticators";

/// 160 bits, as RFC 4226, 4 recommends.
const BYTES: usize = 20;

/// What an app and the site share. It has no `Debug`, `Display` or `Serialize`, so it cannot be
/// printed by accident.
pub struct Secret([u8; BYTES]);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn make() -> anyhow::Result<Self> {
        let mut secret = [0_u8; BYTES];
        getrandom::fill(&mut secret).context("the system gives no random numbers")?;
        Ok(Self(secret))
    }

    /// For the account that it is sealed for.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, key: &SiteKey, user: Uuid) -> anyhow::Result<Vec<u8>> {
        sealed::seal(key, PURPOSE, user, &self.0)
    }

    fn open(key: &SiteKey, user: Uuid, sealed: &[u8]) -> anyhow::Result<Self> {
        let secret = sealed::open(key, PURPOSE, user, sealed)?;
        secret.try_into().map(Self).map_err(|_| anyhow::anyhow!("a secret of another length"))
    }

    /// The half minute since 1970 whose digits these are: the present one, or one of its
    /// neighbours, since clocks differ and fingers are slow.
    fn step_of(&self, digits: &str, now: Timestamp) -> anyhow::Result<Option<i64>> {
        let totp: Totp = Builder::new().with_secret(self.0).build().context("no TOTP")?;
        Ok(totp.check(digits, now.unix_seconds()).and_then(|step| i64::try_from(step).ok()))
    }
}

/// Looks at six digits, and uses up their half minute and those before it: they are good once,
/// of many uses at once for one.
///
/// # Errors
/// When the secret cannot be opened, or the database not be written.
pub async fn spend(
    tx: &mut Tx,
    key: &SiteKey,
    user: Uuid,
    digits: &str,
    now: Timestamp,
) -> Result<bool, Failure> {
    const SECRET: &str = "select secret from authenticators where user_id = $1";
    const SPEND: &str =
        "update authenticators set last_step = $2 where user_id = $1 and last_step < $2";
    let sealed: Option<Vec<u8>> =
        within!(&mut *tx, |c| sqlx::query_scalar(SECRET).bind(user).fetch_optional(c).await)?;
    let Some(sealed) = sealed else { return Ok(false) };
    let Some(step) = Secret::open(key, user, &sealed)?.step_of(digits, now)? else {
        return Ok(false);
    };
    Ok(within!(tx, |c| {
        sqlx::query(SPEND)
            .bind(user)
            .bind(step)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })?)
}

/// Begins to set up an app in place of the one that there may be: makes a secret, which is good
/// for nothing until digits have shown that it arrived, as long as the proof that it began with
/// is recent.
///
/// # Errors
/// [`Error::Unauthenticated`] when this session ended meanwhile.
pub async fn begin(state: &AppState, user: &User, asking: &Id) -> Result<SetUp, Failure> {
    const BEGIN: &str = "insert into authenticator_setups (user_id, session_hash, secret, expires_at) \
         select $1, id_hash, $3, $4 from sessions where id_hash = $2 and user_id = $1 \
         on conflict (user_id) do update set session_hash = excluded.session_hash, secret = excluded.secret, expires_at = excluded.expires_at";
    let (proved, _) =
        own::proof(&state.db, user.id, asking).await?.ok_or(Error::Unauthenticated)?;
    let secret = Secret::make()?;
    let sealed = secret.seal(&state.key, user.id)?;
    let begun = writing!(&state.db, |pool| {
        sqlx::query(BEGIN)
            .bind(user.id)
            .bind(hash(asking))
            .bind(&sealed)
            .bind(proved.after(auth::RECENT))
            .execute(pool)
            .await
            .map(|done| done.rows_affected())
    })?;
    if begun == 0 {
        return Err(Error::Unauthenticated.into());
    }
    shown(state, user, &secret)
}

/// The secret that waits to be confirmed, for the session that it was shown in.
///
/// # Errors
/// When it cannot be opened, or the database not be read.
pub async fn set_up_under_way(
    state: &AppState,
    user: &User,
    asking: &Id,
) -> Result<Option<SetUp>, Failure> {
    let secret = find_setup(state, user, asking).await?;
    secret.map(|secret| shown(state, user, &secret)).transpose()
}

async fn find_setup(state: &AppState, user: &User, asking: &Id) -> Result<Option<Secret>, Failure> {
    const FIND: &str = "select secret from authenticator_setups \
         where user_id = $1 and session_hash = $2 and expires_at > $3";
    let sealed: Option<Vec<u8>> = reading!(&state.db, |pool| {
        sqlx::query_scalar(FIND)
            .bind(user.id)
            .bind(hash(asking))
            .bind(state.clock.now())
            .fetch_optional(pool)
            .await
    })?;
    Ok(sealed.map(|sealed| Secret::open(&state.key, user.id, &sealed)).transpose()?)
}

/// Ends the set-up with digits from the app, which from now on is asked for. Gives recovery
/// codes to an account that has none. The half minute of these digits is used up.
///
/// No guesses are counted here: whoever asks has been shown the secret.
///
/// # Errors
/// [`Error::Invalid`] for wrong digits; [`Error::RecentLoginNeeded`] when the set-up took too
/// long or was none; [`Error::Unauthenticated`] when this session ended meanwhile.
pub async fn confirm(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    user: &User,
    digits: &str,
) -> Result<Vec<String>, Failure> {
    // Of several changes within a week it is the app before the first that can come back.
    const PUT: &str = "insert into authenticators (user_id, secret, last_step) values ($1, $2, $3) \
         on conflict (user_id) do update set secret = excluded.secret, last_step = excluded.last_step, \
         former_secret = case when authenticators.replaced_at > $5 then authenticators.former_secret \
         else authenticators.secret end, \
         replaced_at = case when authenticators.replaced_at > $5 then authenticators.replaced_at else $4 end";
    let asking = auth::identifier(auth)?;
    let secret = find_setup(state, user, &asking).await?.ok_or(Error::RecentLoginNeeded)?;
    let now = state.clock.now();
    let step = secret.step_of(digits, now)?;
    let step = step.ok_or_else(|| Error::Invalid(vec![(Field::Code, Problem::Wrong)]))?;
    let sealed = secret.seal(&state.key, user.id)?;
    let mut change = Change::begin(state, user, &asking).await?;
    let tx = change.tx();
    within!(&mut *tx, |c| {
        let put = sqlx::query(PUT).bind(user.id).bind(&sealed).bind(step);
        put.bind(now).bind(now.before(emails::KEPT)).execute(c).await.map(|_| ())
    })?;
    let made = recovery::make_first(tx, &state.key, user.id).await?;
    if !made.is_empty() {
        let what = EventKind::RecoveryCodesMade;
        security_log::write(tx, user.id, what, Some(client), now).await?;
    }
    change.finish(state, auth, client, EventKind::AuthenticatorAdded).await?;
    Ok(made)
}

/// Takes an app away that was set up since, or brings back the one whose place it took.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_since(tx: &mut Tx, user: Uuid, since: Timestamp) -> sqlx::Result<()> {
    const BRING_BACK: &str = "update authenticators set secret = former_secret, \
         former_secret = null, replaced_at = null \
         where user_id = $1 and replaced_at > $2 and former_secret is not null";
    const FORGET: &str = "delete from authenticators where user_id = $1 and exists \
         (select 1 from security_events where user_id = $1 and created_at > $2 \
         and kind = 'authenticator_added')";
    for sql in [BRING_BACK, FORGET] {
        let done = within!(&mut *tx, |c| {
            let done = sqlx::query(sql).bind(user).bind(since).execute(c).await;
            done.map(|done| done.rows_affected())
        })?;
        if done > 0 {
            break;
        }
    }
    Ok(())
}

/// Takes the account's app away.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    const FORGET: &str = "delete from authenticators where user_id = $1";
    within!(tx, |c| sqlx::query(FORGET).bind(user).execute(c).await.map(|_| ()))
}

/// Switches the app off, and with the last second factor the recovery codes.
///
/// # Errors
/// [`Error::NotFound`] when there is none; [`Error::Unauthenticated`] when this session ended
/// meanwhile.
pub async fn remove(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    user: &User,
) -> Result<(), Failure> {
    const REMOVE: &str = "delete from authenticators where user_id = $1";
    let asking = auth::identifier(auth)?;
    let mut change = Change::begin(state, user, &asking).await?;
    let removed = within!(change.tx(), |c| {
        sqlx::query(REMOVE).bind(user.id).execute(c).await.map(|done| done.rows_affected())
    })?;
    if removed == 0 {
        return Err(Error::NotFound.into());
    }
    change.finish(state, auth, client, EventKind::AuthenticatorRemoved).await
}

/// The secret as a person takes it over: to scan, to open in an app, or to type.
fn shown(state: &AppState, user: &User, secret: &Secret) -> Result<SetUp, Failure> {
    let letters = BASE32_NOPAD.encode(&secret.0);
    let site = state.config.origin.as_str();
    let site = site.split_once("://").map_or(site, |(_, host)| host);
    let encoded =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let (issuer, account) = (encoded(site), encoded(&user.username));
    let uri = format!("otpauth://totp/{issuer}:{account}?secret={letters}&issuer={issuer}");
    let code = QrCode::with_error_correction_level(&uri, EcLevel::M);
    let code = code.context("a QR code cannot be made")?;
    Ok(SetUp {
        secret: grouped(&letters, " "),
        qr_size: code.width(),
        qr_path: path_of(&code),
        uri,
    })
}

/// The dark squares, each run of a row as one rectangle of an SVG path.
fn path_of(code: &QrCode) -> String {
    let (width, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                path.push_str(&format!("M{x} {y}h{length}v1h-{length}z"));
            }
            x += length;
        }
    }
    path
}

/// Throws away the set-ups that nobody has confirmed in time.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from authenticator_setups where expires_at <= $1";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}
