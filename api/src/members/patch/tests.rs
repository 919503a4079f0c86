use domain::fault::FaultCode;
use serde_json::{Value, json};

use super::patched;
use crate::members::change::Context;
use crate::members::document::MemberFields;

fn before() -> MemberFields {
    serde_json::from_value(json!({
        "cards": ["1", "2"],
        "family_name": "山田",
        "attributes": {"club": "baby", "tier": "a"},
        "enrolled_at": "2026-01-01T00:00:00Z"
    }))
    .unwrap()
}

fn patch(patch: Value) -> Result<MemberFields, Vec<(String, FaultCode)>> {
    let context = Context {
        currency: "JPY".into(),
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        today: "2026-11-21".parse().unwrap(),
        database_now: "2026-11-21T12:00:00Z".parse().unwrap(),
        has_webhooks: false,
    };
    patched(&before(), patch, &context).map_err(|problem| {
        let faults = problem.errors.into_iter();
        faults.map(|fault| (fault.pointer, fault.code)).collect()
    })
}

#[test]
fn what_is_not_named_stays() {
    assert_eq!(patch(json!({})).unwrap(), before());
    let changed = patch(json!({"given_name": "花子"})).unwrap();
    assert_eq!(changed.given_name.as_deref(), Some("花子"));
    assert_eq!(
        MemberFields {
            given_name: None,
            ..changed
        },
        before()
    );
}

#[test]
fn null_removes_and_a_list_is_replaced() {
    assert_eq!(
        patch(json!({"family_name": null})).unwrap().family_name,
        None
    );
    assert_eq!(patch(json!({"cards": ["3"]})).unwrap().cards, ["3"]);
    assert_eq!(patch(json!({"cards": null})).unwrap().cards, [""; 0]);
    let attributes = patch(json!({"attributes": {"club": null, "size": "m"}}))
        .unwrap()
        .attributes;
    assert_eq!(json!(attributes), json!({"size": "m", "tier": "a"}));
}

#[test]
fn the_result_is_checked_like_a_new_member() {
    let refused = |document: Value, pointer: &str, code: FaultCode| {
        assert_eq!(patch(document).unwrap_err(), [(pointer.to_owned(), code)]);
    };
    refused(json!({"id": null}), "/id", FaultCode::UnknownField);
    refused(json!({"version": 3}), "/version", FaultCode::UnknownField);
    refused(json!({"cards": "3"}), "/cards", FaultCode::InvalidType);
    refused(
        json!({"birth_date": "x"}),
        "/birth_date",
        FaultCode::InvalidValue,
    );
    refused(
        json!({"enrolled_at": null}),
        "/enrolled_at",
        FaultCode::InvalidValue,
    );
    refused(
        json!({"enrolled_at": "2026-01-01"}),
        "/enrolled_at",
        FaultCode::InvalidValue,
    );
}
