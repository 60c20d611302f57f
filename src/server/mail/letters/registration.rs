//! The letters of a registration. Nothing that a stranger typed stands in them: they go to
//! addresses that strangers type.

use uuid::Uuid;

use super::{Paragraph, Written, greeting, text};
use crate::server::{
    AppState,
    failure::Failure,
    invitations::{self, Addressed},
    registrations::pending::{self, Mailed},
    users::{self, User},
};

/// The code and the link that prove the address of an attempt; to somebody who has an account a
/// letter that says so, at the address that is stored.
pub async fn confirm(state: &AppState, attempt: Uuid) -> Result<Option<Written>, Failure> {
    let now = state.clock.now();
    let Some(email) = pending::address(&state.db, attempt, now).await? else { return Ok(None) };
    if let Some(credential) = users::find_credential(&state.db, &email).await? {
        let user = users::find(&state.db, credential.user_id).await?;
        return Ok(user.map(|user| has_account(state, &user)));
    }
    let Mailed { code, link } = pending::mint(&state.db, &state.key, attempt).await?;
    let (first, last) = code.split_at(code.len() / 2);
    let site = state.config.origin.as_str();
    Ok(Some(Written {
        to: email,
        subject: "Confirm your e-mail address",
        paragraphs: vec![
            text("Hello,"),
            text(format!(
                "Somebody, most likely you, registers at {site} with this address. Type this code where you registered:"
            )),
            text(format!("{first}-{last}")),
            text("Or open this link. In another browser it asks for the password that you chose:"),
            Paragraph::Link(
                "Confirm your address",
                format!("{site}/register/confirm/{}", link.expose()),
            ),
            text(
                "Both work once, until half an hour after you registered. A newer mail like this one replaces them.",
            ),
            text(
                "If it was not you, do nothing, and tell nobody the code: without it there is no account.",
            ),
        ],
    }))
}

fn has_account(state: &AppState, user: &User) -> Written {
    let site = state.config.origin.as_str();
    Written {
        to: user.email.clone(),
        subject: "You have an account already",
        paragraphs: vec![
            greeting(user),
            text(format!(
                "Somebody, most likely you, wanted to register at {site} with this address. You have an account there already. Log in:"
            )),
            Paragraph::Link("Log in", format!("{site}/login")),
            text("If you forgot your password, set a new one:"),
            Paragraph::Link("Ask for a new password", format!("{site}/reset")),
            text("If it was not you, do nothing: your account stays as it is."),
        ],
    }
}

/// The link of an invitation, in the name of whoever made it.
pub async fn invitation(state: &AppState, id: Uuid) -> Result<Option<Written>, Failure> {
    let now = state.clock.now();
    let Some((whom, token)) = invitations::mint(&state.db, id, now).await? else { return Ok(None) };
    let (Addressed { email, inviter }, site) = (whom, state.config.origin.as_str());
    Ok(Some(Written {
        to: email,
        subject: "An invitation",
        paragraphs: vec![
            text("Hello,"),
            text(format!("{inviter} invites you to write at {site}. Make your account here:")),
            Paragraph::Link("Register", invitations::link(site, token.expose())),
            text("The link works once, for two weeks."),
            text(format!(
                "If {inviter} is nobody you know, do nothing: nothing is stored about you but this address, and that for two weeks."
            )),
        ],
    }))
}
