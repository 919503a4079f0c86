//! When points become spendable: rows of a setting and an earning day.

use super::{Activation, MAX_WAITING_DAYS};
use crate::fault::FaultCode;
use crate::program::reader::Reader;
use crate::settings::Settings;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn read(activation: &Value) -> Result<Activation, Vec<(String, FaultCode)>> {
    let mut reader = Reader::new(None);
    let mut object = reader.object(activation, String::new());
    let read = Activation::read(&mut reader, &mut object);
    reader.close(&object);
    let faults = |faults: Vec<crate::fault::Fault>| {
        let faults = faults.into_iter();
        faults.map(|fault| (fault.pointer, fault.code)).collect()
    };
    reader.finish(read).map(|(read, _)| read).map_err(faults)
}

fn settings(zone: &str, cutover: &str) -> Settings {
    Settings {
        time_zone: TimeZone::get(zone).unwrap(),
        cutover: cutover.parse().unwrap(),
        ..Settings::default()
    }
}

fn check_start(activation: &Value, earned_on: &str, expected: Option<&str>) {
    let starts_on = read(activation)
        .unwrap()
        .starts_on(earned_on.parse().unwrap());
    let expected = expected.map(|date| date.parse().unwrap());
    assert_eq!(starts_on.unwrap(), expected, "{activation} {earned_on}");
}

#[test]
fn points_start_on_their_day() {
    let immediate = json!({"type": "immediate"});
    check_start(&immediate, "2026-11-21", Some("2026-11-21"));
    let after = |days: i64| json!({"type": "after_days", "days": days});
    check_start(&after(1), "2026-12-31", Some("2027-01-01"));
    check_start(&after(14), "2026-11-21", Some("2026-12-05"));
    check_start(&after(1), "2028-02-28", Some("2028-02-29"));
    check_start(&after(1), "2027-02-28", Some("2027-03-01"));
    let event = json!({"type": "on_event", "event": "delivered"});
    check_start(&event, "2026-11-21", None);
}

#[test]
fn what_waits_for_an_event_is_cancelled_after_the_last_day_or_never() {
    let tokyo = settings("Asia/Tokyo", "05:00");
    let new_york = settings("America/New_York", "00:00");
    for (settings, days, earned_on, expected) in [
        (
            &tokyo,
            json!(30),
            "2026-11-21",
            Some("2026-12-21T20:00:00Z"),
        ),
        (&tokyo, json!(null), "2026-11-21", None),
        (
            &new_york,
            json!(1),
            "2017-03-11",
            Some("2017-03-13T04:00:00Z"),
        ),
        (
            &new_york,
            json!(1),
            "2017-11-04",
            Some("2017-11-06T05:00:00Z"),
        ),
    ] {
        let event = json!({"type": "on_event", "event": "delivered", "cancel_after_days": days});
        let cancels_at = read(&event)
            .unwrap()
            .cancels_at(earned_on.parse().unwrap(), settings);
        assert_eq!(cancels_at.unwrap(), expected.map(|at| at.parse().unwrap()));
    }
}

#[test]
fn a_faulty_activation_says_where() {
    let check = |activation: Value, expected: &[(&str, FaultCode)]| {
        let faults = read(&activation).unwrap_err();
        let faults: Vec<_> = faults
            .iter()
            .map(|(pointer, code)| (pointer.as_str(), *code))
            .collect();
        assert_eq!(faults, expected, "{activation}");
    };
    let days = |days: i64| json!({"type": "after_days", "days": days});
    assert!(read(&days(MAX_WAITING_DAYS)).is_ok());
    for wrong in [0, -1, MAX_WAITING_DAYS + 1] {
        check(days(wrong), &[("/days", FaultCode::OutOfRange)]);
    }
    check(
        json!({"type": "after_days"}),
        &[("/days", FaultCode::Required)],
    );
    check(
        json!({"type": "on_event"}),
        &[("/event", FaultCode::Required)],
    );
    check(json!({}), &[("/type", FaultCode::Required)]);
    check(
        json!({"type": "on_event", "event": "", "cancel_after_days": 0}),
        &[
            ("/event", FaultCode::Empty),
            ("/cancel_after_days", FaultCode::OutOfRange),
        ],
    );
    let later = json!({"type": "later", "days": 1});
    check(later, &[("/type", FaultCode::InvalidValue)]);
    let misplaced = json!({"type": "immediate", "days": 1});
    check(misplaced, &[("/days", FaultCode::UnknownField)]);
}
