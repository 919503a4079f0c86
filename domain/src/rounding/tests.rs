//! Fractions to whole numbers, and wholes to parts that sum to them.

use super::{Rounding, largest_remainder};
use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};

#[test]
fn each_mode_treats_halves_its_own_way() {
    for (numerator, denominator, floor, half_up, half_even, ceil) in [
        (0, 2, 0, 0, 0, 0),
        (1, 2, 0, 1, 0, 1),
        (3, 2, 1, 2, 2, 2),
        (5, 2, 2, 3, 2, 3),
        (4, 3, 1, 1, 1, 2),
        (5, 3, 1, 2, 2, 2),
        (-1, 2, -1, -1, 0, 0),
        (-3, 2, -2, -2, -2, -1),
        (-5, 3, -2, -2, -2, -1),
    ] {
        let results = [
            Rounding::Floor,
            Rounding::HalfUp,
            Rounding::HalfEven,
            Rounding::Ceil,
        ]
        .map(|mode| mode.apply(numerator, denominator).unwrap());
        assert_eq!(
            results,
            [floor, half_up, half_even, ceil],
            "{numerator}/{denominator}"
        );
    }
    assert!(Rounding::Floor.apply(1, 0).is_err());
    assert!(Rounding::Floor.apply(i128::MAX, 1).is_err());
}

#[test]
fn the_remainder_goes_to_the_largest_fractions_ties_to_the_earlier() {
    for (total, weights, expected) in [
        (10, vec![1, 1, 1], vec![4, 3, 3]),
        (100, vec![396], vec![100]),
        (1, vec![1, 2], vec![0, 1]),
        (0, vec![5, 5], vec![0, 0]),
        (7, vec![0, 0], vec![7, 0]),
        (3, vec![], vec![]),
        (27, vec![200, -50, 150], vec![18, -4, 13]),
    ] {
        assert_eq!(
            largest_remainder(total, &weights),
            expected,
            "{total} over {weights:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn parts_sum_to_the_whole_and_stay_below_their_weights(
        weights in prop::collection::vec(0_i64..1_000_000_000_000, 1..50),
        share in 0_i128..=1_000,
    ) {
        let sum: i64 = weights.iter().sum();
        let total = Rounding::Floor.apply(i128::from(sum).checked_mul(share).unwrap(), 1_000).unwrap();
        let parts = largest_remainder(total, &weights);
        prop_assert_eq!(parts.iter().sum::<i64>(), total);
        for (part, weight) in parts.iter().zip(&weights) {
            prop_assert!((0..=*weight).contains(part), "{} of {}", part, weight);
        }
    }
}
