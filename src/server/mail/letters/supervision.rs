//! What whoever looks after the site has done to somebody, told to them.

use super::{Paragraph, Written, greeting_to, text};
use crate::{domain::role::Role, server::AppState};

/// The account has another role.
pub fn role_changed(state: &AppState, name: &str, to: String, role: Role) -> Written {
    let site = state.config.origin.as_str();
    let may = match role {
        Role::Reader => "You can read what is for members, and no longer write.",
        Role::Author | Role::Editor => "You can read what is for members, and write.",
        Role::Administrator => "You can write, and you look after the accounts of this site.",
    };
    Written {
        to,
        subject: "Your role was changed",
        paragraphs: vec![
            greeting_to(name),
            text(format!(
                "Whoever runs {site} has changed what your account may do. Its role is now: {}. {may}",
                role.name()
            )),
            text("You were logged out everywhere. Log in again to go on:"),
            Paragraph::Link("Log in", format!("{site}/login")),
        ],
    }
}

/// The account was shut out, or let in again.
pub fn active_changed(state: &AppState, name: &str, to: String, active: bool) -> Written {
    let site = state.config.origin.as_str();
    let (subject, rest) = if active {
        let again = format!("Whoever runs {site} has let your account in again.");
        let link = Paragraph::Link("Log in", format!("{site}/login"));
        ("Your account is open again", vec![text(again), link])
    } else {
        let shut = format!(
            "Whoever runs {site} has shut out your account. You were logged out everywhere, and cannot log in."
        );
        let kept = "What you published stays where it is. If you think that this is a mistake, ask whoever runs the site.";
        ("Your account was shut out", vec![text(shut), text(kept)])
    };
    let paragraphs = std::iter::once(greeting_to(name)).chain(rest).collect();
    Written { to, subject, paragraphs }
}

/// An article of theirs was taken offline.
pub fn article_withdrawn(
    state: &AppState,
    name: &str,
    to: String,
    (title, slug): (&str, &str),
    reason: &str,
) -> Written {
    let site = state.config.origin.as_str();
    let reason = if reason.is_empty() {
        "No reason was given.".into()
    } else {
        format!("The reason that was given: {reason}")
    };
    Written {
        to,
        subject: "Your article was taken offline",
        paragraphs: vec![
            greeting_to(name),
            text(format!("An editor of {site} has taken your article offline: {title}")),
            text(reason),
            text("It is a draft now, which you alone can see. Nothing of it is lost:"),
            Paragraph::Link("Open the draft", format!("{site}/article/{slug}")),
        ],
    }
}
