//! Which of several discounts apply: one that stands alone, or all that go together and of those
//! that compete the one that takes off the most.

use super::super::PerLine;
use super::offer::Offer;
use super::{Shelf, lowered};
use crate::decide::Refusal;
use crate::discount::{Discount, Stacks};

/// Which of several discounts apply.
pub(super) enum Choice {
    /// Only the one in this place.
    Alone(usize),
    /// Every one that goes with others, and of those that compete the one in this place.
    Together(Option<usize>),
}

impl Shelf<'_, '_> {
    /// Which of the discounts apply. Offers that can't change any more are kept.
    pub(super) fn choose(
        &self,
        discounts: &[Discount],
        offers: &mut [Option<Offer>],
    ) -> Result<Choice, Refusal> {
        let exclusive = discounts.iter().zip(0_usize..).zip(offers.iter_mut());
        let exclusive = exclusive.filter(|((one, _), _)| one.stacks == Stacks::Exclusive);
        let mut alone = None;
        for ((discount, place), known) in exclusive {
            let offer = known.insert(self.offer(discount, self.left())?);
            if offer.takes_something() {
                alone = Some(place);
                break;
            }
        }
        match alone {
            Some(place) => self.alone(place, discounts, offers),
            None => self.best(discounts, offers).map(Choice::Together),
        }
    }

    /// Of the discounts that compete, the place of the one that takes off the most, each at its
    /// place among those that apply anyway; ties to the earlier.
    fn best(
        &self,
        discounts: &[Discount],
        offers: &mut [Option<Offer>],
    ) -> Result<Option<usize>, Refusal> {
        let competes = |discount: &Discount| discount.stacks == Stacks::Best;
        let count = discounts.iter().rposition(competes);
        let count = count.map_or(0, |last| last.saturating_add(1));
        let mut best: Option<(i64, usize)> = None;
        let mut left: Option<PerLine> = None;
        let discounts = discounts.iter().zip(0_usize..).take(count);
        for ((discount, place), known) in discounts.zip(offers) {
            if discount.stacks == Stacks::Exclusive {
                continue;
            }
            let before = left.as_deref().unwrap_or(self.left());
            let offer = self.offer(discount, before)?;
            if discount.stacks == Stacks::All {
                let shares = self.shares(discount, &offer, before);
                left = Some(lowered(before, &shares)?);
                continue;
            }
            if offer.amount > best.map_or(0, |(amount, _)| amount) {
                best = Some((offer.amount, place));
            }
            *known = Some(offer);
        }
        Ok(best.map(|(_, place)| place))
    }

    /// One discount stands alone: what the others would have given is known by now.
    fn alone(
        &self,
        place: usize,
        discounts: &[Discount],
        offers: &mut [Option<Offer>],
    ) -> Result<Choice, Refusal> {
        for (discount, known) in discounts.iter().zip(offers) {
            if known.is_none() {
                *known = Some(self.offer(discount, self.left())?);
            }
        }
        Ok(Choice::Alone(place))
    }
}
