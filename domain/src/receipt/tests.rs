//! What a till may send: each row is a change to a good receipt and the fault it makes.

use super::{MAX_LINES, MAX_TEXT_LENGTH, MemberRef, Purpose, Receipt};
use crate::amount::Amount;
use crate::fault::FaultCode;
use serde_json::{Value, json};

fn good() -> Value {
    json!({
        "store": "shibuya", "terminal": "pos-3", "receipt_number": "000123",
        "occurred_at": "2026-11-21T10:15:00+09:00",
        "member": {"card": "2900000012345"},
        "lines": [{"sku": "4901234567894", "category": "food/fresh", "quantity": 2,
            "unit_price": 198, "tax_percent": "8", "discount": 0, "points_excluded": false}],
        "tenders": [{"type": "cash", "amount": 277}],
        "redeem": [{"wallet": "points", "points": 100}],
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut receipt = good();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = receipt.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        object => object[key] = value,
    }
    receipt
}

fn faults(receipt: Value, purpose: Purpose) -> Vec<(String, FaultCode)> {
    let receipt: Receipt = serde_json::from_value(receipt).unwrap();
    let faults = receipt.check(purpose).err().unwrap_or_default();
    faults
        .into_iter()
        .map(|fault| (fault.pointer, fault.code))
        .collect()
}

#[track_caller]
fn check(pointer: &str, value: Value, expected: &[(&str, FaultCode)]) {
    let found = faults(changed(pointer, value), Purpose::Purchase);
    let expected: Vec<_> = expected
        .iter()
        .map(|(at, code)| ((*at).to_owned(), *code))
        .collect();
    assert_eq!(found, expected, "{pointer}");
}

#[test]
fn a_good_receipt_has_no_fault_and_one_text() {
    assert_eq!(faults(good(), Purpose::Purchase), []);
    let receipt: Receipt = serde_json::from_value(good()).unwrap();
    let text = serde_json::to_string(&receipt).unwrap();
    let again: Receipt = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
    assert!(
        text.contains("\"occurred_at\":\"2026-11-21T01:15:00Z\""),
        "{text}"
    );
}

#[test]
fn limits_hold_at_the_edge_and_one_beyond() {
    let line = json!({"amount": 1});
    check("/lines", json!(vec![line.clone(); MAX_LINES]), &[]);
    check(
        "/lines",
        json!(vec![line; MAX_LINES + 1]),
        &[("/lines", FaultCode::TooMany)],
    );
    check("/lines", json!([]), &[("/lines", FaultCode::Empty)]);
    check("/store", json!("京".repeat(MAX_TEXT_LENGTH)), &[]);
    let long = json!("京".repeat(MAX_TEXT_LENGTH + 1));
    check("/store", long, &[("/store", FaultCode::TooLong)]);
    let most = Amount::MAX.minor();
    check("/lines/0/amount", json!(most), &[]);
    let over = [("/lines/0/amount", FaultCode::OutOfRange)];
    check("/lines/0/amount", json!(most + 1), &over);
    check("/lines/0/amount", json!(i64::MAX), &over);
    check("/lines/0/amount", json!(i64::MIN), &over);
    check(
        "/lines/0/quantity",
        json!(most + 1),
        &[("/lines/0/quantity", FaultCode::OutOfRange)],
    );
    check(
        "/lines/0/quantity",
        json!(most),
        &[("/lines/0", FaultCode::OutOfRange)],
    );
    check(
        "/redeem/0/points",
        json!(0),
        &[("/redeem/0/points", FaultCode::OutOfRange)],
    );
    check("/redeem/0/points", json!((1_i64 << 53) - 1), &[]);
    let over = [("/redeem/0/points", FaultCode::OutOfRange)];
    check("/redeem/0/points", json!(1_i64 << 53), &over);
    let lines = vec![json!({"amount": most}); 11];
    check("/lines", json!(lines), &[("/lines", FaultCode::OutOfRange)]);
}

#[test]
fn inconsistent_receipts_are_told_where() {
    check("/store", json!(" "), &[("/store", FaultCode::Empty)]);
    check(
        "/receipt_number",
        Value::Null,
        &[("/receipt_number", FaultCode::Required)],
    );
    check("/member", Value::Null, &[("/member", FaultCode::Required)]);
    check(
        "/member/card",
        json!("12\n3"),
        &[("/member/card", FaultCode::ControlCharacter)],
    );
    check(
        "/store",
        json!("a\u{202E}b"),
        &[("/store", FaultCode::ControlCharacter)],
    );
    check(
        "/lines/0/unit_price",
        json!(-1),
        &[("/lines/0/unit_price", FaultCode::OutOfRange)],
    );
    check(
        "/lines/0/discount",
        json!(-1),
        &[("/lines/0/discount", FaultCode::OutOfRange)],
    );
    check(
        "/lines/0/quantity",
        json!(-1),
        &[("/lines/0/quantity", FaultCode::OutOfRange)],
    );
    check(
        "/lines/0/quantity",
        json!("0.345"),
        &[("/lines/0/amount", FaultCode::Required)],
    );
    check(
        "/lines/0/unit_price",
        Value::Null,
        &[("/lines/0/amount", FaultCode::Required)],
    );
    check(
        "/lines/0/discount",
        json!(397),
        &[("/lines", FaultCode::OutOfRange)],
    );
    let percent = [("/lines/0/tax_percent", FaultCode::OutOfRange)];
    check("/lines/0/tax_percent", json!("100.0001"), &percent);
    check("/lines/0/tax_percent", json!("-1"), &percent);
    check(
        "/vouchers",
        json!(["VX"]),
        &[("/vouchers", FaultCode::Unsupported)],
    );
    check(
        "/lines/0/attributes",
        json!({"a/b": "x\u{0}"}),
        &[("/lines/0/attributes/a~1b", FaultCode::ControlCharacter)],
    );
    let twice = json!([{"wallet": "a", "points": 1}, {"wallet": "a", "points": 1}]);
    check(
        "/redeem",
        twice,
        &[("/redeem/1/wallet", FaultCode::Duplicate)],
    );
}

#[test]
fn nothing_and_negative_lines_are_allowed() {
    check("/lines", json!([{"amount": 0}]), &[]);
    check("/lines", json!([{"amount": 500}, {"amount": -500}]), &[]);
    check("/lines/0/quantity", json!(0), &[]);
    check("/lines/0", json!({"amount": 345, "quantity": "0.345"}), &[]);
}

#[test]
fn all_faults_come_at_once() {
    let mut receipt = changed("/store", json!(""));
    receipt["lines"] = json!([{}, {"amount": 1, "tax_percent": "101"}]);
    let expected = ["/store", "/lines/0/amount", "/lines/1/tax_percent"];
    let found: Vec<String> = faults(receipt, Purpose::Purchase)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_quote_needs_no_receipt_number() {
    assert_eq!(
        faults(changed("/receipt_number", Value::Null), Purpose::Quote),
        []
    );
    assert_eq!(
        faults(changed("/receipt_number", json!("")), Purpose::Quote),
        []
    );
}

#[test]
fn other_shapes_are_not_receipts() {
    for (pointer, value) in [
        ("/extra", json!(1)),
        ("/lines/0/extra", json!(1)),
        ("/lines/0/quantity", json!(1.5)),
        ("/lines/0/quantity", json!(1.0)),
        ("/lines/0/quantity", json!("abc")),
        ("/lines/0/quantity", json!(true)),
        ("/lines/0/quantity", Value::Null),
        ("/lines/0/quantity", json!(u64::MAX)),
        ("/lines/0/unit_price", json!("198")),
        ("/lines/0/tax_percent", json!(8)),
        ("/tenders/0/type", json!("bitcoin")),
        ("/member", json!({})),
        ("/member", json!({"iban": "1"})),
        ("/member", json!({"card": "1", "phone": "2"})),
        ("/member", json!({"id": "mem_1"})),
        ("/member", json!("mem_1")),
        ("/lines", Value::Null),
    ] {
        let receipt = changed(pointer, value.clone());
        let error = serde_json::from_value::<Receipt>(receipt.clone());
        assert!(error.is_err(), "{pointer} {value}");
        let error = serde_json::from_str::<Receipt>(&receipt.to_string()).unwrap_err();
        assert!(error.is_data(), "{pointer} {value}: {error}");
    }
    for text in [r#"{"id":"x","id":"y"}"#, r#"{"card":"x","card":"y"}"#] {
        assert!(
            serde_json::from_str::<MemberRef>(text)
                .unwrap_err()
                .is_data()
        );
    }
}

#[test]
fn only_strict_times_are_read() {
    for text in [
        "2026-11-21T10:15:00Z",
        "2026-11-21T10:15:00.5+09:00",
        "2026-11-21T10:15:00.123456789-00:30",
        "1970-01-01T00:00:00Z",
        "2199-12-31T23:59:59Z",
        "2024-02-29T00:00:00+23:59",
    ] {
        let receipt = changed("/occurred_at", json!(text));
        assert!(serde_json::from_value::<Receipt>(receipt).is_ok(), "{text}");
    }
    for text in [
        "",
        "2026-11-21",
        "2026-11-21T10:15:00",
        "2026-11-21 10:15:00Z",
        "2026-11-21t10:15:00Z",
        "2026-11-21T10:15:00z",
        "2026-11-21T10:15Z",
        "2026-11-21T24:00:00Z",
        "2026-12-31T23:59:60Z",
        "2026-02-30T00:00:00Z",
        "2026-11-21T10:15:00+25:00",
        "2026-11-21T10:15:00+0900",
        "2026-11-21T10:15:00+09",
        "2026-11-21T10:15:00.Z",
        "2026-11-21T10:15:00.123456789012Z",
        "2026-11-21T10:15:00Z[UTC]",
        "-0001-01-01T00:00:00Z",
        "+010000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "2026-11-21T10:15:00+09:60",
        "1763687700",
        " 2026-11-21T10:15:00Z",
        "2026-11-21T10:15:00Z ",
        "２026-11-21T10:15:00Z",
    ] {
        let receipt = changed("/occurred_at", json!(text));
        assert!(
            serde_json::from_value::<Receipt>(receipt).is_err(),
            "{text}"
        );
    }
    assert!(serde_json::from_value::<Receipt>(changed("/occurred_at", json!(0))).is_err());
}

#[test]
fn a_time_keeps_only_what_is_stored() {
    let receipt = changed("/occurred_at", json!("2026-11-21T10:15:00.123456789Z"));
    let receipt: Receipt = serde_json::from_value(receipt).unwrap();
    assert_eq!(
        receipt.occurred_at.to_string(),
        "2026-11-21T10:15:00.123456Z"
    );
}

#[test]
fn equal_quantities_have_one_text() {
    for (sent, expected) in [
        (json!(2), "2"),
        (json!("2"), "2"),
        (json!("2.000"), "2"),
        (json!("0.3450"), "\"0.345\""),
    ] {
        let receipt: Receipt = serde_json::from_value(changed("/lines/0/quantity", sent)).unwrap();
        assert_eq!(
            serde_json::to_string(&receipt.lines[0].quantity).unwrap(),
            expected
        );
    }
}
