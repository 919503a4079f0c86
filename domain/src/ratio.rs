//! An exact fraction, for the few sums that multiply several rates before anything is rounded.

use crate::amount::{Decimal4, Overflow};
use crate::rounding::Rounding;

/// A fraction in lowest terms; the denominator is above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    pub(crate) const ZERO: Self = Self::whole(0);
    pub(crate) const ONE: Self = Self::whole(1);

    /// A whole number.
    pub(crate) const fn whole(number: i128) -> Self {
        Self {
            numerator: number,
            denominator: 1,
        }
    }

    /// The fraction of two whole numbers; the second must be above zero.
    pub(crate) fn new(numerator: i128, denominator: i128) -> Result<Self, Overflow> {
        if denominator <= 0 {
            return Err(Overflow);
        }
        if denominator == 1 {
            return Ok(Self::whole(numerator));
        }
        let divisor = gcd(numerator, denominator);
        Ok(Self {
            numerator: numerator.checked_div(divisor).ok_or(Overflow)?,
            denominator: denominator.checked_div(divisor).ok_or(Overflow)?,
        })
    }

    /// The same number as a decimal.
    pub(crate) fn decimal(decimal: Decimal4) -> Result<Self, Overflow> {
        Self::new(i128::from(decimal.units()), i128::from(Decimal4::SCALE))
    }

    pub(crate) fn numerator(self) -> i128 {
        self.numerator
    }

    pub(crate) fn denominator(self) -> i128 {
        self.denominator
    }

    pub(crate) fn checked_add(self, other: Self) -> Result<Self, Overflow> {
        if self.denominator == other.denominator {
            let sum = self.numerator.checked_add(other.numerator);
            return Self::new(sum.ok_or(Overflow)?, self.denominator);
        }
        let left = self.numerator.checked_mul(other.denominator);
        let right = other.numerator.checked_mul(self.denominator);
        let sum = left
            .zip(right)
            .and_then(|(left, right)| left.checked_add(right));
        let denominator = self.denominator.checked_mul(other.denominator);
        Self::new(sum.ok_or(Overflow)?, denominator.ok_or(Overflow)?)
    }

    /// The product; crosswise cancelled first, so that it stays as small as it can.
    pub(crate) fn checked_mul(self, other: Self) -> Result<Self, Overflow> {
        if self == Self::ONE {
            return Ok(other);
        }
        if other == Self::ONE {
            return Ok(self);
        }
        let left = Self::new(self.numerator, other.denominator)?;
        let right = Self::new(other.numerator, self.denominator)?;
        let numerator = left.numerator.checked_mul(right.numerator);
        let denominator = left.denominator.checked_mul(right.denominator);
        Ok(Self {
            numerator: numerator.ok_or(Overflow)?,
            denominator: denominator.ok_or(Overflow)?,
        })
    }

    /// The quotient by a fraction above zero.
    pub(crate) fn checked_div(self, other: Self) -> Result<Self, Overflow> {
        self.checked_mul(Self::new(other.denominator, other.numerator)?)
    }

    /// The whole number near it.
    pub(crate) fn round(self, rounding: Rounding) -> Result<i64, Overflow> {
        rounding.apply(self.numerator, self.denominator)
    }
}

/// The greatest common divisor; above zero unless both are zero.
fn gcd(one: i128, other: i128) -> i128 {
    let (mut one, mut other) = (one.saturating_abs(), other.saturating_abs());
    // Small numbers are divided several times as fast.
    if let (Ok(one), Ok(other)) = (u64::try_from(one), u64::try_from(other)) {
        return i128::from(gcd_of_small(one, other));
    }
    while other != 0 {
        (one, other) = (other, one.checked_rem(other).unwrap_or(0));
    }
    one
}

fn gcd_of_small(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one.checked_rem(other).unwrap_or(0));
    }
    one
}
