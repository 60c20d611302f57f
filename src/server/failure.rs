//! What can go wrong inside the server, on its way to becoming the public [`Error`].

use std::fmt;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    auth::backend::{Backend, LookupError},
    db::is_away,
    sessions,
};
use crate::error::Error;

/// What a client is asked to wait when the server cannot say: a restart takes no longer, and
/// a busy moment is over.
pub const RETRY_AFTER_S: u64 = 5;

/// Either an answer for the person, or a cause for the log.
#[derive(Debug)]
pub enum Failure {
    /// To be told as it is.
    Refused(Error),
    /// The database is away: to be logged once, at the edge, and told as
    /// [`Error::Unavailable`].
    Away(anyhow::Error),
    /// To be logged once, at the edge, under an incident number; never to be sent.
    Broken(anyhow::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Refused(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) { Failure::Away(error.into()) } else { Failure::Broken(error.into()) }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Broken(error)
    }
}

impl From<tower_sessions::session::Error> for Failure {
    fn from(error: tower_sessions::session::Error) -> Self {
        // tower-sessions keeps of a cause only its text; the store noted what it was.
        let away = sessions::database_was_away();
        if away { Failure::Away(error.into()) } else { Failure::Broken(error.into()) }
    }
}

impl From<axum_login::Error<Backend>> for Failure {
    fn from(error: axum_login::Error<Backend>) -> Self {
        match error {
            axum_login::Error::Session(error) => error.into(),
            axum_login::Error::Backend(LookupError(error)) => error.into(),
        }
    }
}

/// The edge: the cause goes to the log, a number goes to the person.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error,
            Failure::Away(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "the database is away");
                unavailable()
            }
            Failure::Broken(cause) => {
                let incident = incident();
                tracing::error!(%incident, cause = format!("{cause:#}"), "a request failed");
                Error::Internal { incident }
            }
        }
    }
}

/// For what is neither a page nor a form: the status alone.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        status_of(&Error::from(self)).into_response()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(error) => error.fmt(f),
            Failure::Away(cause) | Failure::Broken(cause) => write!(f, "{cause:#}"),
        }
    }
}

impl std::error::Error for Failure {}

/// The status that an error is told under.
pub fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Not now; try again in a moment.
pub fn unavailable() -> Error {
    Error::Unavailable { retry_after_s: RETRY_AFTER_S }
}

/// A number to find a log line by. Not a secret.
pub fn incident() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}
