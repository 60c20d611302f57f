//! What letters there are, whom they are for and what they say.

mod emails;
mod leaving;
mod registration;
mod supervision;

use anyhow::Context;
use html_escape::encode_double_quoted_attribute as escaped;
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
use crate::{
    domain::{role::Role, security::EventKind},
    server::{
        AppState,
        attempts::{self, Budget},
        failure::Failure,
        tokens::{self, Purpose},
        users::{self, User},
    },
};

/// A letter, as it waits: what it is about, and nothing that opens anything.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", content = "about", rename_all = "snake_case")]
pub enum Letter {
    /// The link to set a new password, for whoever was meant by what was typed.
    ResetPassword {
        /// A username or an address, of somebody or nobody.
        identity: String,
        /// It was promised: what others have asked for meanwhile does not hold it up.
        #[serde(default)]
        promised: bool,
    },
    /// The account is deleted, unless it is taken back: the link for that.
    Left {
        /// Whose.
        user: Uuid,
        /// The address that the account has.
        email: String,
    },
    /// The code and the link that prove the address of an attempt to register.
    ConfirmRegistration {
        /// Its key.
        attempt: Uuid,
    },
    /// The link with which somebody may register who was asked to.
    Invitation {
        /// The invitation's key.
        id: Uuid,
    },
    /// The password is another one now.
    PasswordChanged {
        /// Whose.
        user: Uuid,
        /// The address that the account had then.
        email: String,
    },
    /// Whoever runs the site gave the account another role.
    RoleChanged {
        /// Whose.
        user: Uuid,
        /// The address that the account had then.
        email: String,
        /// Which.
        role: Role,
    },
    /// Whoever runs the site shut the account out, or let it in again.
    ActiveChanged {
        /// Whose.
        user: Uuid,
        /// The address that the account had then.
        email: String,
        /// Whether it can log in now.
        active: bool,
    },
    /// An article was taken offline.
    ArticleWithdrawn {
        /// Whose.
        user: Uuid,
        /// The address that the account had then.
        email: String,
        /// Its title.
        title: String,
        /// Where it is, for its author.
        slug: String,
        /// Why; may be empty.
        reason: String,
    },
    /// Something happened to what is asked for beside the password.
    FactorsChanged {
        /// Whose.
        user: Uuid,
        /// The address that the account had then.
        email: String,
        /// What.
        what: EventKind,
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

    /// The notice for that account.
    pub fn factors_changed(user: &User, what: EventKind) -> Self {
        Letter::FactorsChanged { user: user.id, email: user.email.clone(), what }
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
        Letter::ResetPassword { identity, promised } => {
            reset_password(state, waiting, &identity, promised).await
        }
        Letter::Left { user, email } => leaving::left(state, waiting, user, email).await,
        Letter::ConfirmRegistration { attempt } => registration::confirm(state, attempt).await,
        Letter::Invitation { id } => registration::invitation(state, id).await,
        Letter::PasswordChanged { user, email } => {
            notices::write(state, user, email, &Notice::PasswordChanged).await
        }
        Letter::FactorsChanged { user, email, what } => {
            notices::write(state, user, email, &Notice::FactorsChanged { what }).await
        }
        Letter::Notice { user, email, notice } => notices::write(state, user, email, &notice).await,
        Letter::ConfirmEmail { user, email } => emails::confirm(state, user, email).await,
        Letter::EmailIsNew { user, email } => {
            let user = users::find(&state.db, user).await?;
            Ok(user.map(|user| emails::is_new(state, &user, email)))
        }
        Letter::Undone { user, email } => {
            let user = users::find(&state.db, user).await?;
            Ok(user.map(|user| emails::undone(state, &user, email)))
        }
        Letter::RoleChanged { user, email, role } => {
            let name = users::name_of(&state.db, user).await?;
            Ok(name.map(|name| supervision::role_changed(state, &name, email, role)))
        }
        Letter::ActiveChanged { user, email, active } => {
            let name = users::name_of(&state.db, user).await?;
            Ok(name.map(|name| supervision::active_changed(state, &name, email, active)))
        }
        Letter::ArticleWithdrawn { user, email, title, slug, reason } => {
            let name = users::name_of(&state.db, user).await?;
            Ok(name.map(|name| {
                supervision::article_withdrawn(state, &name, email, (&title, &slug), &reason)
            }))
        }
    }
}

/// The link goes to the address that is stored, whatever was typed.
async fn reset_password(
    state: &AppState,
    waiting: &Waiting,
    identity: &str,
    promised: bool,
) -> Result<Option<Written>, Failure> {
    let Some(credential) = users::find_credential(&state.db, identity).await? else {
        return Ok(None);
    };
    let Some(user) = users::find(&state.db, credential.user_id).await? else { return Ok(None) };
    // Name and address are counted apart when they are typed; here they are one person's.
    if waiting.attempts == 1 && !promised {
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

/// How a letter to somebody begins.
pub fn greeting(user: &User) -> Paragraph {
    greeting_to(&user.username)
}

fn greeting_to(name: &str) -> Paragraph {
    text(format!("Hello {name},"))
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
