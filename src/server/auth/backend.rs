//! axum-login's backend: where it finds people, and what a session is compared with.

use std::convert::Infallible;

use axum_login::{AuthUser, AuthnBackend, UserId};
use uuid::Uuid;

use crate::server::{
    AppState,
    sessions::note,
    users::{self, User},
};

/// Where axum-login finds people.
#[derive(Clone)]
pub struct Backend {
    state: AppState,
}

impl Backend {
    /// A backend over the application's database.
    pub fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl AuthUser for User {
    type Id = Uuid;

    fn id(&self) -> Uuid {
        self.id
    }

    /// Not the password's hash: the stamp also changes with the role and when the account is
    /// deactivated.
    fn session_auth_hash(&self) -> &[u8] {
        &self.security_stamp
    }
}

/// That nobody could be looked up, because the database could not be read.
#[derive(Debug)]
pub struct LookupError(pub sqlx::Error);

impl std::fmt::Display for LookupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for LookupError {}

impl AuthnBackend for Backend {
    type User = User;
    /// Passwords are checked by [`log_in`](super::log_in), which also counts attempts.
    type Credentials = Infallible;
    type Error = LookupError;

    async fn authenticate(&self, credentials: Infallible) -> Result<Option<User>, LookupError> {
        match credentials {}
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, LookupError> {
        users::find(&self.state.db, *id).await.inspect_err(note).map_err(LookupError)
    }
}
