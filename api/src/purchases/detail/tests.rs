//! Every reason in both languages, as a cashier reads it, and with the largest numbers there are.

use std::fmt::Write;

use domain::amount::{Amount, Decimal4, Points};
use domain::decide::{Explained, Reason};
use serde_json::{Value, json};

use super::{MAX_DETAIL_CHARACTERS, Wording, english, japanese};
use crate::language::Language;
use crate::money::Currency;

/// Every reason; a new one does not compile until it stands here.
fn reasons() -> Vec<Reason> {
    let next = |reason: Reason| match reason {
        Reason::NoMember => Some(Reason::OutsidePeriod),
        Reason::OutsidePeriod => Some(Reason::OutsideHours),
        Reason::OutsideHours => Some(Reason::Store),
        Reason::Store => Some(Reason::Terminal),
        Reason::Terminal => Some(Reason::Tender),
        Reason::Tender => Some(Reason::Birthday),
        Reason::Birthday => Some(Reason::NotFirstPurchase),
        Reason::NotFirstPurchase => Some(Reason::OtherVisit),
        Reason::OtherVisit => Some(Reason::EnrolledTooLong),
        Reason::EnrolledTooLong => Some(Reason::VisitedRecently),
        Reason::VisitedRecently => Some(Reason::NoEarlierVisit),
        Reason::NoEarlierVisit => Some(Reason::Attributes),
        Reason::Attributes => Some(Reason::Rank),
        Reason::Rank => Some(Reason::NoMatchingLines),
        Reason::NoMatchingLines => Some(Reason::BelowMinimum),
        Reason::BelowMinimum => Some(Reason::BelowQuantity),
        Reason::BelowQuantity => Some(Reason::NoBasePoints),
        Reason::NoBasePoints => Some(Reason::AnotherRule),
        Reason::AnotherRule => Some(Reason::LimitReached),
        Reason::LimitReached => Some(Reason::AnotherDiscount),
        Reason::AnotherDiscount => Some(Reason::NoRank),
        Reason::NoRank => None,
    };
    std::iter::successors(Some(Reason::NoMember), |reason| next(*reason)).collect()
}

fn explained(fields: &Value) -> Explained {
    let mut whole = json!({"rule": "base", "fired": fields.get("reason").is_none()});
    let whole_fields = whole.as_object_mut().unwrap();
    whole_fields.extend(fields.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

fn wording(language: Language) -> Wording {
    Wording {
        language,
        currency: Currency::new("JPY"),
    }
}

#[test]
fn what_a_cashier_reads() {
    let mut rows = vec![
        json!({"points": 19, "amount": 1980}),
        json!({"points": 1, "amount": 100}),
        json!({"points": 76, "amount": 1980, "base_points": 19, "times": "5"}),
        json!({"points": 50}),
        json!({"reason": "outside_period", "next_date": "2026-11-25"}),
        json!({"reason": "outside_hours", "hours": {"from": "16:00", "to": "18:00"}}),
        json!({"reason": "below_minimum", "missing_amount": 320, "next_points": 1}),
        json!({"reason": "below_minimum", "missing_amount": 1320}),
        json!({"reason": "below_quantity", "missing_quantity": 1}),
        json!({"reason": "below_quantity", "missing_quantity": 12}),
        json!({"reason": "other_visit", "visits_to_go": 1}),
        json!({"reason": "other_visit", "visits_to_go": 3}),
        json!({"reason": "enrolled_too_long", "most_days": 30}),
        json!({"reason": "visited_recently", "next_date": "2026-12-01"}),
        json!({"discount": 800, "percent": "10", "amount": 8000, "missing_amount": 1, "next_percent": "15"}),
        json!({"discount": 800, "percent": "10", "amount": 8000, "visits_to_go": 1, "next_percent": "15"}),
        json!({"discount": 800, "percent": "12.5", "amount": 6400}),
        json!({"discount": 500, "amount": 8000}),
        json!({"discount": 150, "amount": 2000, "missing_amount": 51_000, "next_percent": "15"}),
        json!({"reason": "below_minimum", "discount": 0, "percent": "0", "missing_amount": 320, "next_percent": "5"}),
        json!({"reason": "below_minimum", "discount": 0, "percent": "0", "visits_to_go": 3, "next_percent": "5"}),
        json!({"reason": "below_minimum", "discount": 0, "percent": "10"}),
    ];
    rows.extend(
        reasons()
            .into_iter()
            .map(|reason| json!({"reason": reason})),
    );
    let mut told = String::new();
    for row in rows {
        let explained = explained(&row);
        let [english, japanese] = [Language::English, Language::Japanese]
            .map(|language| wording(language).detail(&explained));
        writeln!(told, "{row}\n    {english}\n    {japanese}").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn every_text_fits_the_display_with_the_largest_numbers() {
    let largest = |reason: Option<Reason>| Explained {
        reason,
        fired: reason.is_none(),
        amount: Some(Amount::new(-9_999_999_999_999)),
        base_points: Some(Points::MAX_BALANCE),
        times: Some("999.9999".parse::<Decimal4>().unwrap()),
        points: Some(Points::MAX_BALANCE),
        missing_amount: Some(Amount::new(9_999_999_999_999)),
        next_points: Some(Points::MAX_BALANCE),
        missing_quantity: Some(999_999_999_999),
        visits_to_go: Some(1_000_000),
        most_days: Some(36_525),
        next_date: Some(jiff::civil::date(2199, 12, 31)),
        discount: None,
        percent: Some("99.9999".parse::<Decimal4>().unwrap()),
        next_percent: None,
        ..explained(&json!({"hours": {"from": "00:00", "to": "24:00"}}))
    };
    let reasons = reasons().into_iter().map(Some).chain([None]);
    let all = reasons.flat_map(|reason| {
        let whole = largest(reason);
        let alone = Explained {
            times: None,
            ..whole.clone()
        };
        let discount = Explained {
            discount: Some(Amount::new(9_999_999_999_999)),
            next_percent: Some("99.9999".parse::<Decimal4>().unwrap()),
            ..whole.clone()
        };
        let by_visits = Explained {
            missing_amount: None,
            ..discount.clone()
        };
        let last = Explained {
            next_percent: None,
            ..by_visits.clone()
        };
        let fixed = Explained {
            percent: None,
            ..discount.clone()
        };
        [whole, alone, discount, by_visits, last, fixed]
    });
    for explained in all {
        let told = ["JPY", "CHF", "KWD"].map(Currency::new).map(|currency| {
            [
                english::text(&explained, &currency),
                japanese::text(&explained, &currency),
            ]
        });
        for text in told.into_iter().flatten() {
            let length = text.chars().count();
            assert!(
                (1..=MAX_DETAIL_CHARACTERS).contains(&length),
                "{length}: {text}"
            );
        }
    }
}
