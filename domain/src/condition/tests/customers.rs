//! What a condition asks of the member, at its edges, and what must be loaded for it.

use super::super::{Customer, Unmet};
use super::{moment, read, receipt};
use crate::history::{Counters, History, Person};
use crate::needs::Needs;
use crate::window::DateRange;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

const TODAY: Date = date(2026, 11, 24);

/// What is recorded up to today.
fn history(visits: i64, last_visit: Option<Date>) -> History {
    let counters = Counters {
        visits,
        last_visit,
        ..Counters::default()
    };
    let range = DateRange {
        from: None,
        to: TODAY,
    };
    History {
        counters: [(range, counters)].into(),
        ..History::default()
    }
}

fn person(birth_date: Option<Date>, attributes: &[(&str, &str)]) -> History {
    let attributes = attributes
        .iter()
        .map(|(key, value)| ((*key).into(), (*value).into()));
    History {
        person: Some(Person {
            birth_date,
            attributes: attributes.collect(),
        }),
        ..History::default()
    }
}

fn ask(when: &Value, history: &History, enrolled_on: Date) -> Result<(), Unmet> {
    let receipt = receipt("2026-11-24T12:00:00+09:00");
    let customer = Customer {
        date: TODAY,
        enrolled_on,
        history,
        held: &crate::rank::NO_RANKS,
    };
    read(when)
        .admits(&moment(&receipt, Some(customer)))
        .unwrap()
}

#[test]
fn earlier_visits_decide() {
    let day = |day: i8| Some(date(2026, 11, day));
    for (when, visits, last, expected) in [
        (json!({"first_purchase": true}), 0, None, Ok(())),
        (
            json!({"first_purchase": true}),
            1,
            day(24),
            Err(Unmet::NotFirstPurchase),
        ),
        (json!({"first_purchase": false}), 1, day(24), Ok(())),
        (json!({"nth_visit": 1}), 0, None, Ok(())),
        (
            json!({"nth_visit": 3}),
            1,
            day(1),
            Err(Unmet::OtherVisit(Some(1))),
        ),
        (json!({"nth_visit": 3}), 2, day(1), Ok(())),
        (
            json!({"nth_visit": 3}),
            3,
            day(1),
            Err(Unmet::OtherVisit(None)),
        ),
        (
            json!({"days_since_last_visit_min": 7}),
            0,
            None,
            Err(Unmet::NoEarlierVisit),
        ),
        (
            json!({"days_since_last_visit_min": 7}),
            4,
            day(18),
            Err(Unmet::VisitedRecently(day(25))),
        ),
        (json!({"days_since_last_visit_min": 7}), 4, day(17), Ok(())),
        (json!({"days_since_last_visit_min": 0}), 4, day(24), Ok(())),
    ] {
        let found = ask(&when, &history(visits, last), TODAY);
        assert_eq!(found, expected, "{when} after {visits}");
    }
}

#[test]
fn the_enrolment_decides() {
    let when = json!({"days_since_enrolment_max": 30});
    for (enrolled_on, expected) in [
        (date(2026, 10, 25), Ok(())),
        (date(2026, 10, 24), Err(Unmet::EnrolledTooLong(30))),
        (TODAY, Ok(())),
        // A receipt from before the enrolment is no old member's.
        (date(2027, 1, 1), Ok(())),
    ] {
        let found = ask(&when, &History::default(), enrolled_on);
        assert_eq!(found, expected, "{enrolled_on}");
    }
}

fn on_birthday(when: &Value, birth: &str, on: &str) -> Result<(), Unmet> {
    let receipt = receipt(&format!("{on}T12:00:00+09:00"));
    let history = person(birth.parse().ok(), &[]);
    let customer = Customer {
        date: on.parse().unwrap(),
        enrolled_on: TODAY,
        history: &history,
        held: &crate::rank::NO_RANKS,
    };
    read(when)
        .admits(&moment(&receipt, Some(customer)))
        .unwrap()
}

#[test]
fn birthdays_are_near_by_days_or_by_month() {
    let within = |days: i64| json!({"birthday": {"within_days": days}});
    let month = json!({"birthday": {"month": true}});
    for (when, birth, on, expected) in [
        (within(0), "1990-11-24", "2026-11-24", true),
        (within(0), "1990-11-24", "2026-11-25", false),
        (within(3), "1990-11-24", "2026-11-21", true),
        (within(3), "1990-11-24", "2026-11-20", false),
        (within(3), "1990-11-24", "2026-11-27", true),
        (within(3), "1990-11-24", "2026-11-28", false),
        // Over the turn of the year, both ways.
        (within(3), "1990-01-01", "2026-12-29", true),
        (within(3), "1990-01-01", "2026-12-28", false),
        (within(3), "1990-12-31", "2027-01-03", true),
        (within(3), "1990-12-31", "2027-01-04", false),
        // 29 February counts on 28 in common years.
        (within(0), "2000-02-29", "2026-02-28", true),
        (within(0), "2000-02-29", "2026-03-01", false),
        (within(0), "2000-02-29", "2028-02-29", true),
        (within(0), "2000-02-29", "2028-02-28", false),
        (within(182), "2000-02-29", "2026-08-29", true),
        (month.clone(), "2000-02-29", "2026-02-01", true),
        (month.clone(), "2000-02-29", "2026-03-01", false),
        (month, "unknown", "2026-02-01", false),
        (within(182), "unknown", "2026-02-01", false),
    ] {
        let found = on_birthday(&when, birth, on);
        let expected = if expected {
            Ok(())
        } else {
            Err(Unmet::Birthday)
        };
        assert_eq!(found, expected, "{when} {birth} on {on}");
    }
}

#[test]
fn every_attribute_must_have_one_of_its_values() {
    let when = json!({"attributes": {"club": ["wine", "tea"], "staff": ["no"]}});
    for (attributes, expected) in [
        (&[("club", "tea"), ("staff", "no")][..], Ok(())),
        (&[("club", "tea"), ("staff", "no"), ("shoe", "42")], Ok(())),
        (&[("club", "tea"), ("staff", "yes")], Err(Unmet::Attributes)),
        (&[("club", "Tea"), ("staff", "no")], Err(Unmet::Attributes)),
        (&[("club", "tea")], Err(Unmet::Attributes)),
        (&[], Err(Unmet::Attributes)),
    ] {
        let found = ask(&when, &person(None, attributes), TODAY);
        assert_eq!(found, expected, "{attributes:?}");
    }
}

#[test]
fn nothing_is_asked_for_in_vain() {
    let receipt = receipt("2026-11-24T12:00:00+09:00");
    let history = History::default();
    let customer = Customer {
        date: TODAY,
        enrolled_on: TODAY,
        history: &history,
        held: &crate::rank::NO_RANKS,
    };
    let ever = DateRange {
        from: None,
        to: TODAY,
    };
    let needs = |when: Value| {
        let mut needs = Needs::default();
        read(&when).need(&moment(&receipt, Some(customer)), &mut needs);
        needs
    };
    assert!(needs(json!({"weekdays": ["tue"], "minimum_amount": 5})).is_empty());
    assert!(needs(json!({"days_since_enrolment_max": 5})).is_empty());
    assert!(needs(json!({"first_purchase": true, "weekdays": ["wed"]})).is_empty());
    assert!(needs(json!({"birthday": {"month": true}})).person);
    assert!(needs(json!({"attributes": {"club": ["tea"]}})).person);
    for when in [
        json!({"first_purchase": true, "weekdays": ["tue"]}),
        json!({"nth_visit": 2}),
        json!({"days_since_last_visit_min": 2}),
    ] {
        let needs = needs(when);
        assert!(!needs.person);
        assert_eq!(needs.counters, [ever].into());
    }
}

#[test]
fn what_was_not_loaded_is_an_error_and_no_silent_zero() {
    let receipt = receipt("2026-11-24T12:00:00+09:00");
    let history = History::default();
    let customer = Customer {
        date: TODAY,
        enrolled_on: TODAY,
        history: &history,
        held: &crate::rank::NO_RANKS,
    };
    for when in [
        json!({"first_purchase": true}),
        json!({"birthday": {"month": true}}),
    ] {
        assert!(
            read(&when)
                .admits(&moment(&receipt, Some(customer)))
                .is_err(),
            "{when}"
        );
        let stranger = read(&when).admits(&moment(&receipt, None));
        assert_eq!(stranger, Ok(Err(Unmet::NoMember)), "{when}");
    }
}
