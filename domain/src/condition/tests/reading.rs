//! What a `when` may say: each row is a condition and the faults it makes.

use super::super::{Condition, MAX_ENTRIES, MAX_QUANTITY};
use crate::fault::{Fault, FaultCode};
use crate::program::reader::Reader;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The faults, or the warnings of what can be read.
fn faults(when: &Value) -> Result<Vec<FaultCode>, Vec<(String, FaultCode)>> {
    // A draft of a tenant with this store: somebody will read the warnings.
    let stores = BTreeSet::from(["shibuya".to_owned()]);
    let mut reader = Reader::new(Some(&stores));
    let mut object = reader.object(when, String::new());
    let condition = Condition::read(&mut reader, &mut object);
    reader.close(&object);
    let place = |fault: Fault| (fault.pointer, fault.code);
    reader
        .finish(condition)
        .map(|(_, warnings)| warnings.into_iter().map(|warning| warning.code).collect())
        .map_err(|faults| faults.into_iter().map(place).collect())
}

#[track_caller]
fn check(when: &Value, at: &str, code: FaultCode) {
    assert_eq!(faults(when), Err(vec![(at.to_owned(), code)]), "{when}");
}

/// A condition, where its first fault is, and which kind it is.
const FAULTS: &str = r#"
{"hours": "16:00"} | /hours | invalid_type
{"hours": {"from": "16:00"}} | /hours/to | required
{"hours": {"to": "16:00"}} | /hours/from | required
{"hours": {"from": "16:00", "to": "1800"}} | /hours/to | invalid_value
{"hours": {"from": 16, "to": "18:00"}} | /hours/from | invalid_type
{"hours": {"from": "24:00", "to": "18:00"}} | /hours/from | invalid_value
{"hours": {"from": "16:00", "to": "16:00"}} | /hours/to | period_empty
{"hours": {"from": "16:00", "to": "18:00", "on": 1}} | /hours/on | unknown_field
{"rrule": 5} | /rrule | invalid_type
{"rrule": "FREQ=DAILY"} | /rrule | invalid_value
{"rrule": "DTSTART:20260101T000000"} | /rrule | required
{"terminals": []} | /terminals | empty
{"terminals": [1]} | /terminals/0 | invalid_type
{"tenders": []} | /tenders | empty
{"tenders": ["cash", ""]} | /tenders/1 | empty
{"skus": "a"} | /skus | invalid_type
{"departments": [7]} | /departments/0 | invalid_type
{"minimum_quantity": 0} | /minimum_quantity | out_of_range
{"minimum_quantity": 1000000000000} | /minimum_quantity | out_of_range
{"minimum_quantity": "2"} | /minimum_quantity | invalid_type
{"birthday": true} | /birthday | invalid_type
{"birthday": {}} | /birthday | invalid_value
{"birthday": {"month": false}} | /birthday | invalid_value
{"birthday": {"month": 5}} | /birthday/month | invalid_type
{"birthday": {"month": true, "within_days": 3}} | /birthday | invalid_value
{"birthday": {"within_days": -1}} | /birthday/within_days | out_of_range
{"birthday": {"within_days": 183}} | /birthday/within_days | out_of_range
{"first_purchase": "yes"} | /first_purchase | invalid_type
{"nth_visit": 0} | /nth_visit | out_of_range
{"nth_visit": 1000001} | /nth_visit | out_of_range
{"days_since_enrolment_max": -1} | /days_since_enrolment_max | out_of_range
{"days_since_last_visit_min": 36526} | /days_since_last_visit_min | out_of_range
{"attributes": ["club"]} | /attributes | invalid_type
{"attributes": {}} | /attributes | empty
{"attributes": {"a/b": []}} | /attributes/a~1b | empty
{"attributes": {"club": "tea"}} | /attributes/club | invalid_type
{"attributes": {"club": [1]}} | /attributes/club/0 | invalid_type
{"ranks": ["gold"]} | /ranks/0 | unknown_reference"#;

#[test]
fn faults_name_their_place() {
    for line in FAULTS.lines().skip(1) {
        let parts: Vec<&str> = line.split(" | ").collect();
        let found = faults(&serde_json::from_str(parts[0]).unwrap()).unwrap_err();
        let (at, code) = &found[0];
        assert_eq!((at.as_str(), code.as_str()), (parts[1], parts[2]), "{line}");
    }
    let rrule = |length: usize| json!({"rrule": "X".repeat(length)});
    check(&rrule(1_000), "/rrule", FaultCode::InvalidValue);
    check(&rrule(1_001), "/rrule", FaultCode::TooLong);
}

#[test]
fn limits_hold_at_their_edges() {
    let many = |count: usize| -> Vec<String> { (0..count).map(|n| n.to_string()).collect() };
    for field in ["skus", "departments", "terminals", "tenders"] {
        assert_eq!(
            faults(&json!({field: many(MAX_ENTRIES)})),
            Ok(vec![]),
            "{field}"
        );
        let at = format!("/{field}");
        check(
            &json!({field: many(MAX_ENTRIES + 1)}),
            &at,
            FaultCode::TooMany,
        );
    }
    let attributes = |count: usize| {
        let pairs = many(count).into_iter().map(|key| (key, json!(["x"])));
        json!({"attributes": Value::Object(pairs.collect())})
    };
    assert_eq!(faults(&attributes(50)), Ok(vec![]));
    check(&attributes(51), "/attributes", FaultCode::TooMany);
    let values = |count: usize| json!({"attributes": {"club": many(count)}});
    assert_eq!(faults(&values(MAX_ENTRIES)), Ok(vec![]));
    check(
        &values(MAX_ENTRIES + 1),
        "/attributes/club",
        FaultCode::TooMany,
    );
    for allowed in [
        json!({"minimum_quantity": MAX_QUANTITY}),
        json!({"birthday": {"within_days": 182}}),
        json!({"birthday": {"within_days": 0, "month": false}}),
        json!({"nth_visit": 1_000_000}),
        json!({"days_since_enrolment_max": 36_525}),
        json!({"hours": {"from": "00:00", "to": "24:00"}}),
        json!({"terminals": [""]}),
    ] {
        assert_eq!(faults(&allowed), Ok(vec![]), "{allowed}");
    }
}

#[test]
fn conditions_that_can_never_hold_are_warned_of() {
    let rule = |rule: &str| format!("DTSTART:20260105T020000\nDURATION:PT1H\nRRULE:{rule}");
    for (when, warned) in [
        (
            json!({"rrule": rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")}),
            true,
        ),
        (
            json!({"rrule": rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")}),
            false,
        ),
        (json!({"rrule": rule("FREQ=DAILY;UNTIL=20260104")}), true),
        (json!({"rrule": rule("FREQ=DAILY;UNTIL=20260105")}), false),
        (
            json!({"rrule": rule("FREQ=DAILY"), "to": "2026-01-03"}),
            true,
        ),
        // With a late cut-over, two in the morning is still the fourth.
        (
            json!({"rrule": rule("FREQ=DAILY"), "to": "2026-01-04"}),
            false,
        ),
        (
            json!({"rrule": rule("FREQ=WEEKLY;BYDAY=TU"), "weekdays": ["mon"]}),
            false,
        ),
        (
            json!({"rrule": rule("FREQ=WEEKLY;BYDAY=TU"), "weekdays": ["thu"]}),
            true,
        ),
        (
            json!({"rrule": rule("FREQ=DAILY;COUNT=2"), "dates": ["2026-01-09"]}),
            true,
        ),
        (json!({"first_purchase": true, "nth_visit": 1}), false),
        (json!({"first_purchase": true, "nth_visit": 2}), true),
        (
            json!({"first_purchase": true, "days_since_last_visit_min": 1}),
            true,
        ),
        (
            json!({"nth_visit": 1, "days_since_last_visit_min": 1}),
            true,
        ),
        (
            json!({"nth_visit": 2, "days_since_last_visit_min": 1}),
            false,
        ),
    ] {
        let expected = if warned {
            vec![FaultCode::NeverFires]
        } else {
            vec![]
        };
        assert_eq!(faults(&when), Ok(expected), "{when}");
    }
}
