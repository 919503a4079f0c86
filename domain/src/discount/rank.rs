//! What the member's step on a ladder takes off.

use super::{Money, Share};
use crate::amount::{Decimal4, Overflow};
use crate::program::reader::{Object, Reader};

/// The percentage of the member's step on one ladder, or the largest of all ladders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rank {
    /// Code of the ladder; none = whichever gives the most.
    ladder: Option<String>,
}

impl Rank {
    /// None where no rank gives a discount. `ranks` holds the percentages of the member's steps
    /// by code of the ladder.
    pub(super) fn share(
        &self,
        money: Money,
        ranks: &[(String, Decimal4)],
    ) -> Option<Result<Share, Overflow>> {
        let is_asked = |ladder: &str| {
            let asked = self.ladder.as_deref();
            asked.is_none_or(|asked| asked == ladder)
        };
        let asked = ranks.iter().filter(|(ladder, _)| is_asked(ladder));
        let percent = asked.map(|(_, percent)| *percent).max();
        let percent = percent.filter(|percent| *percent > Decimal4::ZERO)?;
        Some(Share::percent(money.priced, percent))
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let pointer = object.at("ladder");
        let ladder = object.get("ladder");
        let ladder = ladder.map(|ladder| reader.text_at(ladder, pointer));
        let detail = "no ladder of the document gives a discount, so it can never fire";
        reader.warn(object.at("type"), detail);
        Self { ladder }
    }
}
