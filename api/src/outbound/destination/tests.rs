use std::net::SocketAddr;

use super::{Allowed, Destination, Unreachable};

fn judge(url: &str) -> Result<Destination, &'static str> {
    Destination::parse(url, &Allowed::default())
}

#[test]
fn public_https_urls_may_be_called() {
    for url in [
        "https://example.com",
        "https://example.com/hook?a=b",
        "https://example.com:443/hook",
        "https://example.com:8443/hook",
        "https://1.1.1.1/hook",
        "https://[2606:4700::1111]/hook",
        "https://xn--r8jz45g.example/hook",
        "https://hooks.local.example.com/",
    ] {
        assert!(judge(url).is_ok(), "{url}: {:?}", judge(url));
    }
}

#[test]
fn every_other_spelling_is_refused() {
    let long = format!("https://example.com/{}", "a".repeat(3_000));
    for url in [
        "",
        "example.com/hook",
        "http://example.com/hook",
        "ftp://example.com/hook",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "https://",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "https://example.com:22/",
        "https://example.com:80/",
        "https://example.com:5432/",
        "https://example.com:6379/",
        "https://example.com:99999/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://2130706433/",
        "https://017700000001/",
        "https://0/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.168.0.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[64:ff9b::a00:1]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://localhost/",
        "https://localhost./",
        "https://LOCALHOST/",
        "https://a.localhost/",
        "https://printer/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://metadata.google.internal./",
        "https://router.home.arpa/",
        "https://ex\u{430}mple.com/",
        "https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
        "https://127\u{3002}0\u{3002}0\u{3002}1/",
        "https://exam ple.com/",
        "https://example.com/\nHost: other",
        "https://example.com\\@127.0.0.1/",
        &long,
    ] {
        // A backslash ends the host as a slash does, so the last but one calls example.com.
        if url.contains('\\') {
            assert_eq!(judge(url).unwrap().host, "example.com");
        } else {
            assert!(judge(url).is_err(), "{url}");
        }
    }
}

#[test]
fn what_the_operator_vouches_for_may_be_private_and_plain() {
    let allowed = Allowed::parse("127.0.0.1:9000, Receiver:80,").unwrap();
    for url in [
        "http://127.0.0.1:9000/hook",
        "https://127.0.0.1:9000/",
        "http://receiver/hook",
    ] {
        assert!(Destination::parse(url, &allowed).is_ok(), "{url}");
    }
    for url in [
        "http://127.0.0.1:9001/",
        "http://127.0.0.1/",
        "https://receiver/",
        "ftp://receiver:80/",
    ] {
        assert!(Destination::parse(url, &allowed).is_err(), "{url}");
    }
    assert_eq!(Allowed::parse(""), Some(Allowed::default()));
    for unreadable in ["localhost", "localhost:x", ":80", "a:1,b"] {
        assert_eq!(Allowed::parse(unreadable), None, "{unreadable}");
    }
}

#[test]
fn one_private_address_spoils_the_others() {
    let destination = judge("https://example.com/").unwrap();
    let vet = |addresses: &[&str]| {
        let addresses = addresses
            .iter()
            .map(|text| text.parse::<SocketAddr>().unwrap());
        destination.vetted(addresses.collect())
    };
    assert_eq!(vet(&["1.1.1.1:443", "8.8.8.8:443"]).unwrap().len(), 2);
    assert_eq!(
        vet(&["1.1.1.1:443", "10.0.0.1:443"]),
        Err(Unreachable::Blocked)
    );
    assert_eq!(vet(&["[::ffff:127.0.0.1]:443"]), Err(Unreachable::Blocked));
    assert_eq!(vet(&[]), Err(Unreachable::Unresolvable));
}
