//! Under which address the site is found.

use std::str::FromStr;

use anyhow::bail;
use url::{Host, Url};

/// The site's public origin (RFC 6454): scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    mail_domain: String,
    secure: bool,
}

impl Origin {
    /// As browsers send it in `Origin`: no slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, as it stands behind the @ of a mail address; `localhost` for a number, which
    /// few mail servers take there.
    pub fn mail_domain(&self) -> &str {
        &self.mail_domain
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
        let (loopback, mail_domain) = match url.host() {
            Some(Host::Domain(name)) => (name == "localhost" || name.ends_with(".localhost"), name),
            Some(Host::Ipv4(address)) => (address.is_loopback(), "localhost"),
            Some(Host::Ipv6(address)) => (address.is_loopback(), "localhost"),
            None => bail!("no host; {wanted}"),
        };
        let secure = url.scheme() == "https";
        let local = url.scheme() == "http" && loopback;
        if !secure && !local {
            bail!("cookies need https everywhere but on a loopback address; {wanted}");
        }
        Ok(Self {
            text: url.origin().ascii_serialization(),
            mail_domain: mail_domain.to_owned(),
            secure,
        })
    }
}
