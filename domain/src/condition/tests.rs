//! Categories by whole segments, and the next date on which a rule may fire.

use super::{Condition, Unmet, is_within};
use crate::program::reader::Reader;
use serde_json::{Value, json};

#[test]
fn categories_match_by_whole_segments() {
    for (path, category, expected) in [
        ("food", "food", true),
        ("food/fresh", "food", true),
        ("food/fresh/fish", "food/fresh", true),
        ("foods", "food", false),
        ("food", "food/fresh", false),
        ("Food", "food", false),
    ] {
        assert_eq!(is_within(path, category), expected, "{path} in {category}");
    }
}

fn next(when: &Value, on: &str) -> Option<String> {
    let mut reader = Reader::new(None);
    let mut object = reader.object(when, String::new());
    let read = Condition::read(&mut reader, &mut object);
    let (condition, _) = reader.finish(read).unwrap();
    match condition.admits(on.parse().unwrap(), "shibuya") {
        Err(Unmet::OutsidePeriod(next)) => next.map(|date| date.to_string()),
        other => panic!("{when} on {on}: {other:?}"),
    }
}

#[test]
fn the_next_date_meets_every_part() {
    for (when, on, expected) in [
        (
            json!({"days_of_month": [5, 15, 25]}),
            "2026-11-21",
            Some("2026-11-25"),
        ),
        (
            json!({"days_of_month": [31]}),
            "2026-11-21",
            Some("2026-12-31"),
        ),
        (
            json!({"weekdays": ["fri"], "days_of_month": [13]}),
            "2026-11-21",
            Some("2027-08-13"),
        ),
        (
            json!({"from": "2030-01-01"}),
            "2026-11-21",
            Some("2030-01-01"),
        ),
        (json!({"to": "2026-11-20"}), "2026-11-21", None),
        (
            json!({"dates": ["2027-01-02", "2026-12-24"]}),
            "2026-11-21",
            Some("2026-12-24"),
        ),
        (json!({"dates": ["2026-11-20"]}), "2026-11-21", None),
        (
            json!({"weekdays": ["mon"], "to": "2026-11-22"}),
            "2026-11-21",
            None,
        ),
    ] {
        assert_eq!(next(&when, on).as_deref(), expected, "{when}");
    }
}
