//! What can go wrong inside the server, on its way to becoming the public [`Error`].

use crate::error::Error;

/// Either an answer for the person, or a cause for the log.
#[derive(Debug)]
pub enum Failure {
    /// To be told as it is.
    Refused(Error),
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
        Failure::Broken(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Broken(error)
    }
}

impl From<tower_sessions::session::Error> for Failure {
    fn from(error: tower_sessions::session::Error) -> Self {
        Failure::Broken(error.into())
    }
}

impl From<axum_login::Error<super::auth::Backend>> for Failure {
    fn from(error: axum_login::Error<super::auth::Backend>) -> Self {
        Failure::Broken(anyhow::anyhow!("{error:?}"))
    }
}

/// The edge: the cause goes to the log, a number goes to the person.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error,
            Failure::Broken(cause) => {
                let incident = incident();
                tracing::error!(%incident, cause = format!("{cause:#}"), "a request failed");
                Error::Internal { incident }
            }
        }
    }
}

/// A number to find a log line by. Not a secret.
pub fn incident() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}
