//! What stands before the site.

use std::{net::IpAddr, str::FromStr};

use anyhow::Context;
use ipnet::IpNet;

/// The networks of the reverse proxies in front of the site.
#[derive(Clone, Debug)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Whether that address, in its canonical form, is one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for Proxies {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Ok(Self(parts.map(parse_network).collect::<Result<_, _>>()?))
    }
}

fn parse_network(text: &str) -> anyhow::Result<IpNet> {
    let single = || text.parse().map(|address: IpAddr| address.to_canonical().into());
    text.parse().or_else(|_| single()).with_context(|| {
        format!(
            "{text:?} is neither an address nor a network; \
             give some such as 127.0.0.1 or 10.0.0.0/8, separated by commas"
        )
    })
}
