//! Every setting: documented on its field, read once, checked at start. `byline serve
//! --help` prints these comments.

use std::{fmt, net::SocketAddr, str::FromStr, time::Duration};

use anyhow::bail;
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use url::{Host, Url};

/// What `byline serve` is told by its environment or its arguments.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where the data is
    #[command(flatten)]
    pub database: Database,

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

    /// Whether people may make accounts for themselves; when closed, `byline user create` does
    #[arg(long, env = "BYLINE_REGISTRATION", value_name = "HOW", default_value = "open")]
    pub registration: Registration,

    /// The fewest characters of a new password, 8 to 64
    #[arg(long, env = "BYLINE_PASSWORD_MIN", value_name = "N", default_value_t = 12,
          value_parser = clap::value_parser!(u8).range(8..=64))]
    pub password_min: u8,

    /// Reverse proxies whose X-Forwarded-For is believed: addresses or networks, separated
    /// by commas
    #[arg(long, env = "BYLINE_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',', value_parser = parse_network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Failed log-ins to one account, within a quarter of an hour, before it has to wait
    #[arg(long, env = "BYLINE_LOGIN_ATTEMPTS_PER_ACCOUNT", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub login_attempts_per_account: u32,

    /// Failed log-ins from one network address (IPv6: one /64), within a quarter of an hour
    #[arg(long, env = "BYLINE_LOGIN_ATTEMPTS_PER_ADDRESS", value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub login_attempts_per_address: u32,

    /// New accounts from one network address (IPv6: one /64), within an hour
    #[arg(long, env = "BYLINE_REGISTRATIONS_PER_ADDRESS", value_name = "N", default_value_t = 300,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub registrations_per_address: u32,

    /// The most bytes of a request's body; an article's text is at most 800 kB of it
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

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Registration {
    /// Everybody
    Open,
    /// Nobody; the command line makes accounts
    Closed,
}

/// The site's public origin (RFC 6454): scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    secure: bool,
}

impl Origin {
    /// As browsers send it in `Origin`: no slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is https.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The cookie's name: with the `__Host-` prefix a browser refuses one that another host,
    /// a subdomain or a plain connection tries to set (RFC 6265bis, 4.1.3.2).
    pub fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-byline" } else { "byline" }
    }
}

impl FromStr for Origin {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let wanted = "give scheme, host and port only, such as https://blog.example.org";
        let Ok(url) = Url::parse(text) else { bail!("not a URL; {wanted}") };
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            bail!("more than an origin; {wanted}");
        }
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => bail!("no host; {wanted}"),
        };
        let secure = url.scheme() == "https";
        let local = url.scheme() == "http" && loopback;
        if !secure && !local {
            bail!("cookies need https everywhere but on a loopback address; {wanted}");
        }
        Ok(Self { text: url.origin().ascii_serialization(), secure })
    }
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = text.parse::<IpNet>().ok();
    let single = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
    network
        .or_else(single)
        .ok_or_else(|| "give addresses or networks such as 127.0.0.1 or 10.0.0.0/8".into())
}

/// A request that takes longer than this is given up with 408 or 503.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take to send its headers: slower ones are attacks.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long requests in flight may go on after SIGTERM, before they are cut.
pub const STOP_DEADLINE: Duration = Duration::from_secs(15);
