use domain::fault::FaultCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::check;
use crate::body;
use crate::members::document::MemberFields;

const NOW: &str = "2026-11-21T12:00:00Z";

/// The pointer and code of every fault of a body, read and checked like a request's.
fn faults(document: &Value) -> Vec<(String, FaultCode)> {
    let now: Timestamp = NOW.parse().unwrap();
    let bytes = serde_json::to_vec(document).unwrap();
    let found = match body::parse::<MemberFields>(&bytes) {
        Ok(fields) => check(&fields, now).err().unwrap_or_default(),
        Err(problem) => problem.errors,
    };
    let shown = found.into_iter().map(|fault| (fault.pointer, fault.code));
    shown.collect()
}

fn accepts(document: &Value) {
    assert_eq!(faults(document), [], "{document}");
}

fn refuses(document: &Value, pointer: &str, code: FaultCode) {
    assert_eq!(faults(document), [(pointer.to_owned(), code)], "{document}");
}

#[test]
fn everything_may_be_left_out() {
    accepts(&json!({}));
    accepts(&json!({"external_id": null, "birth_date": null, "enrolled_at": null}));
}

#[test]
fn names_are_any_printable_text_of_200_characters() {
    accepts(&json!({"family_name": "山".repeat(200)}));
    accepts(&json!({"given_name": "花子🌸", "family_name": "O'Neil-Ünal"}));
    accepts(&json!({"address": "'; drop table members; --"}));
    refuses(
        &json!({"family_name": "山".repeat(201)}),
        "/family_name",
        FaultCode::TooLong,
    );
    refuses(
        &json!({"family_name": ""}),
        "/family_name",
        FaultCode::Empty,
    );
    refuses(
        &json!({"family_name": "　"}),
        "/family_name",
        FaultCode::Empty,
    );
    refuses(
        &json!({"given_name": "a\u{0}"}),
        "/given_name",
        FaultCode::ControlCharacter,
    );
    refuses(
        &json!({"given_name": "a\u{202E}b"}),
        "/given_name",
        FaultCode::ControlCharacter,
    );
    refuses(
        &json!({"given_name": 7}),
        "/given_name",
        FaultCode::InvalidType,
    );
}

#[test]
fn what_the_service_decides_is_unknown_in_a_request() {
    for field in [
        "id",
        "status",
        "version",
        "tenant_id",
        "balance",
        "rank",
        "created_at",
    ] {
        refuses(
            &json!({field: "x"}),
            &format!("/{field}"),
            FaultCode::UnknownField,
        );
    }
}

#[test]
fn a_card_has_60_characters_at_most() {
    accepts(&json!({"cards": ["2900-0000-12345", "Ａ１"]}));
    accepts(&json!({"cards": ["1".repeat(60)]}));
    refuses(
        &json!({"cards": ["1".repeat(61)]}),
        "/cards/0",
        FaultCode::TooLong,
    );
    refuses(
        &json!({"cards": ["1", " - "]}),
        "/cards/1",
        FaultCode::Empty,
    );
    refuses(&json!({"cards": ["1", ""]}), "/cards/1", FaultCode::Empty);
    refuses(&json!({"cards": "1"}), "/cards", FaultCode::InvalidType);
}

#[test]
fn ten_identifiers_of_a_kind_are_enough() {
    let cards = |count: usize| -> Vec<String> { (0..count).map(|n| n.to_string()).collect() };
    accepts(&json!({"cards": cards(10)}));
    refuses(&json!({"cards": cards(11)}), "/cards", FaultCode::TooMany);
}

#[test]
fn a_phone_number_has_5_to_15_digits() {
    accepts(&json!({"phones": ["12345", "+123456789012345", "０９０−１２３４−５６７８"]}));
    accepts(&json!({"phone": "090 1234 5678"}));
    for wrong in [
        "1234",
        "1234567890123456",
        "090-CALL-ME",
        "+",
        "09+012345678",
    ] {
        refuses(
            &json!({"phones": [wrong]}),
            "/phones/0",
            FaultCode::InvalidValue,
        );
    }
    refuses(&json!({"phone": "x"}), "/phone", FaultCode::InvalidValue);
}

#[test]
fn an_email_has_one_at_and_a_dotted_domain() {
    let long = format!("{}@{}.jp", "a".repeat(64), "b".repeat(186));
    assert_eq!(long.len(), 254);
    accepts(&json!({"emails": ["hanako@example.com", "a+b.c@sub.例え.jp", long]}));
    for wrong in [
        "a",
        "@b.jp",
        "a@",
        "a@b",
        "a@b..jp",
        "a@b.",
        "a@@b.jp",
        "a b@c.jp",
        "\"a\"@b.jp",
    ] {
        refuses(
            &json!({"emails": [wrong]}),
            "/emails/0",
            FaultCode::InvalidValue,
        );
    }
    let too_long = format!("{}@{}.jp", "a".repeat(64), "b".repeat(187));
    refuses(&json!({"email": too_long}), "/email", FaultCode::TooLong);
    let long_local = format!("{}@b.jp", "a".repeat(65));
    refuses(
        &json!({"email": long_local}),
        "/email",
        FaultCode::InvalidValue,
    );
    refuses(
        &json!({"email": "a@b.jp\r\nBcc: c@d.jp"}),
        "/email",
        FaultCode::ControlCharacter,
    );
}

#[test]
fn a_birth_date_is_a_past_day_since_1900() {
    for right in ["1900-01-01", "2026-11-21", "2026-11-22", "2024-02-29"] {
        accepts(&json!({"birth_date": right}));
    }
    for early_or_late in ["1899-12-31", "2026-11-23", "9999-12-31"] {
        refuses(
            &json!({"birth_date": early_or_late}),
            "/birth_date",
            FaultCode::OutOfRange,
        );
    }
    for wrong in [
        "0000-00-00",
        "2023-02-29",
        "1990-2-28",
        "19900228",
        "1990/02/28",
        "+1990-02-2",
    ] {
        refuses(
            &json!({"birth_date": wrong}),
            "/birth_date",
            FaultCode::InvalidValue,
        );
    }
}

#[test]
fn attributes_and_consents_are_bounded() {
    let entries = |count: usize| -> serde_json::Map<String, Value> {
        (0..count).map(|n| (n.to_string(), json!("x"))).collect()
    };
    accepts(&json!({"attributes": entries(50)}));
    refuses(
        &json!({"attributes": entries(51)}),
        "/attributes",
        FaultCode::TooMany,
    );
    accepts(&json!({"attributes": {"k".repeat(64): "v".repeat(200), "empty": ""}}));
    let pointer = format!("/attributes/{}", "k".repeat(64));
    refuses(
        &json!({"attributes": {"k".repeat(65): "v"}}),
        &pointer,
        FaultCode::TooLong,
    );
    refuses(
        &json!({"attributes": {"a/b": "v".repeat(201)}}),
        "/attributes/a~1b",
        FaultCode::TooLong,
    );
    refuses(
        &json!({"attributes": {"a": {"b": "c"}}}),
        "/attributes/a",
        FaultCode::InvalidType,
    );
    accepts(&json!({"consents": {"newsletter": true}}));
    refuses(
        &json!({"consents": {"newsletter": "yes"}}),
        "/consents/newsletter",
        FaultCode::InvalidType,
    );
}

#[test]
fn every_fault_is_told_at_once() {
    let found = faults(
        &json!({"family_name": "", "cards": [""], "birth_date": "x", "gender": "x".repeat(201)}),
    );
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/family_name", "/gender", "/cards/0", "/birth_date"]
    );
}
