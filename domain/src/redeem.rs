//! How points of a wallet pay: what they are worth, and how many may be used at once.

use crate::amount::{Amount, Decimal4, Overflow, Points};
use crate::decide::Refusal;
use crate::exclude::Exclude;
use crate::program::reader::{Object, Reader};
use crate::rounding::floor_of;

#[cfg(test)]
mod tests;

const MAX_POINTS: i64 = 1_000_000_000;
/// A point is worth at most this much in minor units.
const MAX_VALUE_PER_POINT: Decimal4 = Decimal4::from_units(1_000_000 * Decimal4::SCALE);

/// What happens to a wish for more than may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// The receipt is refused.
    Refuse,
    /// The largest allowed number is used instead.
    Clamp,
}

/// The `redemption` of a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedemptionTerms {
    /// Minor units per point; above zero.
    pub(crate) value_per_point: Decimal4,
    /// The fewest points at once.
    pub(crate) minimum: Points,
    /// Only multiples of it.
    pub(crate) step: Points,
    /// The largest share of a receipt's total after discounts.
    pub(crate) max_percent: Decimal4,
    /// What happens above that.
    pub(crate) over: Over,
    /// Goods that points may not pay.
    pub(crate) exclude: Exclude,
}

impl Default for RedemptionTerms {
    fn default() -> Self {
        Self {
            value_per_point: Decimal4::ONE,
            minimum: Points::new(1),
            step: Points::new(1),
            max_percent: Decimal4::HUNDRED,
            over: Over::Refuse,
            exclude: Exclude::default(),
        }
    }
}

/// Points taken and the money they pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Payment {
    pub(crate) points: Points,
    pub(crate) value: Amount,
}

impl RedemptionTerms {
    /// Reads the `redemption` of a wallet.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let default = Self::default();
        let values = Decimal4::from_units(1)..=MAX_VALUE_PER_POINT;
        let value = reader.decimal(object, "value_per_point", values);
        let minimum = reader
            .integer(object, "minimum", 1..=MAX_POINTS)
            .map(Points::new);
        let step = reader
            .integer(object, "step", 1..=MAX_POINTS)
            .map(Points::new);
        let percents = Decimal4::ZERO..=Decimal4::HUNDRED;
        let max_percent = reader.decimal(object, "max_percent", percents);
        let ways = [("refuse", Over::Refuse), ("clamp", Over::Clamp)];
        Self {
            value_per_point: value.unwrap_or(default.value_per_point),
            minimum: minimum.unwrap_or(default.minimum),
            step: step.unwrap_or(default.step),
            max_percent: max_percent.unwrap_or(default.max_percent),
            over: reader
                .choice(object, "over", &ways, &[])
                .unwrap_or(default.over),
            exclude: Exclude::read(reader, object),
        }
    }

    /// What so many points are worth: whole minor units, rounded down.
    pub(crate) fn value(&self, points: Points) -> Result<Amount, Overflow> {
        if self.value_per_point == Decimal4::ONE {
            return Ok(Amount::new(points.get()));
        }
        let product = i128::from(points.get())
            .checked_mul(self.value_units())
            .ok_or(Overflow)?;
        whole(floor_of(product, SCALE).ok_or(Overflow)?).map(Amount::new)
    }

    /// The most money that may be paid with this wallet, of a total after discounts.
    pub(crate) fn largest_value(&self, total: Amount) -> Result<Amount, Overflow> {
        if self.max_percent == Decimal4::HUNDRED {
            return Ok(total);
        }
        let hundred = i128::from(Decimal4::HUNDRED.units());
        let share = i128::from(self.max_percent.units());
        let product = i128::from(total.minor())
            .checked_mul(share)
            .ok_or(Overflow)?;
        whole(floor_of(product, hundred).ok_or(Overflow)?).map(Amount::new)
    }

    /// The most points whose value does not exceed `value`.
    pub(crate) fn most_points(&self, value: Amount) -> Result<Points, Overflow> {
        let next = i128::from(value.minor()).checked_add(1).ok_or(Overflow)?;
        let enough_for_next = self.points_that_buy(next)?;
        whole(enough_for_next.checked_sub(1).ok_or(Overflow)?).map(Points::new)
    }

    /// Pays with `points`: only those that buy a whole minor unit are taken.
    pub(crate) fn pay(&self, points: Points) -> Result<Payment, Overflow> {
        let value = self.value(points)?;
        let taken = whole(self.points_that_buy(i128::from(value.minor()))?)?;
        Ok(Payment {
            points: Points::new(taken),
            value,
        })
    }

    /// The largest payment within `most` points: a multiple of the step, or nothing below the
    /// minimum.
    pub(crate) fn clamp(&self, most: Points) -> Result<Payment, Overflow> {
        let rest = most
            .get()
            .checked_rem_euclid(self.step.get())
            .ok_or(Overflow)?;
        let points = most.checked_sub(Points::new(rest))?;
        if points < self.minimum {
            Ok(Payment::default())
        } else {
            self.pay(points)
        }
    }

    /// The fewest points that may be used and buy something.
    pub(crate) fn least(&self) -> Result<Points, Overflow> {
        let least = self
            .minimum
            .max(whole(self.points_that_buy(1)?).map(Points::new)?);
        let below = self.step.get().checked_sub(1).ok_or(Overflow)?;
        let raised = least.get().checked_add(below).ok_or(Overflow)?;
        let beyond = raised.checked_rem_euclid(self.step.get()).ok_or(Overflow)?;
        raised.checked_sub(beyond).map(Points::new).ok_or(Overflow)
    }

    /// What is taken of held points: only those that buy a whole minor unit, and some of them must.
    pub(crate) fn capture(&self, wallet: &str, wanted: Points) -> Result<Payment, Refusal> {
        let payment = self.pay(wanted)?;
        if payment.value.minor() > 0 {
            return Ok(payment);
        }
        Err(Refusal::BelowMinimum {
            wallet: wallet.to_owned(),
            minimum: whole(self.points_that_buy(1)?).map(Points::new)?,
            wanted,
        })
    }

    /// Refuses what is below the minimum, or not a multiple of the step.
    pub(crate) fn check(&self, wallet: &str, wanted: Points) -> Result<(), Refusal> {
        let (wallet, minimum, step) = (|| wallet.to_owned(), self.minimum, self.step);
        if wanted < minimum {
            return Err(Refusal::BelowMinimum {
                wallet: wallet(),
                minimum,
                wanted,
            });
        }
        if wanted.get().checked_rem(step.get()) != Some(0) {
            return Err(Refusal::NotAStep {
                wallet: wallet(),
                step,
                wanted,
            });
        }
        Ok(())
    }

    fn value_units(&self) -> i128 {
        i128::from(self.value_per_point.units())
    }

    fn points_that_buy(&self, value: i128) -> Result<i128, Overflow> {
        if self.value_per_point == Decimal4::ONE {
            return Ok(value);
        }
        let scaled = value.checked_mul(SCALE).ok_or(Overflow)?;
        let below = self.value_units().checked_sub(1).ok_or(Overflow)?;
        let raised = scaled.checked_add(below).ok_or(Overflow)?;
        floor_of(raised, self.value_units()).ok_or(Overflow)
    }
}

/// Units of a decimal in one whole, for sums that need more room.
const SCALE: i128 = 10_000;

fn whole(number: i128) -> Result<i64, Overflow> {
    i64::try_from(number).map_err(|_out_of_range| Overflow)
}
