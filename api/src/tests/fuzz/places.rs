//! Ids, identifiers of members, keys of requests, and URLs of webhooks.

use std::net::Ipv4Addr;

use domain::id::MemberId;

use super::feed;
use crate::idempotency::IdempotencyKey;
use crate::outbound::{Allowed, Destination};
use crate::roster::{IdentifierKind, normalised};

fn seeds(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[test]
fn ids() {
    let texts = [
        "mem_01k3z8q4v5e7r9t2y4a6b8c0d1",
        "mem_00000000000000000000000000",
        "mem_7zzzzzzzzzzzzzzzzzzzzzzzzz",
        "sto_1",
        "",
    ];
    feed("ids", seeds(&texts), |input| {
        let text = String::from_utf8_lossy(input);
        match text.parse::<MemberId>() {
            // Two texts never mean one id.
            Ok(id) => {
                assert_eq!(id.to_string(), text);
                "taken".to_owned()
            }
            Err(error) => format!("refused {error:?} {}", text.len().min(40)),
        }
    });
}

#[test]
fn identifiers() {
    let texts = [
        "+81 (0)90-1234-5678",
        "０９０ー１２３４",
        "0081-90",
        "A.B@Example.COM",
        "２９００ 0000",
        "\u{200b}x@y",
        "",
    ];
    let kinds = [
        IdentifierKind::Card,
        IdentifierKind::ExternalId,
        IdentifierKind::Phone,
        IdentifierKind::Email,
    ];
    feed("identifiers", seeds(&texts), |input| {
        let text = String::from_utf8_lossy(input);
        let mut words = String::from(if text.is_empty() { "refused" } else { "taken" });
        for kind in kinds {
            let once = normalised(kind, &text);
            assert_eq!(
                normalised(kind, &once),
                once,
                "{kind:?} of {text:?} has two forms"
            );
            words.push(if once == text { '=' } else { '~' });
        }
        words
    });
}

#[test]
fn keys_of_requests() {
    feed(
        "keys of requests",
        seeds(&["a", "key-1", "\u{7f}", "日本"]),
        |input| {
            let text = String::from_utf8_lossy(input);
            match IdempotencyKey::parse(&text) {
                Ok(key) => {
                    assert!(text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic()));
                    assert_ne!(key.hash(), key.of_part(0).hash());
                    "taken".to_owned()
                }
                Err(fault) => format!("refused {:?}", fault.code),
            }
        },
    );
}

#[test]
fn urls() {
    let texts = [
        "https://example.com/hook?x=1",
        "https://example.com:8443/",
        "https://[2606:4700::1111]/",
        "https://1.1.1.1/",
        "http://127.0.0.1/",
        "https://user:pass@example.com/",
        "https://0x7f000001/",
        "https:example.com",
        "https://a..b/",
        "https://xn--e1afmkfd.example/",
        "https://[::ffff:10.0.0.1]/",
        "https://metadata.google.internal/",
    ];
    let allowed = Allowed::default();
    feed("urls", seeds(&texts), |input| {
        let text = String::from_utf8_lossy(input);
        match Destination::parse(&text, &allowed) {
            Ok(found) => {
                assert!(
                    text.get(..8)
                        .is_some_and(|start| start.eq_ignore_ascii_case("https://")),
                    "{text}"
                );
                let host = text
                    .get(8..)
                    .unwrap_or_default()
                    .split(['/', ':', '?'])
                    .next();
                let literal: Option<Ipv4Addr> = host.and_then(|host| host.parse().ok());
                let is_inside =
                    |at: Ipv4Addr| at.is_loopback() || at.is_private() || at.is_link_local();
                assert!(!literal.is_some_and(is_inside), "{text}");
                assert_eq!(Destination::parse(&text, &allowed), Ok(found));
                "taken".to_owned()
            }
            Err(detail) => format!("refused {detail}"),
        }
    });
}
