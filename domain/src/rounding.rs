//! The two places where exactness ends: turning a fraction into a whole number, and splitting a
//! whole number into parts that sum to it again.

use crate::amount::Overflow;
use serde::{Deserialize, Serialize};
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
        let (floor, rest) = divided(numerator, denominator).ok_or(Overflow)?;
        let twice = rest.checked_mul(2).ok_or(Overflow)?;
        let up = match self {
            Self::Floor => false,
            Self::Ceil => rest > 0,
            Self::HalfUp => twice > denominator || (twice == denominator && numerator > 0),
            Self::HalfEven => {
                let odd = floor & 1 == 1;
                twice > denominator || (twice == denominator && odd)
            }
        };
        let whole = floor.checked_add(i128::from(up)).ok_or(Overflow)?;
        i64::try_from(whole).map_err(|_out_of_range| Overflow)
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
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = total;
    for (index, weight) in weights.iter().enumerate() {
        let product = i128::from(total).saturating_mul(i128::from(*weight));
        // A negative sum turns both signs, so that the remainder stays within 0..|sum|.
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
    if sum == 0 {
        if let Some(first) = parts.first_mut() {
            *first = total;
        }
        return parts;
    }
    remainders.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    let extra = usize::try_from(left).unwrap_or(0);
    for (_, index) in remainders.into_iter().take(extra) {
        if let Some(part) = parts.get_mut(index) {
            *part = part.saturating_add(1);
        }
    }
    parts
}
