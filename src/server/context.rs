//! What the body of a server function can ask for.

use axum::http::request::Parts;
use leptos::prelude::use_context;

use super::{
    AppState,
    auth::{self, AuthSession, Client},
    config::Readers,
    cookies,
    failure::Failure,
    head::Head,
    users::User,
};
use crate::{domain::role::Permission, error::Error};

/// The application: database, settings, clock.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn state() -> Result<AppState, Failure> {
    use_context().ok_or_else(|| anyhow::anyhow!("no application in this context").into())
}

fn parts() -> Result<Parts, Failure> {
    use_context().ok_or_else(|| anyhow::anyhow!("no request in this context").into())
}

/// Who sent the request.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn client() -> Result<Client, Failure> {
    parts()?
        .extensions
        .get()
        .cloned()
        .ok_or_else(|| anyhow::anyhow!("no client in this request").into())
}

/// The session.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn session() -> Result<AuthSession, Failure> {
    auth::session(&parts()?)
}

/// A cookie beside the session's.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn cookie(name: &str) -> Result<Option<String>, Failure> {
    Ok(cookies::read(&parts()?.headers, &state()?.config.origin, name))
}

/// Whoever is logged in, if anybody is.
///
/// # Errors
/// [`Failure::Broken`] outside of a request.
pub fn viewer() -> Result<Option<User>, Failure> {
    Ok(session()?.user)
}

/// Whoever is logged in.
///
/// # Errors
/// [`Error::Unauthenticated`].
pub fn require_user() -> Result<User, Failure> {
    auth::require_user(&parts()?)
}

/// Whoever is logged in, if they proved lately who they are.
///
/// # Errors
/// [`Error::Unauthenticated`] or [`Error::RecentLoginNeeded`].
pub async fn require_recent() -> Result<User, Failure> {
    let (state, parts) = (state()?, parts()?);
    auth::require_recent(&state, &parts).await
}

/// Whoever is logged in, if they may do that.
///
/// # Errors
/// As [`auth::require_permission`].
pub fn require(permission: Permission) -> Result<User, Failure> {
    auth::require_permission(&parts()?, permission)
}

/// Whoever is logged in, if they look after the site and proved lately who they are.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::RecentLoginNeeded`].
pub async fn require_administrator() -> Result<User, Failure> {
    require(Permission::Administer)?;
    require_recent().await
}

/// The head of the document, if one is being rendered.
pub fn head() -> Option<Head> {
    use_context()
}

/// Whoever reads: on a site for members, nobody reads without logging in.
///
/// # Errors
/// [`Error::Unauthenticated`].
pub fn reader() -> Result<Option<User>, Failure> {
    let user = viewer()?.filter(|user| user.may(Permission::ReadMembers));
    if user.is_none() && state()?.config.readers == Readers::Members {
        return Err(Error::Unauthenticated.into());
    }
    Ok(user)
}
