//! Points for money: "1 point per ¥100", for each full block or in proportion.

use super::MAX_AWARD_POINTS;
use super::measure::Measure;
use super::percent::missing_to_first;
use crate::amount::{Amount, Overflow, Points};
use crate::program::reader::{Object, Reader};
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// Points per block of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PerAmount {
    block: Amount,
    points: Points,
    /// Only full blocks count; else every part of one, rounded at the end.
    is_whole: bool,
}

impl PerAmount {
    /// Points for the money; nothing for a negative amount.
    pub(crate) fn points(&self, measure: &Measure, rounding: Rounding) -> Result<Points, Overflow> {
        if measure.is_plain() {
            return self.points_of_sum(measure.amount, rounding);
        }
        let money = measure.money()?;
        if !self.is_whole {
            let points = money.checked_mul(self.rate()?)?;
            return points.round(rounding).map(Points::new);
        }
        let block = Ratio::whole(i128::from(self.block.minor()));
        self.of_blocks(money.checked_div(block)?.round(Rounding::Floor)?)
    }

    /// The same where nothing is multiplied.
    pub(super) fn points_of_sum(
        &self,
        amount: Amount,
        rounding: Rounding,
    ) -> Result<Points, Overflow> {
        let amount = amount.minor().max(0);
        if !self.is_whole {
            let points = Ratio::whole(i128::from(amount)).checked_mul(self.rate()?)?;
            return points.round(rounding).map(Points::new);
        }
        self.of_blocks(amount.checked_div(self.block.minor()).ok_or(Overflow)?)
    }

    fn of_blocks(&self, blocks: i64) -> Result<Points, Overflow> {
        let points = blocks.checked_mul(self.points.get());
        points.map(Points::new).ok_or(Overflow)
    }

    /// What is missing to the first point.
    pub(super) fn missing(&self, amount: Amount, rounding: Rounding) -> Option<Amount> {
        if !self.is_whole {
            return missing_to_first(self.rate().ok()?, amount, rounding);
        }
        let missing = self.block.checked_sub(amount).ok()?;
        (missing > Amount::ZERO && !self.points.is_zero()).then_some(missing)
    }

    /// Reads the award.
    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let blocks = [("whole", true), ("proportional", false)];
        let is_whole = reader.choice(object, "blocks", &blocks, &[]);
        Self {
            is_whole: is_whole.unwrap_or(true),
            ..Self::read_rate(reader, object, 1)
        }
    }

    /// Reads `amount` and `points`, which a tier and a bonus have as well.
    pub(crate) fn read_rate(
        reader: &mut Reader<'_>,
        object: &mut Object<'_>,
        fewest_points: i64,
    ) -> Self {
        let block = reader.required_integer(object, "amount", 1..=Amount::MAX.minor());
        let points = reader.required_integer(object, "points", fewest_points..=MAX_AWARD_POINTS);
        Self {
            block: Amount::new(block),
            points: Points::new(points),
            is_whole: true,
        }
    }

    /// The money that gives points once.
    pub(super) fn block(&self) -> Amount {
        self.block
    }

    /// Whether a full block gives anything.
    pub(super) fn gives_points(&self) -> bool {
        !self.points.is_zero()
    }

    /// Points per minor unit.
    pub(crate) fn rate(&self) -> Result<Ratio, Overflow> {
        Ratio::new(
            i128::from(self.points.get()),
            i128::from(self.block.minor()),
        )
    }
}
