//! Second factors: which ones an account has, looking at what was given for one, and what every
//! change to them brings with it.
//!
//! [`authenticator`] and [`recovery`] know their own kind; [`super::second_step`] asks for one
//! at a log-in, and `auth::require_recent` before anything grave.

use tower_sessions::session::Id;
use uuid::Uuid;

use super::{
    AppState,
    administration::{self, Subject},
    attempts::{self, Budget, Taken},
    audit::{self, By},
    auth::{self, AuthSession, Client},
    authenticator,
    clock::Timestamp,
    db::{Db, Tx, reading, within},
    devices,
    failure::Failure,
    key::SiteKey,
    mail::{letters::Letter, outbox},
    passkeys,
    recovery::{self, RecoveryCode},
    security_log,
    sessions::own,
    users::{self, User},
};
use crate::{
    domain::{
        administration::Action,
        code::TypedCode,
        field::{Field, Problem},
        security::{EventKind, Factors},
    },
    error::Error,
};

/// What an account has beside its password. Whether it has a second factor at all, each request
/// knows already: [`User::second_factor`].
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &Db, user: Uuid) -> sqlx::Result<Factors> {
    const COUNT: &str = "select (select count(*) from authenticators where user_id = $1), \
         (select count(*) from recovery_codes where user_id = $1), \
         (select count(*) from passkeys where user_id = $1)";
    let (authenticators, recovery_codes, passkeys): (i64, i64, i64) =
        reading!(db, |pool| sqlx::query_as(COUNT).bind(user).fetch_one(pool).await)?;
    Ok(Factors { authenticator: authenticators > 0, recovery_codes, passkeys: passkeys > 0 })
}

/// What was typed as a second factor. It has no `Debug`, `Display` or `Serialize`, so it cannot
/// be printed by accident.
pub enum Given {
    /// Six digits from an app.
    Digits(String),
    /// A recovery code, and the field that it was typed into.
    Recovery(RecoveryCode, Field),
}

impl Given {
    /// Reads the two fields of the form; a recovery code counts in either. Where no app shows
    /// digits there is one field only.
    ///
    /// # Errors
    /// What cannot be right, and why.
    pub fn parse(
        code: &TypedCode,
        recovery_code: &TypedCode,
        authenticator: bool,
    ) -> Result<Self, (Field, Problem)> {
        let (field, bare) = match (code.bare(), recovery_code.bare()) {
            (code, recovery) if recovery.is_empty() && authenticator => (Field::Code, code),
            (code, recovery) if recovery.is_empty() => (Field::RecoveryCode, code),
            (_, recovery) => (Field::RecoveryCode, recovery),
        };
        if bare.is_empty() {
            return Err((field, Problem::Required));
        }
        if authenticator && bare.len() == 6 && bare.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Given::Digits(bare));
        }
        let code = RecoveryCode::parse(&bare).map(|code| Given::Recovery(code, field));
        code.ok_or((field, Problem::Wrong))
    }

    /// What is said of one that is not right.
    pub fn wrong(&self) -> Error {
        let field = match self {
            Given::Digits(_) => Field::Code,
            Given::Recovery(_, field) => *field,
        };
        Error::Invalid(vec![(field, Problem::Wrong)])
    }

    /// Counts that it is looked at, before it is: for the account and the device, or for all that
    /// are strange to it, however many half-finished log-ins it comes from. Digits can be guessed,
    /// and count for a day too; a recovery code cannot, so whoever used the digits up has their
    /// codes.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub async fn count(
        &self,
        state: &AppState,
        user: &User,
        now: Timestamp,
    ) -> Result<Taken, Failure> {
        let (db, device) = (&state.db, devices::logged_in_before(state, user, now)?);
        let digits = [Budget::second_step_of(user.id, device), Budget::digits_of(user.id, device)];
        match self {
            Given::Digits(_) => attempts::take(db, &digits, now).await,
            Given::Recovery(..) => attempts::take(db, &digits[..1], now).await,
        }
    }

    /// Whether it is the account's, and was not used before; it is from now on.
    ///
    /// # Errors
    /// When a secret cannot be opened, or the database not be written.
    pub async fn spend(
        &self,
        tx: &mut Tx,
        key: &SiteKey,
        user: Uuid,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        match self {
            Given::Digits(digits) => authenticator::spend(tx, key, user, digits, now).await,
            Given::Recovery(code, _) => recovery::spend(tx, key, user, code).await,
        }
    }

    /// Writes down that a recovery code was used, for the owner to read and to be mailed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn tell(
        &self,
        tx: &mut Tx,
        user: &User,
        client: &Client,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if let Given::Recovery(..) = self {
            let what = EventKind::RecoveryCodeUsed;
            security_log::write(tx, user.id, what, Some(client), now).await?;
            outbox::put(tx, &Letter::factors_changed(user, what), now).await?;
        }
        Ok(())
    }
}

/// A change of an account's second factors or its passkeys. The account gets another security
/// stamp, so that every other session ends, and so does what was mailed for it; this browser goes
/// on.
pub struct Change<'a> {
    tx: Tx,
    user: &'a User,
}

impl<'a> Change<'a> {
    /// # Errors
    /// [`Error::TooMany`]; [`Error::Unauthenticated`] when the session that asks has ended
    /// meanwhile, or the account has another stamp: then somebody else was faster.
    pub async fn begin(state: &AppState, user: &'a User, asking: &Id) -> Result<Self, Failure> {
        count_change(state, user).await?;
        let mut tx = state.db.begin().await?;
        // The account first, as everywhere: two of these never wait for each other.
        users::renew_stamp(&mut tx, user).await?;
        own::give_up(&mut tx, user.id, asking).await?;
        users::end_access(&mut tx, user.id).await?;
        Ok(Self { tx, user })
    }

    /// Where the change itself is written.
    pub fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Tells the owner, and signs this browser in anew: it has proved all that was asked for,
    /// lately, or the change would not have begun, and a new factor by adding it.
    ///
    /// # Errors
    /// When the session cannot be stored, or the database not be written.
    pub async fn finish(
        mut self,
        state: &AppState,
        auth: &mut AuthSession,
        client: &Client,
        what: EventKind,
    ) -> Result<(), Failure> {
        let (id, now) = (self.user.id, state.clock.now());
        forget_idle_codes(&mut self.tx, id).await?;
        security_log::write(&mut self.tx, id, what, Some(client), now).await?;
        outbox::put(&mut self.tx, &Letter::factors_changed(self.user, what), now).await?;
        auth::sign_in_after_change(self.tx, auth, id, client).await?;
        state.mail.wake();
        tracing::info!(event = what.name(), user = %id, address = %client.address);
        Ok(())
    }
}

/// Counts a change to an account's second factors. It is not given back: the notice of each goes
/// to an address that nobody may have proved.
///
/// # Errors
/// [`Error::TooMany`].
pub async fn count_change(state: &AppState, user: &User) -> Result<(), Failure> {
    let budget = Budget::factor_changes_of(user.id);
    let _ = attempts::take(&state.db, &[budget], state.clock.now()).await?;
    Ok(())
}

/// Without a second factor there is nothing that a recovery code could stand in for.
async fn forget_idle_codes(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    if users::has_second_factor(tx, user).await? {
        Ok(())
    } else {
        recovery::forget(tx, user).await
    }
}

/// Takes away what was added to an account since, because its owner says that it was not them:
/// whoever was in there could keep them out by it. What it took the place of comes back.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_since(tx: &mut Tx, user: Uuid, since: Timestamp) -> sqlx::Result<()> {
    const CODES: &str = "delete from recovery_codes where user_id = $1 and exists \
         (select 1 from security_events where user_id = $1 and created_at > $2 \
         and kind = 'recovery_codes_made')";
    const PASSKEYS: &str = "delete from passkeys where user_id = $1 and created_at > $2";
    for forget in [CODES, PASSKEYS] {
        within!(&mut *tx, |c| {
            sqlx::query(forget).bind(user).bind(since).execute(c).await.map(|_| ())
        })?;
    }
    authenticator::forget_since(tx, user, since).await?;
    forget_idle_codes(tx, user).await
}

/// Takes away what somebody added to an account before its address was proved for the first time,
/// by a reset: until then anybody may have registered with it, and could open the account by it,
/// or keep its owner out. Its owner is told.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_unproved(
    tx: &mut Tx,
    user: &User,
    client: &Client,
    now: Timestamp,
) -> Result<(), Failure> {
    if !user.second_factor() {
        return Ok(());
    }
    forget_all(tx, user.id).await?;
    let what = EventKind::FactorsReset;
    security_log::write(tx, user.id, what, Some(client), now).await?;
    outbox::put(tx, &Letter::factors_changed(user, what), now).await
}

async fn forget_all(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    authenticator::forget(tx, user).await?;
    recovery::forget(tx, user).await?;
    passkeys::own::forget(tx, user).await
}

/// Switches all second factors of an account off, its passkeys too, for whoever runs the site:
/// its owner has lost them, and has said so by another way; or somebody else was in there, and the
/// account is deactivated until nothing of theirs is left. Sessions and links end.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn reset(db: &Db, username: &str, now: Timestamp) -> Result<(), Failure> {
    let (mut tx, by) = (db.begin().await?, By::command_line(now));
    let Subject { id: user, username: name, email, .. } =
        administration::hold(&mut tx, &by, username).await?;
    users::shut_out(&mut tx, user).await?;
    forget_all(&mut tx, user).await?;
    let what = EventKind::FactorsReset;
    audit::write(&mut tx, &by, (user, &name), Action::FactorsReset, "").await?;
    security_log::write(&mut tx, user, what, None, now).await?;
    outbox::put(&mut tx, &Letter::FactorsChanged { user, email, what }, now).await?;
    Ok(tx.commit().await?)
}
