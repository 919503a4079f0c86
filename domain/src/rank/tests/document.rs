//! What the `ranks` of a document may say: each row is a change and the fault that it makes.

use crate::fault::FaultCode;
use crate::program::Program;
use serde_json::{Value, json};
use std::collections::BTreeSet;

mod steps;

type Found = Vec<(String, FaultCode)>;

fn good() -> Value {
    json!({
        "wallets": [{"code": "points"}],
        "ranks": [{"code": "main", "metric": "spend", "window": {"type": "rolling_days", "days": 365},
            "upgrade": "immediate", "applies": "at_once",
            "downgrade": {"at": "dates", "dates": ["06-01", "12-01"], "steps": "one", "grace_days": 30},
            "steps": [{"code": "bronze", "from": 0, "earn_multiplier": "1", "discount_percent": "0"},
                {"code": "silver", "from": 1_000, "earn_multiplier": "1.5", "discount_percent": "5"},
                {"code": "gold", "all_of": [{"metric": "visits", "from": 3, "window": {"type": "lifetime"}},
                    {"from": 9}]}]}],
        "earn_rules": [{"code": "base", "wallet": "points", "when": {"ranks": ["silver"]},
            "award": {"type": "tiered", "by": "rank", "tiers": [{"from": 0, "amount": 100, "points": 1},
                {"from": "silver", "amount": 100, "points": 2}, {"from": "gold", "amount": 100, "points": 3}]}}],
    })
}

fn faults(document: &Value) -> Found {
    let parsed = Program::parse(document, &BTreeSet::new());
    let faults = parsed.map_or_else(|faults| faults, |(_, warnings)| warnings);
    faults
        .into_iter()
        .map(|fault| (fault.pointer, fault.code))
        .collect()
}

/// The document with another value at a pointer; null takes the field away.
fn changed(pointer: &str, value: &Value) -> Value {
    let mut document = good();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match (document.pointer_mut(parent).unwrap(), value) {
        (Value::Object(fields), Value::Null) => {
            fields.remove(key);
        }
        (Value::Array(items), value) => items[key.parse::<usize>().unwrap()] = value.clone(),
        (object, value) => object[key] = value.clone(),
    }
    document
}

#[track_caller]
fn check(pointer: &str, value: &Value, expected: &[(&str, FaultCode)]) {
    let expected: Found = expected
        .iter()
        .map(|(at, code)| ((*at).to_owned(), *code))
        .collect();
    assert_eq!(
        faults(&changed(pointer, value)),
        expected,
        "{pointer} {value}"
    );
}

#[test]
fn every_field_of_a_ladder_may_be_stated_and_most_be_left_out() {
    assert_eq!(faults(&good()), []);
    let ladder = "/ranks/0";
    for field in ["metric", "window", "upgrade", "applies", "downgrade"] {
        check(&format!("{ladder}/{field}"), &Value::Null, &[]);
    }
    for at in ["never", "rolling", "month_start", "anniversary"] {
        check(&format!("{ladder}/downgrade"), &json!({"at": at}), &[]);
    }
    for (upgrade, applies) in [
        ("immediate", "next_receipt"),
        ("next_day", "next_receipt"),
        ("period_end", "next_receipt"),
    ] {
        let mut document = changed(&format!("{ladder}/upgrade"), &json!(upgrade));
        document["ranks"][0]["applies"] = json!(applies);
        assert_eq!(faults(&document), []);
    }
    assert_eq!(faults(&changed("/ranks", &json!([]))), nameless());
}

#[track_caller]
fn check_ladder(field: &str, value: &Value, at: &str, code: FaultCode) {
    let mut expected = vec![(format!("/ranks/0/{at}"), code)];
    if field == "steps" {
        expected.extend(nameless());
    }
    let found = faults(&changed(&format!("/ranks/0/{field}"), value));
    assert_eq!(found, expected, "{field} {value}");
}

#[test]
fn faults_of_codes_numbers_and_windows_stand_at_their_place() {
    use FaultCode::{
        Duplicate, InvalidType, InvalidValue, OutOfRange, Required, UnknownField, Unsupported,
    };
    for (field, value, at, code) in [
        ("code", Value::Null, "code", Required),
        ("code", json!("Main"), "code", InvalidValue),
        ("code", json!("points"), "code", Duplicate),
        ("metric", json!("balance"), "metric", Unsupported),
        ("metric", json!("hearts"), "metric", InvalidValue),
        ("metric", json!(1), "metric", InvalidType),
        ("window", json!("lifetime"), "window", InvalidType),
        ("window", json!({}), "window/type", Required),
        (
            "window",
            json!({"type": "week"}),
            "window/type",
            InvalidValue,
        ),
        (
            "window",
            json!({"type": "rolling_days"}),
            "window/days",
            Required,
        ),
        (
            "window",
            json!({"type": "rolling_days", "days": 0}),
            "window/days",
            OutOfRange,
        ),
        (
            "window",
            json!({"type": "rolling_months", "months": 0}),
            "window/months",
            OutOfRange,
        ),
        (
            "window",
            json!({"type": "lifetime", "days": 1}),
            "window/days",
            UnknownField,
        ),
    ] {
        check_ladder(field, &value, at, code);
    }
}

#[test]
fn faults_of_upgrades_stand_at_their_place() {
    use FaultCode::{InvalidType, InvalidValue, Required, UnknownField};
    for (field, value, at, code) in [
        ("upgrade", json!("never"), "upgrade", InvalidValue),
        ("upgrade", json!("next_day"), "applies", InvalidValue),
        ("upgrade", json!("period_end"), "applies", InvalidValue),
        ("applies", json!("now"), "applies", InvalidValue),
        ("steps", Value::Null, "steps", Required),
        ("steps", json!({}), "steps", InvalidType),
        ("color", json!("red"), "color", UnknownField),
    ] {
        check_ladder(field, &value, at, code);
    }
}

#[test]
fn faults_of_downgrades_stand_at_their_place() {
    use FaultCode::{InvalidType, InvalidValue, OutOfRange, UnknownField};
    for (field, value, at, code) in [
        ("downgrade", json!([]), "downgrade", InvalidType),
        ("downgrade/at", json!("often"), "downgrade/at", InvalidValue),
        (
            "downgrade/at",
            json!("rolling"),
            "downgrade/dates",
            InvalidValue,
        ),
        ("downgrade/at", Value::Null, "downgrade/dates", InvalidValue),
        (
            "downgrade/steps",
            json!("two"),
            "downgrade/steps",
            InvalidValue,
        ),
        (
            "downgrade/grace_days",
            json!(-1),
            "downgrade/grace_days",
            OutOfRange,
        ),
        (
            "downgrade/grace_days",
            json!("30"),
            "downgrade/grace_days",
            InvalidType,
        ),
        ("downgrade/after", json!(1), "downgrade/after", UnknownField),
    ] {
        check_ladder(field, &value, at, code);
    }
}

#[test]
fn dates_are_days_of_the_year() {
    let dates = "downgrade/dates";
    check_ladder(dates, &Value::Null, dates, FaultCode::Required);
    check_ladder(dates, &json!([]), dates, FaultCode::Empty);
    check_ladder(
        dates,
        &json!(["06-01", "6-1"]),
        "downgrade/dates/1",
        FaultCode::InvalidValue,
    );
    for text in [
        "02-30",
        "13-01",
        "00-01",
        "01-00",
        "W01-1",
        "0601",
        "06-0１",
        "",
        "2026-06-01",
    ] {
        check_ladder(
            dates,
            &json!([text]),
            "downgrade/dates/0",
            FaultCode::InvalidValue,
        );
    }
    check_ladder(
        dates,
        &json!([601]),
        "downgrade/dates/0",
        FaultCode::InvalidValue,
    );
    check(
        "/ranks/0/downgrade/dates",
        &json!(["02-29", "02-29", "12-31", "01-01"]),
        &[],
    );
}

/// Without steps nothing can name them.
fn nameless() -> Found {
    let places = ["award/tiers/1/from", "award/tiers/2/from", "when/ranks/0"];
    let pointers = places.map(|place| format!("/earn_rules/0/{place}"));
    let code = FaultCode::UnknownReference;
    pointers
        .into_iter()
        .map(|pointer| (pointer, code))
        .collect()
}

#[test]
fn lists_and_spans_hold_at_their_maximum_and_not_above() {
    use FaultCode::{OutOfRange, TooMany};
    let day = |day: usize| {
        json!(format!(
            "{:02}-{:02}",
            day.div_euclid(28) + 1,
            day.rem_euclid(28) + 1
        ))
    };
    let dates = |count: usize| {
        json!(
            (0..count)
                .map(|number| day(number.rem_euclid(336)))
                .collect::<Vec<_>>()
        )
    };
    let criteria = |count: usize| json!(vec![json!({"from": 1}); count]);
    for (pointer, good, bad, at, code) in [
        (
            "/ranks/0/downgrade/dates",
            dates(366),
            dates(367),
            "/ranks/0/downgrade/dates",
            TooMany,
        ),
        (
            "/ranks/0/downgrade/grace_days",
            json!(366),
            json!(367),
            "/ranks/0/downgrade/grace_days",
            OutOfRange,
        ),
        (
            "/ranks/0/steps/2/all_of",
            criteria(10),
            criteria(11),
            "/ranks/0/steps/2/all_of",
            TooMany,
        ),
        (
            "/ranks/0/window",
            json!({"type": "rolling_days", "days": 3_660}),
            json!({"type": "rolling_days", "days": 3_661}),
            "/ranks/0/window/days",
            OutOfRange,
        ),
        (
            "/ranks/0/window",
            json!({"type": "rolling_months", "months": 120}),
            json!({"type": "rolling_months", "months": 121}),
            "/ranks/0/window/months",
            OutOfRange,
        ),
    ] {
        check(pointer, &good, &[]);
        check(pointer, &bad, &[(at, code)]);
    }
}

fn ladders(count: usize, steps: usize) -> Value {
    let step =
        |ladder: usize, step: usize| json!({"code": format!("s{ladder}-{step}"), "from": step});
    let ladder = |number: usize| {
        let steps: Vec<Value> = (0..steps).map(|place| step(number, place)).collect();
        json!({"code": format!("ladder{number}"), "steps": steps})
    };
    json!({"ranks": (0..count).map(ladder).collect::<Vec<_>>()})
}

#[test]
fn a_program_has_at_most_ten_ladders_of_a_hundred_steps() {
    assert_eq!(faults(&ladders(10, 100)), []);
    assert_eq!(
        faults(&ladders(11, 1)),
        [("/ranks".to_owned(), FaultCode::TooMany)]
    );
    assert_eq!(
        faults(&ladders(1, 101)),
        [("/ranks/0/steps".to_owned(), FaultCode::TooMany)]
    );
    assert_eq!(
        faults(&ladders(1, 0)),
        [("/ranks/0/steps".to_owned(), FaultCode::Empty)]
    );
}

#[test]
fn codes_of_steps_are_unique_over_all_ladders() {
    let mut document = ladders(2, 2);
    document["ranks"][1]["steps"][1]["code"] = json!("s0-1");
    assert_eq!(
        faults(&document),
        [("/ranks/1/steps/1/code".to_owned(), FaultCode::Duplicate)]
    );
}
