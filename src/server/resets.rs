//! Setting a new password by a link in a mail.

use super::{
    AppState,
    attempts::{self, Budget},
    auth::{Client, check_identity},
    devices, factors,
    failure::Failure,
    mail::{letters::Letter, outbox},
    passwords::known::{self, OwnNames},
    security_log,
    tokens::{self, Purpose},
    users,
};
use crate::{
    domain::{field::Field, password::TypedPassword, security::EventKind, token::TypedToken},
    error::{Error, Problems},
};

/// Asks for the mail with the link. Whether there is such an account is nobody's business
/// here: it is looked up when the mail is sent, so that the answer and the work are the same.
///
/// # Errors
/// [`Error::Invalid`] for an empty or an absurd field, [`Error::TooMany`].
pub async fn ask(state: &AppState, client: &Client, identity: &str) -> Result<(), Failure> {
    let mut problems = Problems::default();
    if problems.check(Field::Email, check_identity(identity)).is_none() {
        return Err(problems.into_error().into());
    }
    let [address, network] = Budget::reset_from(client.address, &state.config);
    let typed = Budget::reset_as(identity, state.config.resets_per_account);
    let budgets = [address, network, typed];
    let now = state.clock.now();
    // Not given back: a mail that was asked for is an attempt, whoever asked.
    let _ = attempts::take(&state.db, &budgets, now).await?;
    let mut tx = state.db.begin().await?;
    let letter = Letter::ResetPassword { identity: identity.trim().to_owned(), promised: false };
    outbox::put(&mut tx, &letter, now).await?;
    tx.commit().await?;
    state.mail.wake();
    tracing::info!(event = "reset_asked", address = %client.address);
    Ok(())
}

/// Whether the link still opens anything. Opening it uses nothing up: programs that look for
/// bad links in mails open all of them.
///
/// # Errors
/// [`Error::LinkExpired`].
pub async fn check(state: &AppState, token: &TypedToken) -> Result<(), Failure> {
    let found = tokens::find(&state.db, token, Purpose::ResetPassword, state.clock.now()).await?;
    found.map(|_| ()).ok_or_else(|| Error::LinkExpired.into())
}

/// Gives the account another password, ends its sessions and every other link, and tells its
/// owner. Nobody is logged in by it: the link proves a mailbox, not a person at this browser.
///
/// # Errors
/// [`Error::Invalid`], [`Error::LinkExpired`].
pub async fn set_password(
    state: &AppState,
    client: &Client,
    token: &TypedToken,
    password: TypedPassword,
) -> Result<(), Failure> {
    const PURPOSE: Purpose = Purpose::ResetPassword;
    // Before all else: a guess at a link costs one look, and hears nothing of its owner.
    let found = tokens::find(&state.db, token, PURPOSE, state.clock.now()).await?;
    let (user, email) = found.ok_or(Error::LinkExpired)?;
    let owner = users::find(&state.db, user).await?.ok_or(Error::LinkExpired)?;
    let (config, mut problems) = (&state.config, Problems::default());
    let names = OwnNames::new(&owner.username, &owner.email, Some(&config.origin));
    let password = known::parse_new(password.into_inner(), config.new_passwords, &names);
    let password = problems.check(Field::Password, password);
    let password = password.ok_or_else(|| problems.into_error())?;
    let hash = state.passwords.hash(&password).await?;

    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    // The account first and then its links, as everywhere: two of these never wait for each
    // other. Unless both hold, nothing of it happens.
    let replaced = users::replace_password(&mut tx, user, &email, &hash).await?;
    if !replaced || !tokens::spend(&mut tx, token, PURPOSE, now).await? {
        return Err(Error::LinkExpired.into());
    }
    // Until now anybody may have used this address.
    if users::note_first_proof(&mut tx, user, now).await? {
        factors::forget_unproved(&mut tx, &owner, client, now).await?;
    }
    users::end_access(&mut tx, user).await?;
    // Whoever reads the mailbox may log in, however often the old password was mistyped.
    let most = state.config.login_attempts_per_account;
    let mistyped = [
        Budget::log_in_as(&owner.username, most),
        Budget::log_in_as(&email, most),
        Budget::log_in_to(Some(user), &email, most),
    ];
    attempts::forgive(&mut tx, &mistyped).await?;
    security_log::write(&mut tx, user, EventKind::PasswordChanged, Some(client), now).await?;
    outbox::put(&mut tx, &Letter::PasswordChanged { user, email }, now).await?;
    tx.commit().await?;
    state.mail.wake();
    // Whoever forgot the password logs in next, however many strangers guess meanwhile.
    if let Ok(Some(owner)) = users::find(&state.db, user).await {
        devices::mark(&owner, devices::Proof::Mail)?;
    }
    tracing::info!(event = "password_reset", user = %user, address = %client.address);
    Ok(())
}
