use serde_json::{Value, json};
use uuid::Uuid;

use super::{Claim, HashedClaim, claims, taken};
use crate::members::document::MemberFields;
use crate::problem::ProblemKind;

fn fields(document: Value) -> MemberFields {
    serde_json::from_value(document).unwrap()
}

/// Kind, hashed form and whether it is shown, of everything the member is found by.
fn found_by(document: Value, country_code: Option<&str>) -> Vec<(&'static str, String, bool)> {
    let claims = claims(&fields(document), country_code).unwrap();
    let shown = claims.into_iter().map(|claim| {
        let Claim {
            kind,
            normalised,
            listed,
            ..
        } = claim;
        (kind.as_str(), normalised, listed.is_some())
    });
    shown.collect()
}

fn repeated(document: Value) -> Vec<String> {
    let faults = claims(&fields(document), Some("81")).unwrap_err();
    faults.into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn a_member_is_found_by_everything_listed() {
    let document = json!({"external_id": "A-1", "cards": ["29-1"], "phones": ["+49 151 1"], "emails": ["a@B.jp"]});
    assert_eq!(
        found_by(document, None),
        [
            ("external_id", "A-1".to_owned(), true),
            ("card", "291".to_owned(), true),
            ("phone", "+491511".to_owned(), true),
            ("email", "a@b.jp".to_owned(), true),
        ]
    );
    assert_eq!(found_by(json!({}), Some("81")), []);
}

#[test]
fn a_number_of_the_own_country_is_found_in_both_forms() {
    let both = [
        ("phone", "09012345678".to_owned(), true),
        ("phone", "+819012345678".to_owned(), false),
    ];
    assert_eq!(
        found_by(json!({"phones": ["090-1234-5678"]}), Some("81")),
        both
    );
    assert_eq!(
        found_by(json!({"phones": ["090-1234-5678"]}), None),
        both[..1]
    );
}

#[test]
fn contact_phone_and_email_find_the_member_too() {
    let document = json!({"phone": "+4915112345", "email": "a@b.jp"});
    let expected = [
        ("phone", "+4915112345".to_owned(), false),
        ("email", "a@b.jp".to_owned(), false),
    ];
    assert_eq!(found_by(document, None), expected);
}

#[test]
fn a_contact_that_is_listed_as_well_counts_once() {
    let document = json!({"phones": ["+81 90 1234 5678"], "phone": "090-1234-5678"});
    assert_eq!(found_by(document, Some("81")).len(), 2);
    let document = json!({"emails": ["a@b.jp"], "email": "a@B.jp"});
    assert_eq!(found_by(document, None).len(), 1);
}

#[test]
fn the_same_identifier_twice_in_a_list_is_a_fault() {
    assert_eq!(repeated(json!({"cards": ["1", "2", "1 "]})), ["/cards/2"]);
    assert_eq!(
        repeated(json!({"phones": ["09012345678", "+819012345678"]})),
        ["/phones/1"]
    );
    assert_eq!(
        found_by(json!({"cards": ["1"], "external_id": "1"}), None).len(),
        2
    );
}

#[test]
fn a_taken_identifier_names_its_field_once() {
    let claims = claims(
        &fields(json!({"cards": ["1"], "phones": ["09012345678"]})),
        Some("81"),
    )
    .unwrap();
    let hashed: Vec<HashedClaim> = claims
        .into_iter()
        .zip(1_u128..)
        .map(|(claim, n)| HashedClaim {
            look_up: Uuid::from_u128(n),
            claim,
        })
        .collect();
    let by =
        |numbers: &[u128]| -> Vec<Uuid> { numbers.iter().copied().map(Uuid::from_u128).collect() };
    assert_eq!(taken(&hashed, &by(&[])), None);
    assert_eq!(taken(&hashed, &by(&[9])), None);
    let problem = taken(&hashed, &by(&[2, 3])).unwrap();
    assert_eq!(problem.kind, ProblemKind::IdentifierTaken);
    let pointers: Vec<&str> = problem
        .errors
        .iter()
        .map(|fault| fault.pointer.as_str())
        .collect();
    assert_eq!(pointers, ["/phones/0"]);
}
