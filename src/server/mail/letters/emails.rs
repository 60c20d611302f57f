//! Letters about another address, and about undoing.

use uuid::Uuid;

use super::{Paragraph, Written, greeting, text};
use crate::server::{
    AppState, emails,
    failure::Failure,
    tokens::{self, Purpose},
    users::{self, User},
};

/// The link goes to the new address. Where that is somebody's already there is none: its owner is
/// told in its place, and whoever asked is not. Neither reads who asked: the address may be
/// mistyped.
///
/// # Errors
/// When the database is away.
pub async fn confirm(
    state: &AppState,
    id: Uuid,
    email: String,
) -> Result<Option<Written>, Failure> {
    let (db, now) = (&state.db, state.clock.now());
    // Either way: how long the page says that a link is on its way must not tell.
    let token = tokens::keep_promise(db, id, Purpose::ChangeEmail, &email, now).await?;
    let Some(token) = token else { return Ok(None) };
    let holder = emails::holder(db, &email, now).await?.filter(|holder| *holder != id);
    if let Some(holder) = holder {
        let holder = users::find(db, holder).await?;
        return Ok(holder.map(|holder| is_held(state, &holder, email)));
    }
    let site = state.config.origin.as_str();
    let link = format!("{site}/settings/email/{}", token.expose());
    Ok(Some(Written {
        to: email,
        subject: "Confirm your e-mail address",
        paragraphs: vec![
            text("Hello,"),
            text(format!(
                "Somebody, most likely you, wants this to be the address of your account at {site}. Confirm it here, logged in:"
            )),
            Paragraph::Link("Confirm this address", link),
            text("The link works once, for an hour. A newer mail like this one replaces it."),
            text("If it was not you, do nothing: nothing changes."),
        ],
    }))
}

fn is_held(state: &AppState, holder: &User, email: String) -> Written {
    let site = state.config.origin.as_str();
    Written {
        to: email,
        subject: "Your address is in use",
        paragraphs: vec![
            greeting(holder),
            text(format!(
                "Somebody wants this to be the address of another account at {site}. It is that of your account {} already, so nothing changes.",
                holder.username
            )),
            text(
                "If it was you: give this account another address first, and wait for seven days, or use this account.",
            ),
        ],
    }
}

/// Tells the new address.
pub fn is_new(state: &AppState, user: &User, email: String) -> Written {
    let site = state.config.origin.as_str();
    Written {
        to: email,
        subject: "This is your address now",
        paragraphs: vec![
            greeting(user),
            text(format!(
                "Your account at {site} has this e-mail address now. We have told the former one."
            )),
        ],
    }
}

/// Tells that everybody was put out of the account.
pub fn undone(state: &AppState, user: &User, email: String) -> Written {
    let site = state.config.origin.as_str();
    Written {
        to: email,
        subject: "Everybody was logged out of your account",
        paragraphs: vec![
            greeting(user),
            text(format!(
                "Somebody who reads the mail of your account at {site} said by a link in a notice that something was not them. So everybody was logged out, the password works no longer, and changes of the e-mail address and of second factors within the last seven days were taken back."
            )),
            text(
                "The way in is a new password, by the link that was mailed to the address which the account has now.",
            ),
        ],
    }
}
