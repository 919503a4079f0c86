//! Points to money and back, without a loss to either side.

use super::{Over, Payment, RedemptionTerms};
use crate::amount::{Amount, Points};

fn terms(value_per_point: &str, minimum: i64, step: i64) -> RedemptionTerms {
    RedemptionTerms {
        value_per_point: value_per_point.parse().unwrap(),
        minimum: Points::new(minimum),
        step: Points::new(step),
        over: Over::Clamp,
        ..RedemptionTerms::default()
    }
}

#[test]
fn only_points_that_buy_a_whole_unit_are_taken() {
    for (value_per_point, points, taken, value) in [
        ("1", 100, 100, 100),
        ("0.5", 3, 2, 1),
        ("0.5", 1, 0, 0),
        ("0.3", 5, 4, 1),
        ("2", 3, 3, 6),
        ("1.5", 3, 3, 4),
        ("0.0001", 9_999, 0, 0),
        ("0.0001", 10_000, 10_000, 1),
    ] {
        let payment = terms(value_per_point, 1, 1)
            .pay(Points::new(points))
            .unwrap();
        let expected = Payment {
            points: Points::new(taken),
            value: Amount::new(value),
        };
        assert_eq!(payment, expected, "{points} at {value_per_point}");
    }
}

#[test]
fn the_most_points_never_pay_more_than_the_limit() {
    for (value_per_point, limit, expected) in [
        ("1", 277, 277),
        ("1", 0, 0),
        ("0.5", 10, 21),
        ("2", 5, 2),
        ("3", 2, 0),
    ] {
        let terms = terms(value_per_point, 1, 1);
        let most = terms.most_points(Amount::new(limit)).unwrap();
        assert_eq!(most, Points::new(expected), "{limit} at {value_per_point}");
        assert!(terms.value(most).unwrap() <= Amount::new(limit));
    }
}

#[test]
fn clamping_goes_to_a_step_and_below_the_minimum_to_nothing() {
    let terms = terms("1", 200, 100);
    for (most, expected) in [(99, 0), (199, 0), (200, 200), (299, 200), (1_050, 1_000)] {
        let payment = terms.clamp(Points::new(most)).unwrap();
        assert_eq!(payment.points, Points::new(expected), "{most}");
    }
}

#[test]
fn the_least_that_buys_something_is_a_step_and_not_below_the_minimum() {
    for (value_per_point, minimum, step, least) in [
        ("1", 1, 1, 1),
        ("0.01", 1, 1, 100),
        ("0.3", 1, 1, 4),
        ("0.3", 1, 3, 6),
        ("0.01", 250, 100, 300),
        ("2", 20, 10, 20),
    ] {
        let terms = terms(value_per_point, minimum, step);
        let found = terms.least().unwrap();
        assert_eq!(
            found,
            Points::new(least),
            "{value_per_point} {minimum} {step}"
        );
        assert!(terms.value(found).unwrap() > Amount::ZERO);
    }
}
