//! The way out of the house: a mail server, a folder, or for trying things out the memory.

use std::{
    collections::VecDeque,
    fmt,
    fs::{DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, bail};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    transport::smtp::{Error, response::Category},
};
use url::Url;
use uuid::Uuid;

use crate::server::{config::MailSettings, failure::Failure};

/// Where mail goes.
#[derive(Clone)]
pub enum Transport {
    /// To a server; a connection for each mail.
    Server {
        /// What speaks SMTP.
        smtp: AsyncSmtpTransport<Tokio1Executor>,
        /// Host and port, without the password.
        place: String,
    },
    /// Into a folder, a file for each mail.
    Folder(PathBuf),
    /// Nowhere: the newest [`MOST_IN_MEMORY`] are kept until the process ends.
    Memory(Arc<Mutex<VecDeque<Vec<u8>>>>),
}

/// As many mails are kept in memory.
const MOST_IN_MEMORY: usize = 1000;

/// Why a mail was not sent. What a mail server says often repeats the address, and is not for
/// the log; its code is.
pub enum Fault {
    /// Worth another try.
    Passing(String),
    /// Not to be tried again: the server does not take mail for this person.
    Final(String),
}

impl Fault {
    /// Something of our own broke.
    pub fn inside(failure: Failure) -> Self {
        Fault::Passing(failure.to_string())
    }

    fn of_server(error: &Error) -> Self {
        let Some(code) = error.status() else {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            return Fault::Passing(cause.unwrap_or_else(|| "no connection".into()));
        };
        // A refused log-in, 535, is permanent as well, but not about this mail.
        if error.is_permanent() && code.category == Category::MailSystem {
            Fault::Final(format!("the mail server refused it with {code}"))
        } else {
            Fault::Passing(format!("the mail server answered {code}"))
        }
    }
}

impl Transport {
    /// # Errors
    /// Names the setting that makes no sense. The address of a server is not repeated: it may
    /// hold a password.
    pub fn new(settings: &MailSettings) -> anyhow::Result<Self> {
        let Some(url) = settings.server() else {
            if settings.folder.as_os_str() == ":memory:" {
                return Ok(Self::Memory(Arc::default()));
            }
            if settings.folder.exists() && !settings.folder.is_dir() {
                bail!("BYLINE_MAIL_DIR is {}, which is no folder", settings.folder.display());
            }
            return Ok(Self::Folder(settings.folder.clone()));
        };
        let (Ok(place), Ok(smtp)) =
            (Url::parse(url), AsyncSmtpTransport::<Tokio1Executor>::from_url(url))
        else {
            bail!(
                "SMTP_URL is not the address of a mail server; give one such as \
                 smtp://USER:PASSWORD@mail.example.org:587?tls=required or smtps://mail.example.org"
            );
        };
        let host = place.host_str().unwrap_or_default();
        let place = place.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self::Server { smtp: smtp.build(), place })
    }

    /// Looks whether a folder for mails can be written; it is made if there is none.
    ///
    /// # Errors
    /// Names the folder, and the setting.
    pub fn check(&self) -> anyhow::Result<()> {
        let Transport::Folder(folder) = self else { return Ok(()) };
        let written = make(folder).and_then(|()| tempfile::tempfile_in(folder));
        written.map(|_| ()).with_context(|| {
            format!("cannot use the folder {} (BYLINE_MAIL_DIR)", folder.display())
        })
    }

    /// Sends a mail, and comes back when the other side has it for good.
    ///
    /// # Errors
    /// A [`Fault`]. There is no time limit here.
    pub async fn send(&self, id: Uuid, message: Message) -> Result<(), Fault> {
        match self {
            Transport::Server { smtp, .. } => {
                smtp.send(message).await.map(|_| ()).map_err(|error| Fault::of_server(&error))
            }
            Transport::Folder(folder) => {
                let folder = folder.clone();
                let write = move || write(&folder, id, &message.formatted());
                match tokio::task::spawn_blocking(write).await {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(Fault::Passing(format!("BYLINE_MAIL_DIR: {error}"))),
                    Err(error) => Err(Fault::Passing(error.to_string())),
                }
            }
            Transport::Memory(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_back(message.formatted());
                if kept.len() > MOST_IN_MEMORY {
                    kept.pop_front();
                }
                Ok(())
            }
        }
    }

    /// The mails that are kept in memory, as they were sent, the oldest first.
    pub fn kept(&self) -> Vec<Vec<u8>> {
        let Transport::Memory(kept) = self else { return Vec::new() };
        kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Transport::Server { place, .. } => f.write_str(place),
            Transport::Folder(folder) => write!(f, "the folder {}", folder.display()),
            Transport::Memory(_) => f.write_str("memory alone"),
        }
    }
}

/// Nobody else looks into it.
fn make(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Whole or not at all, and for the owner's eyes: there may be a link in it.
fn write(folder: &Path, id: Uuid, mail: &[u8]) -> std::io::Result<()> {
    make(folder)?;
    let draft = folder.join(format!("{id}.part"));
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(mail)?;
    file.sync_all()?;
    std::fs::rename(draft, folder.join(format!("{id}.eml")))
}
