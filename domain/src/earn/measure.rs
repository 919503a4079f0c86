//! What a rule turns into points: the money and pieces of one cell, which is what is rounded
//! alone. A multiplier of the money itself comes in here, before anything is rounded.

use crate::amount::{Amount, Overflow};
use crate::ratio::Ratio;

/// The money and pieces of what is rounded alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) amount: Amount,
    pub(crate) pieces: i64,
    /// The pieces that share the amount evenly; one when it is not split.
    pub(crate) divisor: i64,
    /// What all of it is multiplied by; one for base points.
    pub(crate) times: Ratio,
    pub(crate) reached: Reached,
}

/// Where a member stands on the scale that tiers go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reached {
    /// What was recorded before this receipt.
    pub(crate) before: i64,
    /// What this receipt adds to it.
    pub(crate) added: i64,
}

impl Measure {
    /// Money that is neither split nor multiplied.
    pub(crate) fn of(amount: Amount, pieces: i64, reached: Reached) -> Self {
        Self {
            amount,
            pieces,
            divisor: 1,
            times: Ratio::ONE,
            reached,
        }
    }

    /// The same for another amount.
    pub(super) fn with_amount(self, amount: Amount) -> Self {
        Self { amount, ..self }
    }

    /// Whether whole minor units can be counted as they are.
    pub(super) fn is_plain(&self) -> bool {
        self.divisor == 1 && self.times == Ratio::ONE
    }

    /// The exact money; nothing below zero.
    pub(super) fn money(&self) -> Result<Ratio, Overflow> {
        let amount = i128::from(self.amount.minor().max(0));
        Ratio::new(amount, i128::from(self.divisor))?.checked_mul(self.times)
    }

    /// The exact pieces.
    pub(super) fn exact_pieces(&self) -> Result<Ratio, Overflow> {
        Ratio::whole(i128::from(self.pieces)).checked_mul(self.times)
    }
}
