//! What steps of a ladder may say, and those who name them.

use super::{Found, changed, check, faults, nameless};
use crate::fault::FaultCode;
use serde_json::{Value, json};

/// The largest threshold.
const MOST: i64 = 999_999_999_999_999;

#[track_caller]
fn check_step(field: &str, value: &Value, expected: &[(&str, FaultCode)]) {
    let here = |(at, code): &(&str, FaultCode)| (format!("/ranks/0/steps/{at}"), *code);
    let expected: Found = expected.iter().map(here).collect();
    let found = faults(&changed(&format!("/ranks/0/steps/{field}"), value));
    assert_eq!(found, expected, "{field} {value}");
}

#[test]
fn faults_of_thresholds_stand_at_their_place() {
    use FaultCode::{InvalidType, InvalidValue, OutOfRange, TiersOrder};
    for (field, value, expected) in [
        ("1/from", json!(0), vec![("1/from", TiersOrder)]),
        ("1/from", json!(1), vec![]),
        ("1/from", json!(-1), vec![("1/from", OutOfRange)]),
        ("1/from", json!(MOST), vec![]),
        ("1/from", json!(MOST + 1), vec![("1/from", OutOfRange)]),
        ("1/from", json!("9"), vec![("1/from", InvalidType)]),
        ("1/from", Value::Null, vec![("1", InvalidValue)]),
        ("1/any_of", json!([{"from": 1}]), vec![("1", InvalidValue)]),
        ("2/any_of", json!([{"from": 1}]), vec![("2", InvalidValue)]),
        ("2/from", json!(2_000), vec![("2", InvalidValue)]),
        ("2/all_of", Value::Null, vec![("2", InvalidValue)]),
    ] {
        check_step(field, &value, &expected);
    }
}

#[test]
fn faults_of_several_numbers_stand_at_their_place() {
    use FaultCode::{Empty, InvalidType, InvalidValue, OutOfRange, Required, UnknownField};
    let first = |field: &str| format!("2/all_of/0{field}");
    for (field, value, expected) in [
        ("", json!("visits"), vec![("", InvalidType)]),
        ("/metric", json!("money"), vec![("/metric", InvalidValue)]),
        ("/from", Value::Null, vec![("/from", Required)]),
        ("/from", json!(MOST), vec![]),
        ("/from", json!(MOST + 1), vec![("/from", OutOfRange)]),
        (
            "/window",
            json!({"type": "day"}),
            vec![("/window/type", InvalidValue)],
        ),
        ("/window", json!({}), vec![("/window/type", Required)]),
        ("/code", json!("x"), vec![("/code", UnknownField)]),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(at, code)| (first(at), code))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(at, code)| (at.as_str(), *code))
            .collect();
        check_step(&first(field), &value, &expected);
    }
    check_step("2/all_of", &json!([]), &[("2/all_of", Empty)]);
    check_step("2/all_of", &json!(5), &[("2/all_of", InvalidType)]);
}

#[test]
fn faults_of_what_a_step_brings_stand_at_their_place() {
    use FaultCode::{InvalidType, InvalidValue, OutOfRange, UnknownField};
    for (field, value, expected) in [
        ("1/earn_multiplier", json!("0.9999"), Some(OutOfRange)),
        ("1/earn_multiplier", json!("1"), None),
        ("1/earn_multiplier", json!("1000"), None),
        ("1/earn_multiplier", json!("1000.0001"), Some(OutOfRange)),
        ("1/earn_multiplier", json!(2), Some(InvalidType)),
        ("1/earn_multiplier", json!("1.00001"), Some(InvalidValue)),
        ("1/discount_percent", json!("0"), None),
        ("1/discount_percent", json!("100"), None),
        ("1/discount_percent", json!("100.0001"), Some(OutOfRange)),
        ("1/discount_percent", json!("-1"), Some(OutOfRange)),
        ("1/gift", json!("rose"), Some(UnknownField)),
    ] {
        let expected: Vec<_> = expected.map(|code| (field, code)).into_iter().collect();
        check_step(field, &value, &expected);
    }
}

#[test]
fn a_step_has_a_code_of_its_own() {
    for (code, fault) in [
        (json!("bronze"), FaultCode::Duplicate),
        (json!("points"), FaultCode::Duplicate),
        (json!("Silver"), FaultCode::InvalidValue),
        (Value::Null, FaultCode::Required),
    ] {
        let mut expected = vec![("/ranks/0/steps/1/code".to_owned(), fault)];
        // Silver, which others name, is gone.
        expected.extend(nameless().into_iter().filter(|(at, _)| !at.contains("/2/")));
        assert_eq!(
            faults(&changed("/ranks/0/steps/1/code", &code)),
            expected,
            "{code}"
        );
    }
}

#[test]
fn tiers_by_rank_name_steps_that_rise_on_one_ladder() {
    use FaultCode::{InvalidType, Required, TiersOrder, UnknownReference};
    let tiers = "/earn_rules/0/award/tiers";
    let side = json!({"code": "side", "steps": [{"code": "other", "from": 0}]});
    for (field, value, at, code) in [
        ("0/from", json!(1), "0/from", InvalidType),
        ("0/from", json!("0"), "0/from", UnknownReference),
        ("1/from", json!(0), "1/from", InvalidType),
        ("1/from", json!(5), "1/from", InvalidType),
        ("1/from", Value::Null, "1/from", Required),
        ("1/from", json!("platinum"), "1/from", UnknownReference),
        ("1/from", json!("gold"), "2/from", TiersOrder),
        ("2/from", json!("silver"), "2/from", TiersOrder),
        ("2/from", json!("bronze"), "2/from", TiersOrder),
        ("2/from", json!("other"), "2/from", TiersOrder),
    ] {
        let mut document = changed(&format!("{tiers}/{field}"), &value);
        document["ranks"].as_array_mut().unwrap().push(side.clone());
        assert_eq!(
            faults(&document),
            [(format!("{tiers}/{at}"), code)],
            "{field} {value}"
        );
    }
    for first in ["bronze", "silver"] {
        let mut document = changed(&format!("{tiers}/0/from"), &json!(first));
        document["earn_rules"][0]["award"]["tiers"]
            .as_array_mut()
            .unwrap()
            .remove(1);
        assert_eq!(faults(&document), [], "{first}");
    }
}

#[test]
fn conditions_name_steps_that_are_there() {
    use FaultCode::{Empty, InvalidType, TooMany, UnknownReference};
    let when = "/earn_rules/0/when/ranks";
    let many = |count: usize| json!(vec!["silver"; count]);
    check(when, &many(1_000), &[]);
    check(when, &many(1_001), &[(when, TooMany)]);
    check(when, &json!([]), &[(when, Empty)]);
    check(when, &json!("silver"), &[(when, InvalidType)]);
    let second = "/earn_rules/0/when/ranks/1";
    check(
        when,
        &json!(["gold", "main"]),
        &[(second, UnknownReference)],
    );
    let first = "/earn_rules/0/when/ranks/0";
    check(when, &json!([3]), &[(first, InvalidType)]);
}
