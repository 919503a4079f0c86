//! Where a call may go: judged when a tenant writes it down, and once more when the connection is made, since a name
//! may lead elsewhere by then.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use url::{Host, Url};

use super::address::is_public;

/// The longest URL that is accepted, in characters.
pub const MAX_URL_CHARACTERS: usize = 2048;
/// Ports on which servers for the public listen.
const PORTS: [u16; 2] = [443, 8443];
/// Names that only mean something inside of a network.
const PRIVATE_NAMES: [&str; 8] = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "home.arpa",
];
/// The longest name in the DNS, and the longest part between its dots.
const MAX_NAME_LENGTH: usize = 253;
const MAX_LABEL_LENGTH: usize = 63;
/// Looking up one name.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(2);

/// `host:port` that may be reached over plain HTTP and on private addresses, for tests and for those who run the
/// service beside their own receivers. Nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<(String, u16)>);

impl Allowed {
    /// Read a list with commas, e.g. `127.0.0.1:9000,receiver:8080`; none when an entry has no host or no port.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let entries = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let read = entries.map(|entry| {
            let (host, port) = entry.rsplit_once(':')?;
            let host = host.to_ascii_lowercase();
            (!host.is_empty()).then_some((host, port.parse().ok()?))
        });
        read.collect::<Option<Vec<_>>>().map(Self)
    }

    fn contains(&self, host: &str, port: u16) -> bool {
        self.0
            .iter()
            .any(|(known, at)| known == host && *at == port)
    }
}

/// A URL that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Whether the connection is encrypted.
    pub(super) is_tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// Path and query, as they go into the request.
    pub(super) target: String,
    literal: Option<IpAddr>,
    /// The operator vouches for it.
    is_vouched: bool,
}

/// Why a name leads to no address that may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// Nobody knows the name.
    #[error("the name does not resolve")]
    Unresolvable,
    /// Some address of it is not public.
    #[error("the name leads to an address that is not public")]
    Blocked,
}

impl Destination {
    /// Judge a URL by its words; what is wrong with it, for the developer who wrote it.
    pub fn parse(text: &str, allowed: &Allowed) -> Result<Self, &'static str> {
        if text.chars().count() > MAX_URL_CHARACTERS {
            return Err("Use a URL of at most 2048 characters.");
        }
        // Letters that only look like others are not taken for them.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("Use ASCII characters only; write other names in their `xn--` form.");
        }
        let url = Url::parse(text).map_err(|_unreadable| "This is no URL.")?;
        if !is_spelled_out(text, url.scheme()) {
            return Err("Write the URL as https://host/path.");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("Leave user and password out of the URL.");
        }
        if url.fragment().is_some() {
            return Err("Leave the part behind # out of the URL.");
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err("Use an https URL with a host.");
        };
        let destination = Self {
            is_tls: url.scheme() == "https",
            host: host.to_string(),
            port,
            target: match url.query() {
                Some(query) => format!("{}?{query}", url.path()),
                None => url.path().to_owned(),
            },
            literal: match host {
                Host::Domain(_) => None,
                Host::Ipv4(address) => Some(address.into()),
                Host::Ipv6(address) => Some(address.into()),
            },
            is_vouched: matches!(url.scheme(), "http" | "https")
                && allowed.contains(&host.to_string(), port),
        };
        destination.judge().map(|()| destination)
    }

    fn judge(&self) -> Result<(), &'static str> {
        if self.is_vouched {
            return Ok(());
        }
        if !self.is_tls {
            return Err("Use https.");
        }
        if !PORTS.contains(&self.port) {
            return Err("Use port 443 or 8443.");
        }
        match self.literal {
            Some(address) if is_public(address) => Ok(()),
            Some(_) => Err("Use a public address."),
            None if is_public_name(&self.host) => Ok(()),
            None => Err("Use a public name."),
        }
    }

    /// Every address of the host, once all of them are found to be public. The connection must go to one of these.
    pub async fn addresses(&self) -> Result<Vec<SocketAddr>, Unreachable> {
        if let Some(address) = self.literal {
            return self.vetted(vec![SocketAddr::new(address, self.port)]);
        }
        let look_up = tokio::net::lookup_host((self.host.as_str(), self.port));
        let found = tokio::time::timeout(LOOK_UP_TIMEOUT, look_up).await;
        match found {
            Ok(Ok(addresses)) => self.vetted(addresses.collect()),
            Ok(Err(_)) | Err(_) => Err(Unreachable::Unresolvable),
        }
    }

    /// One address that is not public spoils the others: which one is taken would be chance.
    fn vetted(&self, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Unreachable> {
        if addresses.is_empty() {
            return Err(Unreachable::Unresolvable);
        }
        if self.is_vouched || addresses.iter().all(|address| is_public(address.ip())) {
            Ok(addresses)
        } else {
            Err(Unreachable::Blocked)
        }
    }
}

/// Browsers also take `https:host`, `https:/host` and back slashes; others who read the URL may not.
fn is_spelled_out(text: &str, scheme: &str) -> bool {
    let rest = text
        .get(scheme.len()..)
        .and_then(|rest| rest.strip_prefix("://"));
    rest.is_some_and(|rest| !rest.starts_with(['/', '\\']))
}

/// Whether it has the form of a name in the DNS; one dot may stand at its end.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL_LENGTH).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    name.len() <= MAX_NAME_LENGTH && name.split('.').all(is_label)
}

fn is_public_name(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let is_private = |private: &&str| {
        name.strip_suffix(*private)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    is_name(host) && name.contains('.') && !PRIVATE_NAMES.iter().any(is_private)
}

#[cfg(test)]
mod tests;
