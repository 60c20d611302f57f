//! Notices: what happened to an account, told to its owner, with a link that says "this was not
//! me".

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::letters::{Paragraph, Written, greeting, text};
use crate::{
    domain::security::EventKind,
    server::{AppState, clock::Timestamp, failure::Failure, undo, users},
};

/// What happened.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The password is another one now.
    PasswordChanged,
    /// The name is.
    UsernameChanged {
        /// What it was.
        former: String,
    },
    /// Something happened to what is asked for beside the password.
    FactorsChanged {
        /// What.
        what: EventKind,
    },
    /// All that is its owner's was downloaded.
    DataDownloaded,
    /// The account was deleted; told at an address that it had lately.
    Left,
    /// Somebody asked for another address.
    EmailAsked,
    /// The address is another one now; told at the one that it was.
    EmailChanged,
    /// Somebody logged in from where nobody did before.
    NewDevice {
        /// Browser and system, in words.
        device: String,
        /// The network.
        network: String,
        /// When, to a minute.
        when: String,
    },
}

impl Notice {
    /// The subject, and what the letter says of it.
    fn told(&self, username: &str, site: &str) -> (&'static str, String) {
        match self {
            Notice::PasswordChanged => (
                "Your password was changed",
                format!(
                    "The password of your account at {site} was changed just now, and everybody who was logged in with the old one was logged out."
                ),
            ),
            Notice::UsernameChanged { former } => (
                "Your username was changed",
                format!(
                    "Your account at {site} is called {username} now. It was {former}: that name stays yours, and links to it lead to the new one."
                ),
            ),
            Notice::FactorsChanged { what } => (
                match what {
                    EventKind::PasskeyAdded | EventKind::PasskeyRemoved => "Your passkeys",
                    _ => "Your second factor",
                },
                format!("This happened just now to your account at {site}: {}.", what.text()),
            ),
            Notice::DataDownloaded => (
                "Your data was downloaded",
                format!(
                    "Somebody who is logged in to your account at {site}, and proved lately to be you, downloaded all that is in it: your articles and drafts, and where you log in."
                ),
            ),
            Notice::Left => (
                "Your account is deleted",
                format!("Somebody who is logged in to your account at {site} deleted it."),
            ),
            Notice::EmailAsked => (
                "Another address for your account",
                format!(
                    "Somebody, most likely you, asked for another e-mail address for your account at {site}. It stays as it is until the link that we mailed there is used."
                ),
            ),
            Notice::EmailChanged => (
                "Your e-mail address was changed",
                format!(
                    "Your account at {site} has another e-mail address now, and everybody who was logged in elsewhere was logged out."
                ),
            ),
            Notice::NewDevice { device, network, when } => (
                "A log-in from a new device",
                format!(
                    "Somebody logged in to your account at {site}: {device}, from {network}, on {when}. Nobody did from there before."
                ),
            ),
        }
    }
}

/// Writes a notice to that address.
///
/// # Errors
/// When the database is away.
pub async fn write(
    state: &AppState,
    user: Uuid,
    email: String,
    notice: &Notice,
) -> Result<Option<Written>, Failure> {
    let (db, now) = (&state.db, state.clock.now());
    let Some(user) = users::find_even_closed(db, user, now).await? else { return Ok(None) };
    let site = state.config.origin.as_str();
    let (subject, what) = notice.told(&user.username, site);
    let mut paragraphs = vec![greeting(&user), text(what), text("If it was you, all is well.")];
    paragraphs.extend(this_was_not_me(state, user.id, &email, now).await?);
    Ok(Some(Written { to: email, subject, paragraphs }))
}

/// What a notice to that address ends with: the link for whoever knows nothing of it. An address
/// that the account no longer has any claim to gets none.
///
/// # Errors
/// When the database cannot be written.
pub async fn this_was_not_me(
    state: &AppState,
    user: Uuid,
    email: &str,
    now: Timestamp,
) -> Result<Vec<Paragraph>, Failure> {
    let Some(token) = undo::mint(&state.db, user, email, now).await? else {
        return Ok(Vec::new());
    };
    let link = format!("{}/not-me/{}", state.config.origin.as_str(), token.expose());
    Ok(vec![
        text("If it was not, shut out whoever it was:"),
        Paragraph::Link("This was not me", link),
        text(
            "That logs everybody out, makes the password useless, takes back within 7 days another e-mail address, what was added of second factors, and the deletion of the account, and mails you a link to set a new password. It works for 7 days.",
        ),
        text("Then look after your mailbox: somebody else may read it."),
    ])
}
