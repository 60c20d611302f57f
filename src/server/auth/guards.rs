//! Who sent a request, and what they may do.

use std::time::Duration;

use axum::http::request::Parts;
use tower_sessions::session::Id;

use super::AuthSession;
use crate::{
    domain::role::Permission,
    error::Error,
    server::{
        AppState,
        failure::Failure,
        sessions::{Aal, own},
        users::User,
    },
};

/// The request's session.
///
/// # Errors
/// [`Failure::Broken`] when the session layer is missing: closed, never open.
pub fn session(parts: &Parts) -> Result<AuthSession, Failure> {
    let session = parts.extensions.get::<AuthSession>().cloned();
    session.ok_or_else(|| anyhow::anyhow!("the session layer is missing from this route").into())
}

/// Whoever sent the request.
///
/// # Errors
/// [`Error::Unauthenticated`].
pub fn require_user(parts: &Parts) -> Result<User, Failure> {
    session(parts)?.user.ok_or_else(|| Error::Unauthenticated.into())
}

/// Ten minutes: long enough to look through what one is about to do, short enough that a
/// browser left open is not one more key to the account.
pub const RECENT: Duration = Duration::from_secs(10 * 60);

/// Whoever sent the request, if they proved in this session who they are, lately, and by all
/// that the account asks for: a session from before it had a second factor proves too little.
///
/// # Errors
/// [`Error::Unauthenticated`] or [`Error::RecentLoginNeeded`].
pub async fn require_recent(state: &AppState, parts: &Parts) -> Result<User, Failure> {
    let user = require_user(parts)?;
    let asking = identifier(&session(parts)?)?;
    // Without a row somebody ended the session since the request began.
    let proof = own::proof(&state.db, user.id, &asking).await?;
    let (when, aal) = proof.ok_or(Error::Unauthenticated)?;
    if state.clock.now() > when.after(RECENT) || aal < asked_of(&user) {
        return Err(Error::RecentLoginNeeded.into());
    }
    Ok(user)
}

/// By how much the account's owner has to prove who they are.
pub fn asked_of(user: &User) -> Aal {
    if user.second_factor() { Aal::Two } else { Aal::One }
}

/// What the session of somebody who is logged in is stored under.
///
/// # Errors
/// [`Error::Unauthenticated`].
pub fn identifier(auth: &AuthSession) -> Result<Id, Failure> {
    auth.session.id().ok_or_else(|| Error::Unauthenticated.into())
}

/// Whoever sent the request, if they may do that.
///
/// # Errors
/// [`Error::Unauthenticated`] or [`Error::Forbidden`]; [`Error::NotFound`] for what is for
/// administrators: to everybody else it is not there.
pub fn require_permission(parts: &Parts, permission: Permission) -> Result<User, Failure> {
    let error = match session(parts)?.user {
        Some(user) if user.may(permission) => return Ok(user),
        _ if permission == Permission::Administer => Error::NotFound,
        Some(_) => Error::Forbidden,
        None => Error::Unauthenticated,
    };
    Err(error.into())
}
