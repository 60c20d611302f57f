//! Logging in and being logged in, and the [`guards`]. [`backend`] is what axum-login asks.

pub mod backend;
mod guards;

use std::net::IpAddr;

use tower_sessions::Expiry;
use uuid::Uuid;

use self::backend::Backend;
pub use self::guards::{
    RECENT, asked_of, identifier, require_permission, require_recent, require_user, session,
};
use super::{
    AppState,
    attempts::{self, Budget, Taken, prefix},
    config::Config,
    db::Tx,
    devices,
    failure::Failure,
    new_devices::{self, Arrival},
    passwords::Verdict,
    second_step, security_log,
    sessions::{self, ABOUT, Aal, About, KEPT_ABSOLUTE, own},
    users::{self, Credential, User},
};
use crate::{
    domain::{
        field::{Field, Length, Problem, has_controls},
        password::{Password, TypedPassword},
        security::EventKind,
    },
    error::{Error, Problems},
};

/// The session of a request, and whose it is.
pub type AuthSession = axum_login::AuthSession<Backend>;

/// Who sent the request: put into its extensions once, at the door.
#[derive(Clone, Debug)]
pub struct Client {
    /// The network address, as far as it can be believed.
    pub address: IpAddr,
    /// The browser's name for itself, cut to 200 characters.
    pub user_agent: String,
}

/// How far a right password leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// In.
    LoggedIn,
    /// To the question for the second factor. Nobody is logged in.
    SecondStep,
}

/// Logs in by username or e-mail address, or as far as the second step if the account has one.
/// An unknown account, a wrong password and a deactivated account get the same answer after the
/// same work.
///
/// # Errors
/// [`Error::Invalid`] for an empty or an absurd field, [`Error::TooMany`],
/// [`Error::BadCredentials`].
pub async fn log_in(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    identity: &str,
    password: TypedPassword,
    keep: bool,
) -> Result<Progress, Failure> {
    let mut problems = Problems::default();
    let filled = problems.check(Field::Email, check_identity(identity));
    let password = problems.check(Field::Password, Password::parse_given(password.into_inner()));
    let (Some(()), Some(password)) = (filled, password) else {
        return Err(problems.into_error().into());
    };

    // Looked up first, so that both identities of an account are counted together.
    let credential = users::find_credential(&state.db, identity).await?;
    let proved = compare(state, client, identity, credential, &password, false).await?;
    let (credential, taken) = proved.ok_or(Error::BadCredentials)?;
    let mut tx = state.db.begin().await?;
    // While the password was being checked it may have been changed, and with it the stamp:
    // what was proved then is worth nothing now.
    let arrival = new_devices::arriving(&mut tx, credential.user_id, client)
        .await?
        .filter(|arrival| arrival.user.security_stamp == credential.security_stamp)
        .ok_or(Error::BadCredentials)?;
    if arrival.user.second_factor() {
        second_step::begin(state, &mut tx, &arrival.user, keep).await?;
        taken.give_back_within(&mut tx).await?;
        tx.commit().await?;
        return Ok(Progress::SecondStep);
    }
    let mut entry = enter(state, tx, auth, &arrival, client, keep, Aal::One).await?;
    taken.give_back_within(&mut entry.tx).await?;
    entry.commit(state).await?;
    tracing::info!(event = "logged_in", user = %arrival.user.id, address = %client.address);
    Ok(Progress::LoggedIn)
}

/// Somebody who is let in once the transaction is committed.
#[must_use]
pub struct Entry {
    /// The log-in and the session are written in it.
    pub tx: Tx,
    /// Whether a letter goes with it.
    pub letter: bool,
}

impl Entry {
    /// Lets them in.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn commit(self, state: &AppState) -> sqlx::Result<()> {
        self.tx.commit().await?;
        if self.letter {
            state.mail.wake();
        }
        Ok(())
    }
}

/// Lets somebody in who has proved all that the account asks for: the log-in is written down, and
/// the session stored, in one transaction.
///
/// # Errors
/// When the database cannot be written.
pub async fn enter(
    state: &AppState,
    mut tx: Tx,
    auth: &mut AuthSession,
    arrival: &Arrival,
    client: &Client,
    keep: bool,
    aal: Aal,
) -> Result<Entry, Failure> {
    let letter = new_devices::note_log_in(state, &mut tx, arrival, client).await?;
    if !arrival.room {
        own::make_room(&mut tx, arrival.user.id, state.clock.now()).await?;
    }
    let session = auth.session.clone();
    let signed_in = sign_in(auth, &arrival.user, client, keep, aal);
    let tx = sessions::join(tx, &session, signed_in).await?;
    Ok(Entry { tx, letter })
}

/// Whoever is logged in proves once more that they know the account's password. It is
/// counted as a log-in to the account is: a browser left open is no way to guess on.
///
/// # Errors
/// [`Error::TooMany`]; [`Error::Invalid`], saying of `field` that it is wrong.
pub async fn prove(
    state: &AppState,
    client: &Client,
    user: &User,
    field: Field,
    password: &Password,
) -> Result<Credential, Failure> {
    let credential = users::find_own_credential(&state.db, user.id).await?;
    let proved = compare(state, client, &user.username, credential, password, true).await?;
    let wrong = || Error::Invalid(vec![(field, Problem::Wrong)]);
    let (credential, taken) = proved.ok_or_else(wrong)?;
    taken.give_back(&state.db).await?;
    Ok(credential)
}

/// Compares a password with an account's, and counts the attempt before it is looked at.
/// `None` is a wrong password, a deactivated account, or none: after the same work. Whoever
/// is logged in hears that too much was guessed, whatever was. A right one's attempt is to be given
/// back.
async fn compare(
    state: &AppState,
    client: &Client,
    identity: &str,
    credential: Option<Credential>,
    password: &Password,
    logged_in: bool,
) -> Result<Option<(Credential, Taken)>, Failure> {
    let (account, now) = (credential.as_ref().map(|c| c.user_id), state.clock.now());
    let device = devices::known(state, credential.as_ref(), now)?;
    let mut budgets = budgets(&state.config, client, identity, account, device);
    if logged_in {
        budgets = budgets.into_iter().map(Budget::told).collect();
    }
    let taken = attempts::take(&state.db, &budgets, now).await?;
    // What was guessed at too often gets the decoy: the same work, and never the answer.
    let credential = credential.filter(|_| taken.is_whole());
    let stored = credential.as_ref().map(|c| c.password_hash.as_str());
    let verdict = match state.passwords.verify(password, stored, client.address).await {
        Ok(verdict) => verdict,
        Err(failure) => {
            // It was not looked at, so it was no attempt.
            taken.give_back(&state.db).await?;
            return Err(failure);
        }
    };
    let Some(credential) = credential.filter(|c| c.active && verdict != Verdict::Wrong) else {
        let (held_up, known) = (!taken.is_whole(), device.is_some());
        let kind = if logged_in { EventKind::ProofFailed } else { EventKind::LogInFailed };
        tracing::info!(event = kind.name(), address = %client.address, held_up, known);
        security_log::note_failure(&state.db, account, identity, kind, client, now).await?;
        return Ok(None);
    };
    if verdict == Verdict::RightButWeak {
        match state.passwords.hash(password).await {
            Ok(stronger) => {
                let (id, weak) = (credential.user_id, &credential.password_hash);
                users::upgrade_hash(&state.db, id, weak, &stronger).await?;
            }
            // A busy moment: the next log-in tries again.
            Err(Failure::Refused(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(Some((credential, taken)))
}

/// What a log-in is counted in: its address and network; then, on a device that the account
/// knows, that device, and elsewhere what was typed, whose that is, and the site. So whoever
/// guesses holds up neither the owner nor those who have logged in before.
fn budgets(
    config: &Config,
    client: &Client,
    identity: &str,
    account: Option<Uuid>,
    device: Option<Uuid>,
) -> Vec<Budget> {
    let most = config.login_attempts_per_account;
    let mut all = Vec::from(Budget::log_in_from(client.address, config));
    match account.zip(device) {
        Some((account, device)) => all.push(Budget::log_in_on(account, device, most)),
        None => all.extend([
            Budget::log_in_as(identity, most),
            Budget::log_in_to(account, identity, most),
            Budget::log_in_anywhere(config.login_failures_per_minute),
        ]),
    }
    all
}

/// What can be somebody's name or address at all. No minimum: it would only tell how short
/// a name cannot be.
///
/// # Errors
/// The [`Problem`] that stands beside the field.
pub fn check_identity(typed: &str) -> Result<(), Problem> {
    let Length { max, .. } = Field::Email.length();
    match typed.trim() {
        "" => Err(Problem::Required),
        identity if identity.chars().take(max + 1).count() > max => Err(Problem::TooLong(max)),
        identity if has_controls(identity) => Err(Problem::Malformed),
        _ => Ok(()),
    }
}

/// The only way into an account. Whatever the browser's session was before ends: its data
/// is cleared, its identifier replaced and its row deleted, whoever it belonged to. axum-login's
/// `login` alone keeps the identifier when somebody is logged in already. From now on the browser
/// is known to the account.
///
/// # Errors
/// When the session cannot be stored.
pub async fn sign_in(
    auth: &mut AuthSession,
    user: &User,
    client: &Client,
    keep: bool,
    aal: Aal,
) -> Result<(), Failure> {
    auth.session.clear().await;
    auth.session.cycle_id().await?;
    let about = About {
        user_id: user.id,
        kept: keep,
        user_agent: client.user_agent.clone(),
        address_prefix: prefix(client.address),
        aal,
    };
    auth.session.insert(ABOUT, about).await?;
    // The cookie's life; how long the session lives is the store's decision.
    auth.session.set_expiry(Some(if keep {
        let age = time::Duration::try_from(KEPT_ABSOLUTE).map_err(anyhow::Error::from)?;
        Expiry::OnInactivity(age)
    } else {
        Expiry::OnSessionEnd
    }));
    #[expect(clippy::disallowed_methods, reason = "the one place that logs in")]
    auth.login(user).await?;
    devices::mark(user, devices::Proof::LogIn)
}

/// Signs in anew whoever is logged in, because of what they have just proved: under another
/// identifier, and kept if the session before was. Commits the transaction that the session before
/// ended in. Whoever ends all of the account's sessions comes before, and nothing was proved, or
/// after, and ends this one too.
///
/// # Errors
/// When the session cannot be read or stored.
pub async fn sign_in_anew(
    tx: Tx,
    auth: &mut AuthSession,
    user: &User,
    client: &Client,
    aal: Aal,
) -> Result<(), Failure> {
    let session = auth.session.clone();
    let before: Option<About> = session.get(ABOUT).await?;
    let kept = before.is_some_and(|about| about.kept);
    let signed_in = sign_in(auth, user, client, kept, aal);
    Ok(sessions::join(tx, &session, signed_in).await?.commit().await?)
}

/// Signs in anew whoever has changed what opens their account, in the transaction of the change,
/// which has ended their session. Whoever has a second factor has proved it lately, or would not have
/// come this far.
///
/// # Errors
/// [`Error::Unauthenticated`] when the account is not open; else as [`sign_in_anew`].
pub async fn sign_in_after_change(
    mut tx: Tx,
    auth: &mut AuthSession,
    id: Uuid,
    client: &Client,
) -> Result<(), Failure> {
    let user = users::find_within(&mut tx, id).await?.ok_or(Error::Unauthenticated)?;
    sign_in_anew(tx, auth, &user, client, asked_of(&user)).await
}

/// Ends the session, for requests in flight too: its row is gone, and none of them can
/// bring it back.
///
/// # Errors
/// When the session cannot be deleted.
pub async fn sign_out(auth: &mut AuthSession) -> Result<(), Failure> {
    let user = auth.logout().await?;
    if let Some(user) = user {
        tracing::info!(event = "logged_out", user = %user.id);
    }
    Ok(())
}
