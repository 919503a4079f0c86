//! What the member's step on a ladder takes off.

use super::{Money, Share};
use crate::amount::Overflow;
use crate::program::reader::{Object, Reader};
use crate::rank::Held;

/// The percentage of the member's step on one ladder, or the largest of all ladders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rank {
    /// Code of the ladder; none = whichever gives the most.
    ladder: Option<String>,
}

impl Rank {
    /// That of one ladder.
    pub(super) fn of(ladder: &str) -> Self {
        Self {
            ladder: Some(ladder.to_owned()),
        }
    }

    /// Code of the ladder.
    pub(super) fn ladder(&self) -> Option<&str> {
        self.ladder.as_deref()
    }

    /// None where no rank gives a discount.
    pub(super) fn share(&self, money: Money, held: &Held<'_>) -> Option<Result<Share, Overflow>> {
        let percent = held.discount_percent(self.ladder())?;
        Some(Share::percent(money.priced, percent))
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let pointer = object.at("ladder");
        let ladder = object.get("ladder");
        Self {
            ladder: ladder.map(|ladder| reader.text_at(ladder, pointer)),
        }
    }
}
