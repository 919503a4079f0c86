use domain::amount::{Amount, Decimal4, Points};
use domain::decide::{Explained, Reason};

use super::{MAX_DETAIL_CHARACTERS, detail};

fn explained(reason: Option<Reason>) -> Explained {
    Explained {
        rule: "base".into(),
        fired: reason.is_none(),
        reason,
        amount: None,
        base_points: None,
        times: None,
        points: None,
        missing_amount: None,
        next_points: None,
        missing_quantity: None,
        visits_to_go: None,
        most_days: None,
        hours: None,
        next_date: None,
    }
}

fn check(explained: &Explained, expected: &str) {
    assert_eq!(detail(explained), expected);
    assert!(expected.chars().count() <= MAX_DETAIL_CHARACTERS);
}

#[test]
fn an_explanation_says_what_happened_or_what_it_would_take() {
    let points = Some(Points::new(19));
    check(
        &Explained {
            points,
            amount: Some(Amount::new(1_980)),
            ..explained(None)
        },
        "19 points on 1980",
    );
    let times = "5".parse::<Decimal4>().ok();
    let base_points = Some(Points::new(19));
    let bonus = Explained {
        points: Some(Points::new(76)),
        base_points,
        times,
        ..explained(None)
    };
    check(&bonus, "5x on 19 points: +76");
    let next_date = Some(jiff::civil::date(2026, 11, 25));
    check(
        &Explained {
            next_date,
            ..explained(Some(Reason::OutsidePeriod))
        },
        "Next on 2026-11-25",
    );
    let missing_amount = Some(Amount::new(320));
    check(
        &Explained {
            missing_amount,
            ..explained(Some(Reason::BelowMinimum))
        },
        "320 more needed",
    );
    check(&explained(Some(Reason::OutsidePeriod)), "Not in its period");
    check(&explained(Some(Reason::Store)), "Not in this store");
    check(
        &explained(Some(Reason::NoMember)),
        "No member on this receipt",
    );
    check(
        &explained(Some(Reason::NoMatchingLines)),
        "No goods of this offer on the receipt",
    );
    check(
        &explained(Some(Reason::AnotherRule)),
        "Another offer goes first",
    );
    check(&explained(Some(Reason::LimitReached)), "Limit reached");
    check(
        &explained(Some(Reason::NoBasePoints)),
        "No points to multiply",
    );
}
