//! Splits at their edges, and what holds for all of them.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "a property is stated in plain arithmetic; an overflow fails the test"
)]

use super::spread;
use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};

#[test]
fn a_split_is_in_proportion_and_within_what_is_left() {
    let all = |_: usize| true;
    assert_eq!(spread(10, &[1, 1, 1], &[9, 9, 9], all), [4, 3, 3]);
    assert_eq!(spread(10, &[10, 10], &[3, 10], all), [3, 7]);
    assert_eq!(spread(10, &[10, 10, 10], &[3, 10, 0], all), [3, 7, 0]);
    assert_eq!(spread(13, &[10, 10, 10], &[3, 4, 10], all), [3, 4, 6]);
    assert_eq!(spread(5, &[10, -10, 10], &[5, -10, 5], all), [3, 0, 2]);
    assert_eq!(spread(5, &[10, 10], &[10, 10], |place| place == 1), [0, 5]);
    assert_eq!(spread(0, &[10], &[10], all), [0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn parts_sum_to_the_whole_and_no_line_goes_below_zero(
        lines in prop::collection::vec((-500_i64..2_000, 0_i64..=100), 1..20),
        share in 0_i64..=100,
    ) {
        let base: Vec<i64> = lines.iter().map(|(base, _)| *base).collect();
        let left: Vec<i64> = lines
            .iter()
            .map(|(base, percent)| if *base > 0 { base * percent / 100 } else { *base })
            .collect();
        let most: i64 = left.iter().map(|left| (*left).max(0)).sum();
        let amount = most * share / 100;
        let parts = spread(amount, &base, &left, |_| true);
        prop_assert_eq!(parts.iter().sum::<i64>(), amount);
        for (part, left) in parts.iter().zip(&left) {
            prop_assert!(*part >= 0 && *part <= (*left).max(0));
        }
    }
}
