//! Each part of a condition at its edges, and the next date on which a rule may fire.

use super::lines::{Goods, is_within};
use super::{Condition, Customer, Moment, Unmet};
use crate::amount::Amount;
use crate::catalog::Store;
use crate::program::reader::Reader;
use crate::rank::NO_RANKS;
use crate::receipt::{Line, Quantity, Receipt, Tender};
use crate::settings::Settings;
use jiff::civil::{date, time};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

mod customers;
mod reading;

fn read(when: &Value) -> Condition {
    let mut reader = Reader::new(None);
    let mut object = reader.object(when, String::new());
    let read = Condition::read(&mut reader, &mut object);
    reader.finish(read).unwrap().0
}

fn receipt(at: &str) -> Receipt {
    serde_json::from_value(json!({
        "store": "shibuya", "terminal": "pos-1", "occurred_at": at,
        "lines": [{"amount": 100}],
        "tenders": [{"type": "card", "brand": "Visa", "amount": 100},
            {"type": "cash", "amount": 0}, {"type": "qr", "amount": -1}],
    }))
    .unwrap()
}

fn moment<'a>(receipt: &'a Receipt, customer: Option<Customer<'a>>) -> Moment<'a> {
    let settings = Settings {
        time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
        cutover: time(5, 0, 0, 0),
        ..Settings::default()
    };
    let store = Store {
        id: crate::id::StoreId::from_uuid(uuid::Uuid::nil()),
        code: "shibuya".to_owned(),
        time_zone: None,
    };
    Moment {
        customer,
        ..Moment::of(&settings, &store, receipt, (None, &NO_RANKS))
    }
}

/// Whether a rule applies at a time, without a member.
fn at(when: &Value, at: &str) -> Result<(), Unmet> {
    let receipt = receipt(at);
    read(when).admits(&moment(&receipt, None)).unwrap()
}

fn next(when: &Value, on: &str) -> Option<String> {
    match at(when, &format!("{on}T12:00:00+09:00")) {
        Err(Unmet::OutsidePeriod(next)) => next.map(|date| date.to_string()),
        other => panic!("{when} on {on}: {other:?}"),
    }
}

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

#[test]
fn the_next_date_meets_every_part() {
    let second_tuesday = "DTSTART:20260113T180000\nDURATION:PT2H\nRRULE:FREQ=MONTHLY;BYDAY=2TU";
    let early = "DTSTART:20260101T020000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYMONTHDAY=10";
    let over = "DTSTART:20260101T020000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3";
    let ahead = "DTSTART:20400101T120000\nDURATION:PT1H\nRRULE:FREQ=YEARLY";
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
        (
            json!({"rrule": second_tuesday}),
            "2026-11-21",
            Some("2026-12-08"),
        ),
        // Two in the morning of the tenth is the ninth's business day.
        (json!({"rrule": early}), "2026-11-21", Some("2026-12-09")),
        (
            json!({"rrule": early, "weekdays": ["sat"]}),
            "2026-11-21",
            Some("2027-01-09"),
        ),
        (json!({"rrule": over}), "2026-11-21", None),
        (json!({"rrule": ahead}), "2026-11-21", Some("2040-01-01")),
    ] {
        assert_eq!(next(&when, on).as_deref(), expected, "{when}");
    }
}

/// 01:30 on Tuesday with a cut-over of 05:00 is Monday, 01:30.
#[test]
fn dates_follow_the_cut_over_and_hours_the_wall_clock() {
    let night = json!({"weekdays": ["mon"], "hours": {"from": "22:00", "to": "02:00"}});
    for (when, moment, expected) in [
        (&night, "2026-11-24T01:30:00+09:00", true),
        (&night, "2026-11-24T02:00:00+09:00", false),
        (&night, "2026-11-23T22:00:00+09:00", true),
        (&night, "2026-11-23T21:59:59+09:00", false),
        // The night before belongs to Sunday.
        (&night, "2026-11-23T01:30:00+09:00", false),
        (&night, "2026-11-24T22:00:00+09:00", false),
        // The offset says nothing about the store's clock.
        (&night, "2026-11-23T16:30:00Z", true),
    ] {
        assert_eq!(at(when, moment).is_ok(), expected, "{when} {moment}");
    }
    let five = json!({"days_of_month": [5]});
    assert!(at(&five, "2026-03-05T04:59:59+09:00").is_err());
    assert!(at(&five, "2026-03-05T05:00:00+09:00").is_ok());
}

#[test]
fn a_store_in_another_zone_has_its_own_clock() {
    let settings = Settings {
        time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
        cutover: time(5, 0, 0, 0),
        ..Settings::default()
    };
    let honolulu = Store {
        id: crate::id::StoreId::from_uuid(uuid::Uuid::nil()),
        code: "shibuya".to_owned(),
        time_zone: Some(TimeZone::get("Pacific/Honolulu").unwrap()),
    };
    let receipt = receipt("2026-11-24T06:00:00+09:00");
    let moment = Moment::of(&settings, &honolulu, &receipt, (None, &NO_RANKS));
    assert_eq!(moment.business_date, date(2026, 11, 23));
    assert_eq!(moment.wall_clock, date(2026, 11, 23).at(11, 0, 0, 0));
}

#[test]
fn hours_to_come_are_told() {
    let rrule = "DTSTART:20260101T180000\nDURATION:PT8H\nRRULE:FREQ=DAILY";
    let told = |when: Value, moment: &str| match at(&when, moment) {
        Err(Unmet::OutsideHours(hours)) => {
            let shown = hours.shown();
            format!("{}-{}", shown.from, shown.to)
        }
        other => panic!("{when} {moment}: {other:?}"),
    };
    let noon = "2026-11-24T12:00:00+09:00";
    assert_eq!(told(json!({"rrule": rrule}), noon), "18:00-02:00");
    let hours = json!({"hours": {"from": "16:00", "to": "24:00"}});
    assert_eq!(told(hours, noon), "16:00-24:00");
    let long = rrule
        .replace("PT8H", "P1D")
        .replace("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TU");
    assert_eq!(told(json!({"rrule": long}), noon), "18:00-24:00");
}

#[test]
fn the_place_and_the_payment_are_looked_at() {
    for (when, expected) in [
        (json!({"stores": ["shibuya"]}), Ok(())),
        (json!({"stores": ["ueno"]}), Err(Unmet::Store)),
        (json!({"terminals": ["pos-2", "pos-1"]}), Ok(())),
        (json!({"terminals": [""]}), Err(Unmet::Terminal)),
        (json!({"tenders": ["card"]}), Ok(())),
        (json!({"tenders": ["Visa"]}), Ok(())),
        (json!({"tenders": ["visa"]}), Err(Unmet::Tender)),
        (json!({"tenders": ["cash", "e_money"]}), Ok(())),
        // Change that is given back is no payment.
        (json!({"tenders": ["qr"]}), Err(Unmet::Tender)),
    ] {
        assert_eq!(at(&when, "2026-11-24T12:00:00+09:00"), expected, "{when}");
    }
    let mut unpaid = receipt("2026-11-24T12:00:00+09:00");
    unpaid.tenders = Vec::<Tender>::new();
    let condition = read(&json!({"tenders": ["other", "cash"]}));
    assert_eq!(
        condition.admits(&moment(&unpaid, None)),
        Ok(Err(Unmet::Tender))
    );
}

#[test]
fn lines_must_fit_every_part() {
    let line = Line {
        sku: Some("a".into()),
        category: Some("food/fresh".into()),
        department: Some("7".into()),
        ..Line::default()
    };
    for (when, expected) in [
        (json!({}), true),
        (json!({"skus": ["b", "a"]}), true),
        (json!({"skus": ["b"]}), false),
        (json!({"departments": ["7"]}), true),
        (json!({"departments": ["70"]}), false),
        (
            json!({"skus": ["a"], "departments": ["7"], "categories": ["food"]}),
            true,
        ),
        (
            json!({"skus": ["a"], "departments": ["8"], "categories": ["food"]}),
            false,
        ),
        (json!({"skus": ["a"], "categories": ["drinks"]}), false),
    ] {
        assert_eq!(
            read(&when).matches_line(&Goods::of(&line)),
            expected,
            "{when}"
        );
    }
    let unnamed = Line::default();
    for when in [
        json!({"skus": ["a"]}),
        json!({"departments": ["7"]}),
        json!({"categories": ["food"]}),
    ] {
        assert!(read(&when).has_line_scope());
        assert!(!read(&when).matches_line(&Goods::of(&unnamed)), "{when}");
    }
}

#[test]
fn quantities_count_whole_pieces_of_the_lines_seen() {
    let line = |sku: &str, quantity: Value| Line {
        sku: Some(sku.to_owned()),
        quantity: serde_json::from_value::<Quantity>(quantity).unwrap(),
        amount: Some(Amount::new(100)),
        ..Line::default()
    };
    let lines = [
        line("a", json!(2)),
        line("a", json!("1.9")),
        line("b", json!(5)),
        Line {
            amount: Some(Amount::new(-1)),
            ..line("a", json!(7))
        },
        Line {
            amount: Some(Amount::ZERO),
            ..line("d", json!(4))
        },
    ];
    let missing_of = |condition: &Condition| {
        let seen = lines
            .iter()
            .filter(|line| condition.matches_line(&Goods::of(line)));
        condition.missing_quantity(seen)
    };
    for (when, missing) in [
        (json!({"minimum_quantity": 4, "skus": ["d"]}), None),
        (json!({"minimum_quantity": 8, "skus": ["a", "b"]}), None),
        (json!({"minimum_quantity": 9, "skus": ["a", "b"]}), Some(1)),
        (json!({"minimum_quantity": 12}), None),
        (json!({"minimum_quantity": 13}), Some(1)),
        (json!({"minimum_quantity": 3, "skus": ["a"]}), None),
        (json!({"minimum_quantity": 4, "skus": ["a"]}), Some(1)),
        (json!({"minimum_quantity": 2, "skus": ["c"]}), Some(2)),
        (json!({"skus": ["c"]}), None),
    ] {
        assert_eq!(missing_of(&read(&when)), missing, "{when}");
    }
}
