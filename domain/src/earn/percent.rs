//! A share of the money as points: "1 %" of 1,980 minor units are 19 points.

use super::measure::Measure;
use crate::amount::{Amount, Decimal4, Overflow, Points};
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// Points per hundred minor units, exact to four decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Percent {
    /// Points per minor unit.
    rate: Ratio,
}

impl Percent {
    pub(super) fn points(&self, measure: &Measure, rounding: Rounding) -> Result<Points, Overflow> {
        if measure.is_plain() {
            return self.points_of_sum(measure.amount, rounding);
        }
        let points = measure.money()?.checked_mul(self.rate)?;
        points.round(rounding).map(Points::new)
    }

    /// The same where nothing is multiplied, without looking for common divisors.
    pub(super) fn points_of_sum(
        &self,
        amount: Amount,
        rounding: Rounding,
    ) -> Result<Points, Overflow> {
        let amount = i128::from(amount.minor().max(0));
        let numerator = amount.checked_mul(self.rate.numerator()).ok_or(Overflow)?;
        let points = rounding.apply(numerator, self.rate.denominator());
        points.map(Points::new)
    }

    /// Points per minor unit.
    pub(super) fn rate(&self) -> Ratio {
        self.rate
    }

    /// What is missing to the first point.
    pub(super) fn missing(&self, amount: Amount, rounding: Rounding) -> Option<Amount> {
        missing_to_first(self.rate, amount, rounding)
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        if object.get("percent").is_none() {
            let detail = "this award needs percent, for example \"1\"";
            reader.fault(object.at("percent"), FaultCode::Required, detail);
        }
        let percents = Decimal4::from_units(1)..=Decimal4::HUNDRED;
        let percent = reader.decimal(object, "percent", percents);
        let units = percent.map_or(1, Decimal4::units);
        let hundred = i128::from(Decimal4::HUNDRED.units());
        let rate = Ratio::new(i128::from(units), hundred);
        Self {
            rate: rate.unwrap_or(Ratio::ZERO),
        }
    }
}

/// What is missing to the smallest amount that gives a point at so many points per minor unit.
pub(super) fn missing_to_first(rate: Ratio, amount: Amount, rounding: Rounding) -> Option<Amount> {
    if rate.numerator() <= 0 {
        return None;
    }
    let block = |points: Ratio| Ratio::ONE.checked_mul(points).ok()?.checked_div(rate).ok();
    let half = Ratio::new(1, 2).ok()?;
    let needed = match rounding {
        Rounding::Floor => block(Ratio::ONE)?.round(Rounding::Ceil).ok()?,
        Rounding::HalfUp => block(half)?.round(Rounding::Ceil).ok()?,
        Rounding::HalfEven => block(half)?.round(Rounding::Floor).ok()?.checked_add(1)?,
        Rounding::Ceil => 1,
    };
    let missing = Amount::new(needed).checked_sub(amount).ok()?;
    (missing > Amount::ZERO).then_some(missing)
}
