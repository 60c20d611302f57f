//! Every setting: documented on its field, read once, checked at start. `byline serve
//! --help` prints these comments.

mod images;
mod origin;
mod proxies;

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use lettre::message::Mailbox;

pub use self::{
    images::{BucketSettings, ImageSettings},
    origin::Origin,
    proxies::Proxies,
};
use crate::domain::site::{SiteName, Tagline};

/// What `byline serve` is told by its environment or its arguments.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where the data is
    #[command(flatten)]
    pub database: Database,

    /// The file with the key that encrypts what people log in with beside their password; made
    /// when it is not there. Keep a copy of it, and not beside that of the database. All
    /// processes of a site need the same one
    #[arg(long, env = "BYLINE_KEY_FILE", value_name = "FILE", default_value = "byline.key")]
    pub key_file: PathBuf,

    /// The address that people type, without a path: links, cookies and the checks against
    /// cross-site requests are made from it, never from a request. https, or http on a
    /// loopback address
    #[arg(
        long,
        env = "BYLINE_ORIGIN",
        value_name = "URL",
        default_value = "http://127.0.0.1:3000"
    )]
    pub origin: Origin,

    /// What the site is called: on its pages, in its feeds and as the sender of its mail
    #[arg(
        long,
        env = "BYLINE_NAME",
        value_name = "NAME",
        default_value = "Byline",
        value_parser = SiteName::parse
    )]
    pub name: SiteName,

    /// What the site says of itself in a few words: below its pages, to search engines about its
    /// front page, and in its feed
    #[arg(
        long,
        env = "BYLINE_TAGLINE",
        value_name = "WORDS",
        default_value = "Articles by people who sign them",
        value_parser = Tagline::parse
    )]
    pub tagline: Tagline,

    /// The address and port to listen on
    #[arg(
        long,
        env = "BYLINE_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:3000"
    )]
    pub listen: SocketAddr,

    /// Who may read the site: everybody reads what is public, or nobody reads anything
    /// without logging in
    #[arg(long, env = "BYLINE_READERS", value_name = "WHO", default_value = "public")]
    pub readers: Readers,

    /// Whether people may make accounts for themselves: everybody, or whoever was invited by
    /// somebody who writes here or by `byline invite`; when closed, `byline user create` makes them
    #[arg(long, env = "BYLINE_REGISTRATION", value_name = "HOW", default_value = "open")]
    pub registration: Registration,

    /// Whether people comment on articles: everybody who is logged in; everybody, but what
    /// somebody says first waits until the article's author or an editor has approved it; or
    /// nobody, and comments that there are do not show
    #[arg(long, env = "BYLINE_COMMENTS", value_name = "HOW", default_value = "open")]
    pub comments: Comments,

    /// Whether whoever registers has to prove first that the e-mail address is theirs, by a code
    /// or a link that is mailed there; then registration tells nobody which addresses have an
    /// account. When it is not given: on with a mail server, off without
    #[arg(long, env = "BYLINE_EMAIL_PROOF", value_name = "SWITCH")]
    pub email_proof: Option<Switch>,

    /// What a new password has to be
    #[command(flatten)]
    pub new_passwords: NewPasswords,

    /// How mail leaves
    #[command(flatten)]
    pub mail: MailSettings,

    /// Where pictures are, and how large they may be
    #[command(flatten)]
    pub images: ImageSettings,

    /// Reverse proxies whose X-Forwarded-For is believed: addresses or networks, separated
    /// by commas; empty for none
    #[arg(long, env = "BYLINE_TRUSTED_PROXIES", value_name = "NETWORKS", default_value = "")]
    pub trusted_proxies: Proxies,

    /// Failed log-ins to one account, within a quarter of an hour, before it has to wait
    #[arg(long, env = "BYLINE_LOGIN_ATTEMPTS_PER_ACCOUNT", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub login_attempts_per_account: u32,

    /// Failed log-ins from one network address (IPv6: one /64), within a quarter of an hour
    #[arg(long, env = "BYLINE_LOGIN_ATTEMPTS_PER_ADDRESS", value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub login_attempts_per_address: u32,

    /// Failed log-ins to the whole site, within a minute. Beyond them only browsers that have
    /// logged in to the account before are heard; others are asked to come back in a minute
    #[arg(long, env = "BYLINE_LOGIN_FAILURES_PER_MINUTE", value_name = "N", default_value_t = 600,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub login_failures_per_minute: u32,

    /// How many times what one network address may do a whole network may (IPv4: one /24, IPv6:
    /// one /48): failed log-ins, new accounts, requests for mails
    #[arg(long, env = "BYLINE_NETWORK_FACTOR", value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub network_factor: u32,

    /// New accounts from one network address (IPv6: one /64), within an hour
    #[arg(long, env = "BYLINE_REGISTRATIONS_PER_ADDRESS", value_name = "N", default_value_t = 300,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub registrations_per_address: u32,

    /// Mails about a registration to one e-mail address, within an hour; from one network address
    /// half of them, so that it cannot use up somebody else's
    #[arg(long, env = "BYLINE_REGISTRATION_MAILS", value_name = "N", default_value_t = 6,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub registration_mails: u32,

    /// Mails with a link to set a new password, for one account, within a quarter of an hour
    #[arg(long, env = "BYLINE_RESETS_PER_ACCOUNT", value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub resets_per_account: u32,

    /// Requests for such a mail from one network address (IPv6: one /64), within an hour
    #[arg(long, env = "BYLINE_RESETS_PER_ADDRESS", value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub resets_per_address: u32,

    /// The most connections at once. Each is an open file, and 1024 is what a process may
    /// usually open; the database takes some fifty
    #[arg(long, env = "BYLINE_MAX_CONNECTIONS", value_name = "N", default_value_t = 900,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,

    /// The most bytes of a request's body. A form takes up to twelve bytes for a character
    /// outside ASCII, and an article has up to 200,000
    #[arg(long, env = "BYLINE_BODY_LIMIT", value_name = "BYTES", default_value_t = 2_097_152,
          value_parser = clap::value_parser!(u64).range(1_048_576..=67_108_864))]
    pub body_limit: u64,

    /// What to log, as tracing-subscriber's filter directives
    #[arg(
        long,
        env = "BYLINE_LOG",
        value_name = "FILTER",
        default_value = "info,tower_sessions=error,tower_sessions_core=off"
    )]
    pub log: String,
}

impl Config {
    /// Whether an account begins with a proof that its address is its owner's.
    pub fn asks_for_proof(&self) -> bool {
        let default = if self.mail.server().is_some() { Switch::On } else { Switch::Off };
        self.email_proof.unwrap_or(default) == Switch::On
    }
}

/// What a new password has to be, wherever it is set.
#[derive(Args, Clone, Copy, Debug)]
pub struct NewPasswords {
    /// The fewest characters of a new password, 8 to 64. However long, it is none that is known to
    /// have leaked, and more than the account's name or address, the site's host name or "byline"
    #[arg(long = "password-min", env = "BYLINE_PASSWORD_MIN", value_name = "N", default_value_t = 12,
          value_parser = clap::value_parser!(u8).range(8..=64))]
    pub min: u8,
}

/// How mail leaves.
#[derive(Args, Clone)]
pub struct MailSettings {
    /// The mail server: smtp://USER:PASSWORD@HOST:PORT?tls=required, smtps:// for TLS from the
    /// start, smtp:// without tls= for a server on this machine. Without one, mail goes into a
    /// folder
    #[arg(long = "smtp-url", env = "SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<String>,

    /// The folder that gets each mail as a file, when there is no mail server; `:memory:` for
    /// none, the mail is gone when the server stops
    #[arg(
        long = "mail-dir",
        env = "BYLINE_MAIL_DIR",
        value_name = "FOLDER",
        default_value = "mail"
    )]
    pub folder: PathBuf,

    /// The sender, such as Byline <byline@example.org>; when it is not given, byline@
    /// and the host of the site's address
    #[arg(long = "mail-from", env = "BYLINE_MAIL_FROM", value_name = "ADDRESS")]
    pub from: Option<Mailbox>,
}

impl MailSettings {
    /// The mail server's address, if there is one.
    pub fn server(&self) -> Option<&str> {
        self.smtp_url.as_deref().map(str::trim).filter(|url| !url.is_empty())
    }
}

/// The address of the mail server may hold a password.
impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailSettings")
    }
}

/// The one setting that every command needs.
#[derive(Args, Clone)]
pub struct Database {
    /// Where the data is: sqlite://FILE, made when it is not there, or
    /// postgres://USER:PASSWORD@HOST/NAME
    #[arg(
        long = "database-url",
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true,
        default_value = "sqlite://byline.db"
    )]
    pub url: String,
}

/// The address may hold a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database")
    }
}

/// Who may read the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Readers {
    /// Everybody reads what is public
    Public,
    /// Only people who are logged in read anything
    Members,
}

/// A thing that is done or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is
    On,
    /// It is not
    Off,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Registration {
    /// Everybody
    Open,
    /// Whoever was invited
    Invite,
    /// Nobody; the command line makes accounts
    Closed,
}

/// What becomes of comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Comments {
    /// They show at once
    Open,
    /// The first of each person waits for approval
    Hold,
    /// There are none
    Off,
}

/// A request that takes longer than this is given up with 503.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The same for a request that brings a picture: ten megabytes over a telephone.
pub const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);

/// How long a client may take to send its headers: slower ones are attacks.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the bucket for pictures may say nothing: shorter than [`REQUEST_TIMEOUT`], so that the
/// answer tells what is wrong, and long enough for ten megabytes to go there.
pub const BUCKET_TIMEOUT: Duration = Duration::from_secs(15);

/// How long deleting the files of one picture may take, while the transaction is open that strikes
/// it out: shorter than what others wait for theirs.
pub const DELETION_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a mail server may take for one mail. Shorter than the first wait for another try,
/// so that nobody tries a mail that somebody still sends.
pub const MAIL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long requests in flight may go on after SIGTERM, before they are cut.
pub const STOP_DEADLINE: Duration = Duration::from_secs(15);
