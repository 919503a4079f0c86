//! A key never does or grants more than its restrictions leave.

use domain::amount::Points;

use super::{MAX_STORES, Restrictions};
use crate::auth::address::AddressRange;
use crate::auth::scope::{Scope, Scopes};
use crate::config::address_range;

fn scopes(of: &[Scope]) -> Scopes {
    of.iter().copied().collect()
}

fn stores(codes: &[&str]) -> Restrictions {
    Restrictions {
        stores: Some(codes.iter().map(|code| (*code).to_owned()).collect()),
        ..Restrictions::default()
    }
}

fn addresses(ranges: &[&str]) -> Restrictions {
    let range = |text: &&str| AddressRange(address_range(text).expect("a range"));
    Restrictions {
        addresses: Some(ranges.iter().map(range).collect()),
        ..Restrictions::default()
    }
}

fn per_call(points: i64) -> Restrictions {
    Restrictions {
        max_points_per_call: Some(Points::new(points)),
        ..Restrictions::default()
    }
}

#[test]
fn a_store_key_is_for_its_stores() {
    let key = stores(&["shibuya", "ginza"]);
    assert!(key.check_store("ginza").is_ok());
    assert!(key.check_store("Ginza").is_err());
    assert!(key.check_store("").is_err());
    assert!(key.check_named_store(None).is_err(), "it must name one");
    let free = Restrictions::default();
    assert!(free.check_store("anything").is_ok() && free.check_named_store(None).is_ok());
}

#[test]
fn points_count_in_both_directions_and_the_limit_itself_is_allowed() {
    let key = per_call(100);
    for (points, is_allowed) in [
        (0, true),
        (100, true),
        (-100, true),
        (101, false),
        (-101, false),
        (i64::MIN, false),
    ] {
        assert_eq!(
            key.check_points(Points::new(points)).is_ok(),
            is_allowed,
            "{points}"
        );
    }
    assert!(
        Restrictions::default()
            .check_points(Points::new(i64::MAX))
            .is_ok()
    );
}

#[test]
fn a_client_must_be_in_a_range_and_known() {
    let key = addresses(&["203.0.113.7", "10.0.0.0/8", "2001:db8::/32"]);
    for (client, is_allowed) in [
        ("203.0.113.7", true),
        ("203.0.113.8", false),
        ("10.255.0.1", true),
        ("11.0.0.1", false),
        ("2001:db8::1", true),
        ("2001:db9::1", false),
    ] {
        let client = client.parse().expect("an address");
        assert_eq!(
            key.check_address(Some(client)).is_ok(),
            is_allowed,
            "{client}"
        );
    }
    assert!(key.check_address(None).is_err());
    assert!(Restrictions::default().check_address(None).is_ok());
}

#[test]
fn a_key_hands_on_at_most_what_it_has() {
    let own = addresses(&["10.0.0.0/8"]);
    let open = Restrictions::default();
    assert_eq!(
        open.clone().granted_by(&own),
        Ok(own.clone()),
        "left open, taken over"
    );
    assert!(addresses(&["10.1.0.0/16"]).granted_by(&own).is_ok());
    assert!(addresses(&["10.0.0.0/7"]).granted_by(&own).is_err());
    assert!(
        stores(&["ginza"])
            .granted_by(&stores(&["shibuya"]))
            .is_err()
    );
    assert!(per_call(5).granted_by(&per_call(4)).is_err());
    assert_eq!(open.granted_by(&per_call(4)), Ok(per_call(4)));
}

#[test]
fn what_would_limit_nothing_is_refused() {
    let till = scopes(&[Scope::PurchasesWrite]);
    let admin = scopes(&[Scope::KeysAdmin]);
    assert!(stores(&["a"]).faults(till).is_empty());
    assert_eq!(stores(&["a"]).faults(admin).len(), 1);
    assert_eq!(per_call(1).faults(admin).len(), 1);
    assert_eq!(per_call(-1).faults(till).len(), 1);
    assert_eq!(stores(&[]).faults(till).len(), 1);
    assert_eq!(stores(&["a", "b", "a"]).faults(till).len(), 1);
    assert!(addresses(&["::1"]).faults(admin).is_empty());
}

#[test]
fn lists_end_at_their_maximum() {
    let many = |count: usize| {
        let codes: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        Restrictions {
            stores: Some(codes),
            ..Restrictions::default()
        }
    };
    let till = scopes(&[Scope::PurchasesWrite]);
    assert!(many(MAX_STORES).faults(till).is_empty());
    assert_eq!(many(MAX_STORES + 1).faults(till).len(), 1);
}
