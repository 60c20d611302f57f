//! The one error of every server function. It is made of codes, so that it can travel
//! anywhere and leak nothing; text is made where it is shown.

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        field::{Field, Problem},
        image::Flaw,
        transfer::Fault,
    },
    json::Text,
};

/// Why the server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Error {
    /// Fields are wrong: all of them are named at once.
    Invalid(Vec<(Field, Problem)>),
    /// No such account, or not its password: on purpose the same.
    BadCredentials,
    /// No passkey of this site, of this account, or not in time: on purpose the same.
    PasskeyRefused,
    /// Nobody is logged in.
    Unauthenticated,
    /// Somebody is logged in who may not do this.
    Forbidden,
    /// Who is logged in proved it too long ago for something this grave.
    RecentLoginNeeded,
    /// There is no such thing, or it is not yours to know of.
    NotFound,
    /// The article was saved by someone else since: this is its version now.
    Conflict {
        /// The version that is stored.
        version: i64,
    },
    /// Nobody who can log in would look after the site any more.
    LastAdministrator,
    /// A link or a code from a mail opens nothing: it was used, replaced or not used in time.
    LinkExpired,
    /// A file with articles is not taken.
    Import(Fault),
    /// A picture is not taken, or not deleted.
    Picture(Flaw),
    /// The request makes no sense.
    BadRequest,
    /// Too many attempts.
    TooMany {
        /// Seconds until the next one is looked at.
        retry_after_s: u64,
    },
    /// New accounts are not being made here.
    RegistrationClosed,
    /// Nobody comments on this article any more, or on any of this site.
    CommentsClosed,
    /// Not now: the database is away, or there is more to do than can be done. Nothing was
    /// done, and nothing is wrong with the request.
    Unavailable {
        /// Seconds until it is worth another try.
        retry_after_s: u64,
    },
    /// The server was not reached. Made in the browser only.
    Offline,
    /// Something broke. The log has the cause under this number.
    Internal {
        /// What to quote to whoever runs the site.
        incident: String,
    },
}

impl Error {
    /// The HTTP status (RFC 9110, 15) that says the same.
    pub const fn status(&self) -> u16 {
        match self {
            Error::Invalid(_) => 422,
            Error::BadCredentials | Error::Unauthenticated => 401,
            Error::Forbidden
            | Error::PasskeyRefused
            | Error::RecentLoginNeeded
            | Error::RegistrationClosed
            | Error::CommentsClosed => 403,
            Error::NotFound => 404,
            Error::Conflict { .. } | Error::LastAdministrator => 409,
            Error::LinkExpired => 410,
            Error::Import(fault) => fault.status(),
            Error::Picture(flaw) => flaw.status(),
            Error::BadRequest => 400,
            Error::TooMany { .. } => 429,
            Error::Offline | Error::Internal { .. } => 500,
            Error::Unavailable { .. } => 503,
        }
    }

    /// How many seconds to wait before the next try, where waiting helps.
    pub const fn retry_after_s(&self) -> Option<u64> {
        match self {
            Error::TooMany { retry_after_s } | Error::Unavailable { retry_after_s } => {
                Some(*retry_after_s)
            }
            _ => None,
        }
    }

    /// What stands above the form, or on the page: what is wrong and what to do about it.
    pub fn text(&self) -> String {
        match self {
            Error::Invalid(problems) if problems.len() == 1 => "One field needs another look.".into(),
            Error::Invalid(problems) => format!("{} fields need another look.", problems.len()),
            Error::BadCredentials => {
                "The username or e-mail address and the password do not belong together.".into()
            }
            Error::PasskeyRefused => "That passkey is not accepted here, or it took too long. Try again.".into(),
            Error::Unauthenticated => "You are not logged in. Log in and try again.".into(),
            Error::Forbidden => "Your account may not do this.".into(),
            Error::RecentLoginNeeded => "Confirm first that it is you, then do it again.".into(),
            Error::NotFound => "There is nothing here, or it is not yours to see.".into(),
            Error::Conflict { .. } => {
                "This article was saved somewhere else since you opened it. Your text is still here.".into()
            }
            Error::LastAdministrator => {
                "Nobody else looks after this site. Make somebody else an administrator first.".into()
            }
            Error::LinkExpired => {
                "This link or code was used already, or a newer one took its place, or its time is over.".into()
            }
            Error::Import(fault) => fault.text().into(),
            Error::Picture(flaw) => flaw.text().into(),
            Error::BadRequest => "The server could not make sense of that request.".into(),
            Error::TooMany { retry_after_s } => {
                let minutes = retry_after_s.div_ceil(60).max(1);
                let unit = if minutes == 1 { "minute" } else { "minutes" };
                format!("That was tried too often. Wait {minutes} {unit}, then try again.")
            }
            Error::Unavailable { .. } => {
                "The site is busy or being restarted. Nothing you typed is lost; try again in a moment.".into()
            }
            Error::RegistrationClosed => "This site is not taking new accounts.".into(),
            Error::CommentsClosed => "Comments are closed here.".into(),
            Error::Offline => {
                "The server cannot be reached. Nothing you typed is lost; try again in a moment.".into()
            }
            Error::Internal { incident } => {
                format!("Something broke on our side. If it happens again, quote incident {incident}.")
            }
        }
    }

    /// What is wrong with one field, as a sentence.
    pub fn about(&self, field: Field) -> Option<String> {
        let Error::Invalid(problems) = self else { return None };
        problems.iter().find(|(f, _)| *f == field).map(|(f, p)| p.text(*f))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for Error {}

impl FromServerFnError for Error {
    type Encoder = Text;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            // What the transport says: the browser could not send, or got no sense back.
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Error::Offline,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => Error::BadRequest,
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_) => Error::Internal { incident: String::new() },
        }
    }
}

/// Collects what is wrong with several fields, so that a form hears of all of them at once.
#[derive(Default)]
pub struct Problems(Vec<(Field, Problem)>);

impl Problems {
    /// The value, or `None` after its problem was noted.
    pub fn check<T>(&mut self, field: Field, parsed: Result<T, Problem>) -> Option<T> {
        parsed.map_err(|problem| self.add(field, problem)).ok()
    }

    /// Notes one.
    pub fn add(&mut self, field: Field, problem: Problem) {
        self.0.push((field, problem));
    }

    /// All that was noted, as an error.
    pub fn into_error(self) -> Error {
        Error::Invalid(self.0)
    }
}
