//! A sum of money off, as a coupon gives it.

use super::{Money, Share};
use crate::amount::Amount;
use crate::program::reader::{Object, Reader};

/// So much off, in the till's prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fixed(Amount);

impl Fixed {
    /// The sum, however little there is to take it from; what is left sets its limit later.
    pub(super) fn share(&self, money: Money) -> Share {
        let sum = if money.priced > 0 { self.0.minor() } else { 0 };
        Share {
            numerator: i128::from(sum),
            denominator: 1,
            percent: None,
            next: None,
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let amount = reader.required_integer(object, "amount", 1..=Amount::MAX.minor());
        Self(Amount::new(amount))
    }
}
