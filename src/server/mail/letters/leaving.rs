//! What somebody is told who leaves.

use uuid::Uuid;

use super::super::notices::this_was_not_me;
use super::{Paragraph, Waiting, Written, greeting_to, text};
use crate::{
    domain::account::FORMER,
    server::{
        AppState,
        failure::Failure,
        leaving,
        tokens::{self, Purpose},
    },
};

/// The account is closed, and how to take it back; nobody hears of one that was taken back.
///
/// # Errors
/// When the database is away.
pub async fn left(
    state: &AppState,
    waiting: &Waiting,
    user: Uuid,
    email: String,
) -> Result<Option<Written>, Failure> {
    let (db, now) = (&state.db, state.clock.now());
    let Some(closed) = leaving::find(db, user, waiting.now).await? else { return Ok(None) };
    let token = tokens::mint_for(db, closed.id, &email, Purpose::TakeBack, now).await?;
    let site = state.config.origin.as_str();
    let end = closed.leaves_at.to_minute().text;
    let what = if closed.keeps_articles {
        format!(
            "On {end} it is deleted for good, with your drafts. What you published stays, signed by {FORMER}."
        )
    } else {
        format!("On {end} it is deleted for good, with all that you wrote.")
    };
    let mut paragraphs = vec![
        greeting_to(&closed.username),
        text(format!(
            "Somebody who is logged in to your account at {site}, and proved lately to be you, deleted it. Nobody can log in any more. {what}"
        )),
        text("Until then you can take it back, with all that was in it:"),
        Paragraph::Link("Take my account back", format!("{site}/restore/{}", token.expose())),
    ];
    paragraphs.extend(this_was_not_me(state, closed.id, &email, now).await?);
    Ok(Some(Written { to: email, subject: "Your account is deleted", paragraphs }))
}
