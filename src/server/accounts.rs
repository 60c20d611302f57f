//! Making an account.

use super::{
    AppState,
    attempts::{self, Budget},
    auth::{self, AuthSession, Client},
    config::Registration,
    failure::Failure,
    users::{self, NewUser},
};
use crate::{
    domain::{
        email::EmailAddress,
        field::{Field, Problem},
        password::{Password, TypedPassword},
        role::Role,
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
}

/// Makes an account and logs in.
///
/// # Errors
/// [`Error::RegistrationClosed`], [`Error::Invalid`] with everything that is wrong at once,
/// [`Error::TooMany`].
pub async fn register(
    state: &AppState,
    auth: &mut AuthSession,
    client: &Client,
    form: Application,
) -> Result<(), Failure> {
    if state.config.registration == Registration::Closed {
        return Err(Error::RegistrationClosed.into());
    }
    let mut problems = Problems::default();
    let again = form.email_again.trim();
    let same = again.is_empty() || form.email.trim().eq_ignore_ascii_case(again);
    let username = problems.check(Field::Username, Username::parse(&form.username));
    let email = problems.check(Field::Email, EmailAddress::parse(&form.email));
    if !same {
        problems.add(Field::EmailAgain, Problem::Different);
    }
    let min = usize::from(state.config.new_passwords.min);
    let password =
        problems.check(Field::Password, Password::parse_new(form.password.into_inner(), min));
    let (Some(username), Some(email), Some(password), true) = (username, email, password, same)
    else {
        return Err(problems.into_error().into());
    };

    let now = state.clock.now();
    let from = Budget::register_from(client.address, state.config.registrations_per_address);
    let taken = attempts::take(&state.db, &[from], now).await?;
    let password_hash = match state.passwords.hash(&password).await {
        // Not given back: a registration that is refused for a name costs a hash as well.
        Ok(hash) => hash,
        Err(failure) => {
            taken.give_back(&state.db).await?;
            return Err(failure);
        }
    };
    let new = NewUser { username, email, password_hash, role: Role::Author };
    let id = users::create(&state.db, &new, now).await?;
    let user = users::find(&state.db, id).await?.ok_or(Error::NotFound)?;
    auth::sign_in(auth, &user, client, false).await?;
    tracing::info!(event = "registered", user = %user.id, address = %client.address);
    Ok(())
}
