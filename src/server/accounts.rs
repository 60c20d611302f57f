//! Making an account, and what its owner does to it with the password.

use super::{
    AppState,
    attempts::{self, Budget},
    auth::{self, AuthSession, Client},
    factors::Given,
    failure::Failure,
    invitations,
    passwords::{
        are_same,
        known::{self, OwnNames},
    },
    registrations, security_log,
    sessions::own,
    users::{self, NewUser, User},
};
use crate::{
    domain::{
        code::TypedCode,
        email::EmailAddress,
        field::{Field, Problem},
        password::{Password, TypedPassword},
        role::Role,
        token::TypedToken,
        username::Username,
    },
    error::{Error, Problems},
};

/// The registration form, as it was typed.
pub struct Application {
    /// A username.
    pub username: String,
    /// An address.
    pub email: String,
    /// The address again, or nothing.
    pub email_again: String,
    /// A password.
    pub password: TypedPassword,
    /// What an invitation's link holds, or nothing.
    pub invitation: TypedToken,
}

/// Makes an account and logs in; or, where an address has to be proved, only writes down what is
/// wished for. Says whether there is an account now.
///
/// # Errors
/// [`Error::RegistrationClosed`], [`Error::LinkExpired`] for an invitation that is none,
/// [`Error::Invalid`] with everything that is wrong at once,
/// [`Error::TooMany`].
pub async fn register(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    form: Application,
) -> Result<bool, Failure> {
    let invitation = invitations::wanted(state, &form.invitation).await?;
    let mut problems = Problems::default();
    let again = form.email_again.trim();
    let same = again.is_empty() || form.email.trim().eq_ignore_ascii_case(again);
    let username = problems.check(Field::Username, Username::parse(&form.username));
    let email = problems.check(Field::Email, EmailAddress::parse(&form.email));
    if !same {
        problems.add(Field::EmailAgain, Problem::Different);
    }
    let (config, typed) = (&state.config, form.password.into_inner());
    let names = OwnNames::new(&form.username, &form.email, Some(&config.origin));
    let password = known::parse_new(typed, config.new_passwords, &names);
    let password = problems.check(Field::Password, password);
    let (Some(username), Some(email), Some(password), true) = (username, email, password, same)
    else {
        return Err(problems.into_error().into());
    };

    let now = state.clock.now();
    let proof = config.asks_for_proof();
    let mut budgets = Vec::from(Budget::register_from(client.address, config));
    if proof {
        budgets.extend(registrations::mail_budgets(state, client, email.as_str()));
    }
    let taken = attempts::take(&state.db, &budgets, now).await?;
    let password_hash = match state.passwords.hash(&password).await {
        // Not given back: a registration that is refused for a name costs a hash as well.
        Ok(hash) => hash,
        Err(failure) => {
            taken.give_back(&state.db).await?;
            return Err(failure);
        }
    };
    let new = NewUser { username, email, password_hash, role: Role::Author };
    if proof {
        registrations::begin(state, client, &new, invitation).await?;
        return Ok(false);
    }
    let account = registrations::admit(state, &new, None, invitation).await?;
    registrations::let_in(state, auth, client, account).await?;
    Ok(true)
}

/// Changes one's password. Every session ends with the old one; this browser goes on in a
/// session of its own.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong at once, a wrong current password among
/// it; [`Error::TooMany`]; [`Error::Unauthenticated`] when this session ended meanwhile.
pub async fn change_password(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    user: &User,
    current: TypedPassword,
    new: TypedPassword,
) -> Result<(), Failure> {
    let (config, new) = (&state.config, new.into_inner());
    let names = OwnNames::new(&user.username, &user.email, Some(&config.origin));
    let mut problems = Problems::default();
    let current =
        problems.check(Field::CurrentPassword, Password::parse_given(current.into_inner()));
    let new =
        problems.check(Field::NewPassword, known::parse_new(new, config.new_passwords, &names));
    let (Some(current), Some(new)) = (current, new) else {
        return Err(problems.into_error().into());
    };
    let asking = auth::identifier(auth)?;
    let proved = auth::prove(state, client, user, Field::CurrentPassword, &current).await?;
    if are_same(&current, &new) {
        return Err(Error::Invalid(vec![(Field::NewPassword, Problem::Unchanged)]).into());
    }
    let (db, email, now) = (&state.db, &user.email, state.clock.now());
    // Not given back: the notice of each goes to an address that nobody has proved.
    let _ = attempts::take(db, &[Budget::change_of(user.id)], now).await?;
    let hash = state.passwords.hash(&new).await?;
    let tx = users::change_password(db, &proved, email, &asking, &hash, client, now).await?;
    auth::sign_in_after_change(tx, auth, user.id, client).await?;
    state.mail.wake();
    tracing::info!(event = "password_changed", user = %user.id, address = %client.address);
    Ok(())
}

/// A proof that it is still the same person, as it was typed.
pub struct Proof {
    /// The account's password.
    pub password: TypedPassword,
    /// Digits from an app; asked of whoever has a second factor.
    pub code: TypedCode,
    /// What stands in for them.
    pub recovery_code: TypedCode,
}

impl Proof {
    /// What it says, all that is wrong with it at once.
    fn parse(self, user: &User) -> Result<(Password, Option<Given>), Error> {
        let mut problems = Problems::default();
        let password = Password::parse_given(self.password.into_inner());
        let password = problems.check(Field::Password, password);
        let given = user
            .second_factor()
            .then(|| Given::parse(&self.code, &self.recovery_code, user.authenticator));
        match (password, given.transpose()) {
            (Some(password), Ok(given)) => Ok((password, given)),
            (_, Err((field, problem))) => {
                problems.add(field, problem);
                Err(problems.into_error())
            }
            (None, Ok(_)) => Err(problems.into_error()),
        }
    }
}

/// Proves that whoever is logged in is who they were: with the password, and with the second
/// factor if there is one. The session goes on under another identifier, as fresh as after a
/// log-in; it alone.
///
/// # Errors
/// [`Error::Invalid`], [`Error::TooMany`]; [`Error::Unauthenticated`] when this session ended
/// meanwhile.
pub async fn confirm(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    user: &User,
    proof: Proof,
) -> Result<(), Failure> {
    let (password, given) = proof.parse(user)?;
    let (db, asking, now) = (&state.db, auth::identifier(auth)?, state.clock.now());
    auth::prove(state, client, user, Field::Password, &password).await?;
    let taken = match &given {
        Some(given) => Some(given.count(state, user, now).await?),
        None => None,
    };
    let mut tx = users::begin(db, user).await?;
    own::give_up(&mut tx, user.id, &asking).await?;
    if let Some(given) = &given {
        if !given.spend(&mut tx, &state.key, user.id, now).await? {
            drop(tx);
            security_log::note_second_step(db, user.id, client, now).await?;
            return Err(given.wrong().into());
        }
        given.tell(&mut tx, user, client, now).await?;
    }
    // Last, as other people's attempts are counted in some of the same rows.
    if let Some(taken) = taken {
        taken.give_back_within(&mut tx).await?;
    }
    auth::sign_in_anew(tx, auth, user, client, auth::asked_of(user)).await?;
    state.mail.wake();
    tracing::info!(event = "confirmed", user = %user.id, address = %client.address);
    Ok(())
}
