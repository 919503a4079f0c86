use jiff::Timestamp;
use serde_json::json;

use super::differing::differing;
use super::{Entry, FIRST_HASH, Link, MAX_SIDE_BYTES};

fn link() -> Link {
    Link {
        number: 1,
        recorded_at: Timestamp::UNIX_EPOCH,
        action: "store.created".into(),
        subject: "sto_1".into(),
        actor: "operator".into(),
        key: None,
        partner: None,
        before: None,
        after: Some("{}".into()),
    }
}

#[test]
fn only_what_differs_is_kept() {
    let before =
        json!({"name": "A", "zone": "Asia/Tokyo", "limits": {"a": 1, "b": 2}, "gone": [1]});
    let after = json!({"name": "B", "zone": "Asia/Tokyo", "limits": {"a": 1, "b": 3}, "new": null});
    let expected = (
        json!({"name": "A", "limits": {"b": 2}, "gone": [1]}),
        json!({"name": "B", "limits": {"b": 3}, "new": null}),
    );
    assert_eq!(differing(before, after), expected);
    assert_eq!(differing(json!(1), json!([2])), (json!(1), json!([2])));
}

#[test]
fn every_part_is_in_the_hash() {
    let hash = link().hash(&FIRST_HASH);
    assert_eq!(link().hash(&FIRST_HASH), hash);
    let others = [
        Link {
            number: 2,
            ..link()
        },
        Link {
            recorded_at: Timestamp::MIN,
            ..link()
        },
        Link {
            action: "store.create".into(),
            subject: "dsto_1".into(),
            ..link()
        },
        Link {
            actor: "system".into(),
            ..link()
        },
        Link {
            key: Some(uuid::Uuid::nil()),
            ..link()
        },
        Link {
            partner: Some(String::new()),
            ..link()
        },
        Link {
            before: Some("{}".into()),
            after: None,
            ..link()
        },
        Link {
            after: None,
            ..link()
        },
    ];
    for other in others {
        assert_ne!(other.hash(&FIRST_HASH), hash, "{other:?}");
    }
    assert_ne!(link().hash(&[1; 32]), hash);
}

#[test]
fn of_a_side_that_is_too_long_its_hash_is_kept() {
    let text = |length: usize| Entry::side(Some(json!("x".repeat(length - 2)))).unwrap();
    assert_eq!(text(MAX_SIDE_BYTES).len(), MAX_SIDE_BYTES);
    assert!(text(MAX_SIDE_BYTES + 1).starts_with(r#"{"bytes":65537,"sha256":""#));
}
