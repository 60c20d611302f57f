//! What letters there are, whom they are for and what they say.

use anyhow::Context;
use lettre::{
    Message,
    message::{
        Body, Mailbox, MultiPart,
        header::{ContentTransferEncoding, HeaderName, HeaderValue},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    notices::{self, Notice},
    outbox::Waiting,
    transport::Fault,
};
use crate::server::{
    AppState,
    attempts::{self, Budget},
    emails,
    failure::Failure,
    tokens::{self, Purpose},
    users::{self, User},
};

/// A letter, as it waits: what it is about, and nothing that opens anything.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", content = "about", rename_all = "snake_case")]
pub enum Letter {
    /// The link to set a new password, for whoever was meant by what was typed.
    ResetPassword {
        /// A username or an address, of somebody or nobody.
        identity: String,
    },
    /// The password is another one now.
    PasswordChanged {
        /// Whose.
        user: Uuid,
        /// The address that the account had then.
        email: String,
    },
    /// Something happened to an account: told with a link that says "this was not me".
    Notice {
        /// Whose.
        user: Uuid,
        /// The address that the account had then.
        email: String,
        /// What.
        notice: Notice,
    },
    /// The link that gives an account another address.
    ConfirmEmail {
        /// Whose.
        user: Uuid,
        /// The new address.
        email: String,
    },
    /// An account has that address now. Without a link: whoever is told is who changed it.
    EmailIsNew {
        /// Whose.
        user: Uuid,
        /// The new address.
        email: String,
    },
    /// Somebody said by a link that something was not them.
    Undone {
        /// Whose account it was about.
        user: Uuid,
        /// An address that it has, or had.
        email: String,
    },
}

impl Letter {
    /// The notice for an account's owner, at the address that they have now.
    pub fn notice(user: &User, notice: Notice) -> Self {
        Letter::Notice { user: user.id, email: user.email.clone(), notice }
    }

    /// As the columns `kind` and `about` have it.
    ///
    /// # Errors
    /// None that is known.
    pub fn to_columns(&self) -> anyhow::Result<(String, String)> {
        let value = serde_json::to_value(self)?;
        let kind = value["kind"].as_str().context("a letter without a kind")?;
        Ok((kind.to_owned(), value["about"].to_string()))
    }

    /// The reverse of [`Letter::to_columns`].
    ///
    /// # Errors
    /// When the columns hold something else.
    pub fn from_columns(kind: &str, about: &str) -> anyhow::Result<Self> {
        let about: Value = serde_json::from_str(about)?;
        serde_json::from_value(json!({ "kind": kind, "about": about }))
            .with_context(|| format!("no letter of the kind {kind:?} is known"))
    }
}

/// A letter that is written: to whom, and what.
pub struct Written {
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: &'static str,
    /// What it says.
    pub paragraphs: Vec<Paragraph>,
}

/// A piece of a letter.
pub enum Paragraph {
    /// Words.
    Text(String),
    /// What a click does, and where it leads.
    Link(&'static str, String),
}

/// Writes a letter, with the link that it promises; `None` if it is for nobody.
///
/// # Errors
/// When the database is away.
pub async fn write(state: &AppState, waiting: &Waiting) -> Result<Option<Written>, Failure> {
    match waiting.letter()? {
        Letter::ResetPassword { identity } => reset_password(state, waiting, &identity).await,
        Letter::PasswordChanged { user, email } => {
            notices::write(state, user, email, &Notice::PasswordChanged).await
        }
        Letter::Notice { user, email, notice } => notices::write(state, user, email, &notice).await,
        Letter::ConfirmEmail { user, email } => confirm_email(state, user, email).await,
        Letter::EmailIsNew { user, email } => {
            let user = users::find(&state.db, user).await?;
            Ok(user.map(|user| email_is_new(state, &user, email)))
        }
        Letter::Undone { user, email } => {
            let user = users::find(&state.db, user).await?;
            Ok(user.map(|user| undone(state, &user, email)))
        }
    }
}

/// The link goes to the address that is stored, whatever was typed.
async fn reset_password(
    state: &AppState,
    waiting: &Waiting,
    identity: &str,
) -> Result<Option<Written>, Failure> {
    let Some(credential) = users::find_credential(&state.db, identity).await? else {
        return Ok(None);
    };
    let Some(user) = users::find(&state.db, credential.user_id).await? else { return Ok(None) };
    // Name and address are counted apart when they are typed; here they are one person's.
    if waiting.attempts == 1 {
        let budget = Budget::reset_to(user.id, state.config.resets_per_account);
        if !attempts::take(&state.db, &[budget], waiting.now).await?.is_whole() {
            return Ok(None);
        }
    }
    let token = tokens::mint(&state.db, &user, Purpose::ResetPassword, state.clock.now()).await?;
    let site = state.config.origin.as_str();
    let link = format!("{site}/reset/{}", token.expose());
    Ok(Some(Written {
        to: user.email.clone(),
        subject: "Set a new password",
        paragraphs: vec![
            greeting(&user),
            text(format!(
                "Somebody, most likely you, asked for a new password for your account at {site}. Set it here:"
            )),
            Paragraph::Link("Set a new password", link),
            text("The link works once, for 15 minutes. A newer mail like this one replaces it."),
            text("If it was not you, do nothing: your password stays as it is."),
        ],
    }))
}

/// The link goes to the new address. Where that is somebody's already there is none: its owner is
/// told in its place, and whoever asked is not.
async fn confirm_email(
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
        return Ok(holder.map(|holder| email_is_held(state, &holder, email)));
    }
    let Some(user) = users::find(db, id).await? else { return Ok(None) };
    let site = state.config.origin.as_str();
    let link = format!("{site}/settings/email/{}", token.expose());
    Ok(Some(Written {
        to: email,
        subject: "Confirm your e-mail address",
        paragraphs: vec![
            greeting(&user),
            text(format!(
                "Somebody, most likely you, wants this to be the address of your account at {site}. Confirm it here, logged in:"
            )),
            Paragraph::Link("Confirm this address", link),
            text("The link works once, for an hour. A newer mail like this one replaces it."),
            text("If it was not you, do nothing: nothing changes."),
        ],
    }))
}

fn email_is_held(state: &AppState, holder: &User, email: String) -> Written {
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

fn email_is_new(state: &AppState, user: &User, email: String) -> Written {
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

fn undone(state: &AppState, user: &User, email: String) -> Written {
    let site = state.config.origin.as_str();
    Written {
        to: email,
        subject: "Everybody was logged out of your account",
        paragraphs: vec![
            greeting(user),
            text(format!(
                "Somebody who reads the mail of your account at {site} said by a link in a notice that something was not them. So everybody was logged out, the password works no longer, and a change of the e-mail address within the last seven days was taken back."
            )),
            text(
                "The way in is a new password, by the link that was mailed to the address which the account has now.",
            ),
        ],
    }
}

/// How a letter begins.
pub fn greeting(user: &User) -> Paragraph {
    text(format!("Hello {},", user.username))
}

/// Words.
pub fn text(text: impl Into<String>) -> Paragraph {
    Paragraph::Text(text.into())
}

impl Written {
    /// The letter as it travels. Its Message-ID is of this attempt: a mailbox that drops what it
    /// has seen before must not keep the letter whose link was replaced.
    ///
    /// # Errors
    /// [`Fault::Final`] when the address is none.
    pub fn into_message(self, from: &Mailbox, waiting: &Waiting) -> Result<Message, Fault> {
        let to = self.to.parse().map_err(|_| Fault::Final("the address is none".into()))?;
        let id = format!("<{}.{}@{}>", waiting.id, waiting.attempts, from.email.domain());
        // RFC 3834: no machine shall answer.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(self.subject)
            .date(waiting.now.to_system())
            .message_id(Some(id))
            .raw_header(HeaderValue::new(automatic, "auto-generated".into()))
            .multipart(MultiPart::alternative_plain_html(
                unencoded(&self.plain()),
                unencoded(&self.html()),
            ))
            .map_err(|error| Fault::Final(error.to_string()))
    }

    fn plain(&self) -> String {
        let paragraphs = self.paragraphs.iter().map(|paragraph| match paragraph {
            Paragraph::Text(text) => text.as_str(),
            Paragraph::Link(_, url) => url,
        });
        paragraphs.collect::<Vec<_>>().join("\n\n") + "\n"
    }

    fn html(&self) -> String {
        let paragraphs = self.paragraphs.iter().map(|paragraph| match paragraph {
            Paragraph::Text(text) => format!("<p>{}</p>", escaped(text)),
            Paragraph::Link(label, url) => {
                let url = escaped(url);
                format!("<p><a href=\"{url}\">{}</a></p>\n<p>{url}</p>", escaped(label))
            }
        });
        let subject = escaped(self.subject);
        let body = paragraphs.collect::<Vec<_>>().join("\n");
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{subject}</title></head>\n\
             <body>\n{body}\n</body></html>\n"
        )
    }
}

/// Plain ASCII needs no encoding up to 998 characters a line (RFC 5322, 2.1.1). lettre would
/// break lines of 76, and with them a link that somebody copies out of a file.
fn unencoded(text: &str) -> Body {
    let text = text.replace('\n', "\r\n");
    if text.is_ascii() {
        Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
