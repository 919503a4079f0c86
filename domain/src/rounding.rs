//! The two places where exactness ends: turning a fraction into a whole number, and splitting a
//! whole number into parts that sum to it again.

use crate::amount::Overflow;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::cmp::Ordering;
use utoipa::ToSchema;

#[cfg(test)]
mod tests;

/// How a fraction becomes a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Down, towards minus infinity.
    #[default]
    Floor,
    /// To the nearest, halves away from zero.
    HalfUp,
    /// To the nearest, halves to the even neighbour.
    HalfEven,
    /// Up, towards plus infinity.
    Ceil,
}

impl Rounding {
    /// The whole number for `numerator / denominator`; the denominator must be above zero.
    pub fn apply(self, numerator: i128, denominator: i128) -> Result<i64, Overflow> {
        if denominator <= 0 {
            return Err(Overflow);
        }
        // Small numbers are divided several times as fast.
        if let (Ok(numerator), Ok(denominator)) =
            (i64::try_from(numerator), i64::try_from(denominator))
        {
            return self.apply_small(numerator, denominator).ok_or(Overflow);
        }
        let (floor, rest) = divided(numerator, denominator).ok_or(Overflow)?;
        let odd = floor & 1 == 1;
        let other = denominator.checked_sub(rest).ok_or(Overflow)?;
        let up = self.goes_up((rest > 0, odd, numerator > 0), rest.cmp(&other));
        let whole = floor.checked_add(i128::from(up)).ok_or(Overflow)?;
        i64::try_from(whole).map_err(|_out_of_range| Overflow)
    }

    fn apply_small(self, numerator: i64, denominator: i64) -> Option<i64> {
        let floor = numerator.checked_div_euclid(denominator)?;
        let rest = numerator.checked_rem_euclid(denominator)?;
        let odd = floor & 1 == 1;
        let other = denominator.checked_sub(rest)?;
        let up = self.goes_up((rest > 0, odd, numerator > 0), rest.cmp(&other));
        floor.checked_add(i64::from(up))
    }

    /// Whether a fraction goes up: if anything is left, by whether the floor is odd and the number
    /// above zero, and by how what is left compares with what is missing.
    const fn goes_up(self, (is_left, odd, is_above): (bool, bool, bool), half: Ordering) -> bool {
        match self {
            Self::Floor => false,
            Self::Ceil => is_left,
            Self::HalfUp => half.is_gt() || (half.is_eq() && is_above),
            Self::HalfEven => half.is_gt() || (half.is_eq() && odd),
        }
    }
}

/// The quotient, rounded down; none where the denominator is zero.
pub(crate) fn floor_of(numerator: i128, denominator: i128) -> Option<i128> {
    divided(numerator, denominator).map(|(floor, _)| floor)
}

/// The quotient, rounded down, and the rest; small numbers are divided several times as fast.
fn divided(numerator: i128, denominator: i128) -> Option<(i128, i128)> {
    if let (Ok(numerator), Ok(denominator)) = (i64::try_from(numerator), i64::try_from(denominator))
    {
        let floor = numerator.checked_div_euclid(denominator)?;
        let rest = numerator.checked_rem_euclid(denominator)?;
        return Some((i128::from(floor), i128::from(rest)));
    }
    let floor = numerator.checked_div_euclid(denominator)?;
    Some((floor, numerator.checked_rem_euclid(denominator)?))
}

/// Splits `total` in proportion to `weights` so that the parts sum to it: each part is rounded
/// down and what is left goes to the largest fractions, ties to the earlier. No part exceeds its
/// weight when `total` does not exceed their sum. Weights that sum to zero leave all to the first.
#[must_use]
pub fn largest_remainder(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        let mut parts = vec![0; weights.len()];
        if let Some(first) = parts.first_mut() {
            *first = total;
        }
        return parts;
    }
    split_small(total, sum, weights).unwrap_or_else(|| split_large(total, sum, weights))
}

/// The same where every product fits into a machine word; none where one does not.
fn split_small(total: i64, sum: i128, weights: &[i64]) -> Option<Vec<i64>> {
    let sum = i64::try_from(sum).ok()?;
    // A negative sum turns both signs, so that the remainder stays within 0..|sum|.
    let (share, size) = if sum < 0 {
        (total.checked_neg()?, sum.checked_neg()?)
    } else {
        (total, sum)
    };
    let mut parts = Vec::with_capacity(weights.len());
    let mut keys: SmallVec<[i64; USUAL]> = SmallVec::new();
    let places = i64::try_from(weights.len()).ok()?;
    let mut left = total;
    for (behind, weight) in (0..places).rev().zip(weights) {
        let product = share.checked_mul(*weight)?;
        let part = product.checked_div_euclid(size)?;
        left = left.saturating_sub(part);
        parts.push(part);
        // Of equal remainders the earlier has the larger key. It is within 0..size, whatever the signs.
        let remainder = product.wrapping_sub(part.wrapping_mul(size));
        keys.push(remainder.checked_mul(places)?.checked_add(behind)?);
    }
    if left > 0 {
        keys.sort_unstable();
        let largest = keys.iter().rev().take(usize::try_from(left).ok()?);
        for key in largest {
            let behind = usize::try_from(key.checked_rem(places)?).ok()?;
            let place = weights.len().checked_sub(behind)?.checked_sub(1)?;
            let part = parts.get_mut(place)?;
            *part = part.saturating_add(1);
        }
    }
    Some(parts)
}

/// The remainders of so many parts need no memory of their own.
const USUAL: usize = 16;

fn split_large(total: i64, sum: i128, weights: &[i64]) -> Vec<i64> {
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = total;
    for (index, weight) in weights.iter().enumerate() {
        let product = i128::from(total).saturating_mul(i128::from(*weight));
        let product = if sum < 0 {
            product.saturating_neg()
        } else {
            product
        };
        let size = sum.saturating_abs();
        let part = product.checked_div_euclid(size).unwrap_or(0);
        let part = i64::try_from(part).unwrap_or(0);
        left = left.saturating_sub(part);
        parts.push(part);
        remainders.push((product.checked_rem_euclid(size).unwrap_or(0), index));
    }
    give_rest(left, &mut remainders, &mut parts);
    parts
}

/// One more to each of the largest remainders, ties to the earlier, until nothing is left.
fn give_rest(left: i64, remainders: &mut [(i128, usize)], parts: &mut [i64]) {
    let extra = usize::try_from(left).unwrap_or(0);
    if extra == 0 {
        return;
    }
    remainders.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    for (_, index) in remainders.iter().take(extra) {
        if let Some(part) = parts.get_mut(*index) {
            *part = part.saturating_add(1);
        }
    }
}
