//! Points for every full block of money: "1 point per ¥100".

use super::MAX_AWARD_POINTS;
use crate::amount::{Amount, Overflow, Points};
use crate::program::reader::{Object, Reader};

/// Points per full block; what does not fill a block gives nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PerAmount {
    block: Amount,
    points: Points,
}

impl PerAmount {
    /// Points for each full block in `amount`; nothing for a negative amount.
    pub(super) fn points(&self, amount: Amount) -> Result<Points, Overflow> {
        let blocks = amount
            .minor()
            .max(0)
            .checked_div_euclid(self.block.minor())
            .ok_or(Overflow)?;
        blocks
            .checked_mul(self.points.get())
            .map(Points::new)
            .ok_or(Overflow)
    }

    /// What is missing to the first block.
    pub(super) fn missing(&self, amount: Amount) -> Option<Amount> {
        let missing = self.block.checked_sub(amount).ok()?;
        (missing > Amount::ZERO && !self.points.is_zero()).then_some(missing)
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let _whole = reader.choice(object, "blocks", &[("whole", ())], &["proportional"]);
        Self::read_rate(reader, object, 1)
    }

    /// Reads `amount` and `points`, which a tier has as well.
    pub(super) fn read_rate(
        reader: &mut Reader<'_>,
        object: &mut Object<'_>,
        fewest_points: i64,
    ) -> Self {
        let block = reader.required_integer(object, "amount", 1..=Amount::MAX.minor());
        let points = reader.required_integer(object, "points", fewest_points..=MAX_AWARD_POINTS);
        Self {
            block: Amount::new(block),
            points: Points::new(points),
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
}
