//! Mail: [`letters`] says what is in one, [`outbox`] keeps those that wait, [`transport`] takes
//! them out of the house, and this file goes from one to the next.
//!
//! A request that causes a mail writes a row and is done: no request waits for a mail server,
//! and what goes wrong there is tried again for two days.

pub mod letters;
pub mod notices;
pub mod outbox;
pub mod transport;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use lettre::{Address, message::Mailbox};
use tokio::sync::{Notify, watch};

use self::{
    outbox::Waiting,
    transport::{Fault, Transport},
};
use super::{
    AppState,
    config::{Config, MAIL_TIMEOUT},
    failure::Failure,
};

/// How often the outbox is looked at when nobody says that something is in it: for what is to
/// be tried again, and for what another process has put there.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How mail leaves.
#[derive(Clone)]
pub struct Mail {
    transport: Transport,
    from: Mailbox,
    /// Something was put into the outbox.
    waiting: Arc<Notify>,
    /// How long one attempt may take.
    pub timeout: Duration,
}

impl Mail {
    /// # Errors
    /// Names the setting that makes no sense.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let transport = Transport::new(&config.mail)?;
        let domain = config.origin.mail_domain();
        let from = match &config.mail.from {
            Some(from) => from.clone(),
            None => {
                let address = Address::new("byline", domain).with_context(|| {
                    format!("byline@{domain} is no address to send from; set BYLINE_MAIL_FROM")
                })?;
                Mailbox::new(Some(config.name.as_str().to_owned()), address)
            }
        };
        Ok(Self { transport, from, waiting: Arc::default(), timeout: MAIL_TIMEOUT })
    }

    /// Looks whether mail can be left where it goes, if that is a folder. A server may be away now and
    /// there later.
    ///
    /// # Errors
    /// Names the folder that cannot be written, and its setting.
    pub fn check(&self) -> anyhow::Result<()> {
        self.transport.check()
    }

    /// Says that something was put into the outbox. Nothing is lost if it is not said.
    pub fn wake(&self) {
        self.waiting.notify_one();
    }

    /// The mails that went to memory, as they were sent, the oldest first.
    pub fn kept(&self) -> Vec<Vec<u8>> {
        self.transport.kept()
    }

    /// Where mail goes, for whoever runs the site.
    pub fn destination(&self) -> String {
        self.transport.to_string()
    }
}

/// Delivers mail until told to stop, or until nobody can tell any more; the mail that is under
/// way is finished.
pub async fn deliver(state: AppState, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match deliver_next(&state).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(failure) => tracing::warn!(%failure, "could not look into the outbox"),
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = state.mail.waiting.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Takes one letter that is due out of the outbox and sends it; says whether there was one.
///
/// # Errors
/// When the database is away.
pub async fn deliver_next(state: &AppState) -> Result<bool, Failure> {
    let Some(due) = outbox::next_due(&state.db, state.clock.now()).await? else {
        return Ok(false);
    };
    // Whoever moves its next attempt has it, and nobody else until then.
    let Some(letter) = outbox::claim(&state.db, &due, state.clock.now()).await? else {
        return Ok(true);
    };
    let id = letter.id;
    let attempt = tokio::time::timeout(state.mail.timeout, send(state, &letter)).await;
    match attempt.unwrap_or(Err(Fault::Passing("it took too long".into()))) {
        Ok(()) => {}
        Err(Fault::Final(cause)) => {
            tracing::error!(event = "mail_refused", mail = %id, cause, "given up");
        }
        Err(Fault::Passing(cause)) if letter.is_last_attempt() => {
            tracing::error!(event = "mail_given_up", mail = %id, cause, "given up after two days");
        }
        Err(Fault::Passing(cause)) => {
            tracing::warn!(event = "mail_delayed", mail = %id, cause, "to be tried again");
            return Ok(true);
        }
    }
    outbox::delete(&state.db, id).await?;
    Ok(true)
}

/// Writes the letter and sends it, if there is anybody to send it to.
async fn send(state: &AppState, letter: &Waiting) -> Result<(), Fault> {
    let written = letters::write(state, letter).await.map_err(Fault::inside)?;
    let Some(written) = written else { return Ok(()) };
    let message = written.into_message(&state.mail.from, letter)?;
    state.mail.transport.send(letter.id, message).await
}
