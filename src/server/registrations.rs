//! Registering, where an account begins with a proof that its address is its owner's.
//!
//! Signing up writes down an attempt and a letter, and does that for every address alike. The
//! account comes into being when the letter's secret comes back: to the browser that signed up,
//! or to another one together with the password of then. So whoever signs up with somebody else's
//! address gets nothing, even if its owner clicks on the link.

pub mod pending;

use uuid::Uuid;

use self::pending::Pending;
use super::{
    AppState,
    attempts::{self, Budget},
    auth::{self, AuthSession, Client},
    config::Registration,
    cookies,
    db::violated,
    failure::Failure,
    invitations,
    mail::{letters::Letter, outbox},
    passwords::Verdict,
    sessions::Aal,
    tokens::Token,
    users::{self, NewUser},
};
use crate::{
    domain::{
        email::EmailAddress,
        field::{Field, Problem},
        password::{Password, TypedPassword},
        registration::Code,
        role::Role,
        token::TypedToken,
        username::Username,
    },
    error::{Error, Problems},
};

/// The cookie that says which attempt a browser began.
pub const COOKIE: &str = "registration";

/// How a confirmation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// There is an account, and its owner is logged in.
    Account,
    /// The address is proved, and another name has to be chosen.
    NameTaken,
}

/// Writes down that somebody wants an account, and what is to be mailed to the address. Whether
/// that has an account, or the name is taken, is nobody's business here: the first is looked up
/// when the letter is delivered, the second when the address is proved.
///
/// # Errors
/// When the system gives no randomness, or the database cannot be written.
pub async fn begin(
    state: &AppState,
    client: &Client,
    new: &NewUser,
    invitation: Option<Uuid>,
) -> Result<(), Failure> {
    let (now, browser) = (state.clock.now(), Token::random()?);
    let mut tx = state.db.begin().await?;
    let attempt = pending::insert(&mut tx, new, invitation, &browser, now).await?;
    outbox::put(&mut tx, &Letter::ConfirmRegistration { attempt }, now).await?;
    tx.commit().await?;
    state.mail.wake();
    remember(state, &browser);
    tracing::info!(event = "registration_begun", address = %client.address);
    Ok(())
}

/// What the mails of a registration are counted in, whoever asks for them and whether they tell
/// of an account or of none.
pub fn mail_budgets(state: &AppState, client: &Client, email: &str) -> [Budget; 2] {
    let most = state.config.registration_mails;
    [
        Budget::registration_mail_from(client.address, email, most.div_ceil(2)),
        Budget::registration_mail_to(email, most),
    ]
}

/// Has the mail sent once more; its code and link replace those of the former.
///
/// # Errors
/// [`Error::LinkExpired`] when this browser has begun nothing; [`Error::TooMany`].
pub async fn send_again(
    state: &AppState,
    client: &Client,
    browser: Option<&str>,
) -> Result<(), Failure> {
    let now = state.clock.now();
    let pending = pending::waiting(&state.db, browser, now).await?.ok_or(Error::LinkExpired)?;
    // Not given back: a mail that was asked for is an attempt.
    let budgets = mail_budgets(state, client, &pending.email);
    let _ = attempts::take(&state.db, &budgets, now).await?;
    let mut tx = state.db.begin().await?;
    outbox::put(&mut tx, &Letter::ConfirmRegistration { attempt: pending.id }, now).await?;
    tx.commit().await?;
    state.mail.wake();
    Ok(())
}

/// Confirms with the mailed code, in the browser that signed up.
///
/// # Errors
/// [`Error::Invalid`] for a code that is none or not the one; [`Error::LinkExpired`] when this
/// browser has begun nothing, or guessed too often; [`Error::TooMany`].
pub async fn confirm_by_code(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    browser: Option<&str>,
    code: &TypedToken,
) -> Result<Confirmed, Failure> {
    let mut problems = Problems::default();
    let code = problems.check(Field::Code, Code::parse(code.expose()));
    let code = code.ok_or_else(|| problems.into_error())?;
    let (db, now) = (&state.db, state.clock.now());
    let budgets = Budget::confirm_from(client.address, &state.config);
    let taken = attempts::take(db, &budgets, now).await?;
    let pending = pending::waiting(db, browser, now).await?.ok_or(Error::LinkExpired)?;
    if !pending::take_try(db, pending.id).await? {
        return Err(Error::LinkExpired.into());
    }
    if !pending.has_code(&state.key, &code) {
        tracing::info!(event = "registration_code_wrong", address = %client.address);
        return Err(Error::Invalid(vec![(Field::Code, Problem::Wrong)]).into());
    }
    taken.give_back(db).await?;
    finish(state, auth, client, &pending, true).await
}

/// Whether a link still opens anything; if so, whether this browser is the one that signed up.
/// Another one is asked for the password.
///
/// # Errors
/// [`Error::LinkExpired`].
pub async fn check_link(
    state: &AppState,
    browser: Option<&str>,
    link: &TypedToken,
) -> Result<bool, Failure> {
    let found = pending::linked(&state.db, link, state.clock.now()).await?;
    found.map(|pending| pending.is_of(browser)).ok_or_else(|| Error::LinkExpired.into())
}

/// Confirms with the mailed link: in the browser that signed up, or in another one with the
/// password that was typed then.
///
/// # Errors
/// [`Error::Invalid`] for a wrong password; [`Error::LinkExpired`]; [`Error::TooMany`].
pub async fn confirm_by_link(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    browser: Option<&str>,
    link: &TypedToken,
    password: Option<TypedPassword>,
) -> Result<Confirmed, Failure> {
    let (db, now) = (&state.db, state.clock.now());
    let budgets = Budget::confirm_from(client.address, &state.config);
    let taken = attempts::take(db, &budgets, now).await?;
    let pending = pending::linked(db, link, now).await?.ok_or(Error::LinkExpired)?;
    let here = pending.is_of(browser);
    if !here {
        let mut problems = Problems::default();
        let given = password.map(TypedPassword::into_inner).unwrap_or_default();
        let password = problems.check(Field::Password, Password::parse_given(given));
        let password = password.ok_or_else(|| problems.into_error())?;
        if !pending::take_try(db, pending.id).await? {
            return Err(Error::LinkExpired.into());
        }
        let hash = Some(pending.password_hash.as_str());
        match state.passwords.verify(&password, hash, client.address).await {
            Ok(Verdict::Wrong) => {
                tracing::info!(event = "registration_password_wrong", address = %client.address);
                return Err(Error::Invalid(vec![(Field::Password, Problem::Wrong)]).into());
            }
            Ok(_) => {}
            Err(failure) => {
                // It was not looked at, so it was no try.
                pending::give_try_back(db, pending.id).await?;
                taken.give_back(db).await?;
                return Err(failure);
            }
        }
    }
    taken.give_back(db).await?;
    finish(state, auth, client, &pending, here).await
}

/// Makes the account of somebody whose address is proved, under another name than the one that
/// is taken.
///
/// # Errors
/// [`Error::Invalid`], [`Error::TooMany`]; [`Error::LinkExpired`] when this browser has proved
/// nothing.
pub async fn choose_name(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    browser: Option<&str>,
    username: &str,
) -> Result<(), Failure> {
    let mut problems = Problems::default();
    let username = problems.check(Field::Username, Username::parse(username));
    let username = username.ok_or_else(|| problems.into_error())?;
    let (db, now) = (&state.db, state.clock.now());
    let pending = pending::proved(db, browser, now).await?.ok_or(Error::LinkExpired)?;
    // Not given back: what is counted is how many names somebody can ask about.
    let _ = attempts::take(db, &[Budget::names_for(pending.id)], now).await?;
    let account =
        admit(state, &pending.to_user(username.as_str())?, Some(pending.id), pending.invitation_id)
            .await?;
    let_in(state, auth, client, account).await
}

/// What a proved address leads to: an account, or the choice of another name.
async fn finish(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    pending: &Pending,
    here: bool,
) -> Result<Confirmed, Failure> {
    match admit(
        state,
        &pending.to_user(&pending.username)?,
        Some(pending.id),
        pending.invitation_id,
    )
    .await
    {
        Ok(account) => {
            let_in(state, auth, client, account).await?;
            Ok(Confirmed::Account)
        }
        Err(Failure::Refused(Error::Invalid(problems))) => {
            // Two attempts for one address, and the other was faster.
            if problems.iter().any(|(field, _)| *field == Field::Email) {
                return Err(Error::Invalid(vec![(Field::Email, Problem::Taken)]).into());
            }
            // Whoever proves it in another browser goes on there.
            let browser = if here { None } else { Some(Token::random()?) };
            let now = state.clock.now();
            if !pending::note_proof(&state.db, pending, browser.as_ref(), now).await? {
                return Err(Error::LinkExpired.into());
            }
            if let Some(browser) = browser {
                remember(state, &browser);
            }
            Ok(Confirmed::NameTaken)
        }
        Err(failure) => Err(failure),
    }
}

/// Makes the account, and in the same transaction uses up the attempt whose address was proved,
/// if there is one, and the invitation. The database decides whether name and address are free.
///
/// # Errors
/// [`Error::Invalid`] naming what is taken; [`Error::LinkExpired`] when somebody else used the
/// attempt or the invitation up; [`Error::RegistrationClosed`].
pub async fn admit(
    state: &AppState,
    new: &NewUser,
    attempt: Option<Uuid>,
    invitation: Option<Uuid>,
) -> Result<Uuid, Failure> {
    let setting = state.config.registration;
    if setting == Registration::Closed {
        return Err(Error::RegistrationClosed.into());
    }
    let (id, now) = (Uuid::now_v7(), state.clock.now());
    let mut tx = state.db.begin().await?;
    if let Some(attempt) = attempt
        && !pending::take_out(&mut tx, attempt).await?
    {
        return Err(Error::LinkExpired.into());
    }
    match users::insert(&mut tx, id, new, now).await {
        Ok(()) => {}
        Err(error) if violated(&error).is_some() => {
            drop(tx);
            return Err(users::taken(&state.db, new, now).await?.into());
        }
        Err(error) => return Err(error.into()),
    }
    if attempt.is_some() {
        users::note_proof(&mut tx, id, now).await?;
    }
    invitations::spend(&mut tx, setting, invitation, id, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Logs the owner of a new account in.
///
/// # Errors
/// When the session cannot be stored.
pub async fn let_in(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    account: Uuid,
) -> Result<(), Failure> {
    let user = users::find(&state.db, account).await?.ok_or(Error::NotFound)?;
    auth::sign_in(auth, &user, client, false, Aal::One).await?;
    cookies::remove(&state.config.origin, COOKIE);
    tracing::info!(event = "registered", user = %user.id, address = %client.address);
    Ok(())
}

/// Binds the browser that is answered to an attempt.
fn remember(state: &AppState, browser: &Token) {
    let seconds = i64::try_from(pending::LIFE.as_secs()).unwrap_or_default();
    cookies::set(&state.config.origin, COOKIE, browser.expose().to_owned(), seconds);
}

impl Pending {
    /// The account that it is to become, under that name.
    fn to_user(&self, username: &str) -> Result<NewUser, Failure> {
        let broken = |_| anyhow::anyhow!("a pending registration is damaged");
        Ok(NewUser {
            username: Username::parse(username).map_err(broken)?,
            email: EmailAddress::parse(&self.email).map_err(broken)?,
            password_hash: self.password_hash.clone(),
            role: Role::Author,
        })
    }
}
