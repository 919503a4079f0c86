//! Only what a trusted proxy wrote counts.

use super::{AddressRange, resolve};
use crate::config::address_range;

#[test]
fn the_client_is_the_last_hop_that_is_not_trusted() {
    let proxies = "10.0.0.0/8 ::1".split(' ');
    let proxies: Vec<_> = proxies.filter_map(address_range).collect();
    for (peer, forwarded, expected) in [
        // Nobody trusted wrote the header.
        ("203.0.113.9", vec!["198.51.100.1"], Some("203.0.113.9")),
        ("203.0.113.9", vec![], Some("203.0.113.9")),
        ("10.0.0.1", vec![], Some("10.0.0.1")),
        ("10.0.0.1", vec!["198.51.100.1"], Some("198.51.100.1")),
        // What the client itself said stands before.
        (
            "10.0.0.1",
            vec!["192.0.2.1, 198.51.100.1"],
            Some("198.51.100.1"),
        ),
        (
            "10.0.0.1",
            vec!["192.0.2.1, 198.51.100.1, 10.0.0.2"],
            Some("198.51.100.1"),
        ),
        (
            "10.0.0.1",
            vec!["192.0.2.1", "198.51.100.1"],
            Some("198.51.100.1"),
        ),
        ("10.0.0.1", vec!["10.0.0.3,10.0.0.2"], Some("10.0.0.3")),
        ("::1", vec!["[2001:db8::1]:443"], Some("2001:db8::1")),
        ("::1", vec!["198.51.100.1:5000"], Some("198.51.100.1")),
        // The same address in the other family's clothes.
        (
            "::ffff:10.0.0.1",
            vec!["::ffff:198.51.100.1"],
            Some("198.51.100.1"),
        ),
        // A trusted proxy that says something else says nothing.
        ("10.0.0.1", vec!["unknown"], None),
        ("10.0.0.1", vec![""], None),
        ("10.0.0.1", vec!["198.51.100.1, nonsense"], None),
    ] {
        let found = resolve(peer.parse().expect("an address"), &forwarded, &proxies);
        let expected = expected.map(|text| text.parse().expect("an address"));
        assert_eq!(found, expected, "{peer} {forwarded:?}");
    }
}

#[test]
fn without_trusted_proxies_the_peer_counts() {
    let peer = "127.0.0.1".parse().expect("an address");
    assert_eq!(resolve(peer, &["198.51.100.1"], &[]), Some(peer));
}

#[test]
fn a_range_is_shown_as_short_as_it_was_meant() {
    for (text, shown) in [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ] {
        let range: AddressRange = serde_json::from_value(text.into()).expect("a range");
        assert_eq!(range.to_string(), shown);
    }
    for text in [
        "",
        "203.0.113",
        "203.0.113.7/33",
        "example.com",
        "203.0.113.7 ",
        "*",
    ] {
        let range: Result<AddressRange, _> = serde_json::from_value(text.into());
        assert!(range.is_err(), "{text}");
    }
}
