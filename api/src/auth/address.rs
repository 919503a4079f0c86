//! Where a request comes from. The peer counts, unless it is one of the proxies that the operator
//! trusts: anybody else could write any address into a header.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::config::address_range;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// One address or a range, e.g. `203.0.113.7` or `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange(pub IpNet);

impl AddressRange {
    /// Whether every address of this range is one of the other's.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        other.0.contains(&self.0)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(range) = self;
        if range.prefix_len() == range.max_prefix_len() {
            range.addr().fmt(formatter)
        } else {
            range.trunc().fmt(formatter)
        }
    }
}

impl Serialize for AddressRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AddressRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let range = address_range(&text).ok_or_else(|| {
            de::Error::custom("must be an address or a range, e.g. 203.0.113.7 or 2001:db8::/32")
        })?;
        Ok(Self(range.trunc()))
    }
}

/// The address of the client, or `None` where a trusted proxy wrote something that is none.
pub(crate) fn client_address(request: &HttpRequest, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let values = request.headers().get_all(FORWARDED_FOR);
    let forwarded: Vec<&str> = values.map(|value| value.to_str().unwrap_or("?")).collect();
    resolve(peer, &forwarded, trusted)
}

/// From the last hop backwards: the first address that is no trusted proxy is the client's; what
/// stands before it is only what the client said.
fn resolve(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|range| range.contains(address));
    let mut client = peer.to_canonical();
    let hops = forwarded.iter().flat_map(|value| value.split(','));
    for hop in hops.collect::<Vec<_>>().into_iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        client = address_in(hop.trim())?.to_canonical();
    }
    Some(client)
}

/// An address with or without a port.
fn address_in(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let with_port = || hop.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests;
