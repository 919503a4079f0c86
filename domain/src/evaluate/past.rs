//! By what a receipt was judged, so that what is left of it after a return is judged by the same and
//! nothing else: rules, numbers and conditions as they were, whatever happened since.

use super::Context;
use crate::amount::Points;
use crate::condition::{Condition, Unmet};
use crate::decide::{Explained, Reason, Redeemed, Room};
use crate::history::HistoryNotLoaded;

/// What is known of the judgement of a receipt that was recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Past<'a> {
    /// Why each rule fired or not: which conditions of time, place and person were met.
    pub(crate) explanation: &'a [Explained],
    /// What points paid.
    pub(crate) paid: &'a [Redeemed],
    /// How much wallets with a maximum could still take.
    pub(crate) rooms: &'a [Room],
}

impl Past<'_> {
    /// Whether the circumstances let the rule apply, as they did. What is not explained was not
    /// there.
    fn admits(&self, code: &str) -> Result<(), Unmet> {
        let mut explained = self.explanation.iter();
        let told = explained.find(|told| told.rule.as_str() == code);
        match told.map_or(Some(Reason::NoMember), |told| told.reason) {
            Some(reason) if reason.is_of_circumstances() => Err(Unmet::AsBefore(reason)),
            _ => Ok(()),
        }
    }

    pub(super) fn room(&self, wallet: &str) -> Option<Points> {
        let mut rooms = self.rooms.iter();
        let room = rooms.find(|room| room.wallet.as_str() == wallet);
        room.map(|room| room.points)
    }
}

impl Context<'_> {
    /// Whether the circumstances let a rule apply.
    #[inline]
    pub(super) fn admits(
        &self,
        code: &str,
        when: &Condition,
    ) -> Result<Result<(), Unmet>, HistoryNotLoaded> {
        if when.is_open() && self.past.is_none() {
            return Ok(Ok(()));
        }
        self.admits_closed(code, when)
    }

    /// The same where something is asked.
    fn admits_closed(
        &self,
        code: &str,
        when: &Condition,
    ) -> Result<Result<(), Unmet>, HistoryNotLoaded> {
        match &self.past {
            None => when.admits(&self.moment),
            Some(past) => Ok(past.admits(code)),
        }
    }
}

impl Reason {
    /// Whether it lies in time, place or person, so that it stays whatever lines come back.
    const fn is_of_circumstances(self) -> bool {
        match self {
            Self::NoMember
            | Self::OutsidePeriod
            | Self::OutsideHours
            | Self::Store
            | Self::Terminal
            | Self::Tender
            | Self::Birthday
            | Self::NotFirstPurchase
            | Self::OtherVisit
            | Self::EnrolledTooLong
            | Self::VisitedRecently
            | Self::NoEarlierVisit
            | Self::Attributes
            | Self::Rank => true,
            Self::NoMatchingLines
            | Self::BelowMinimum
            | Self::BelowQuantity
            | Self::NoBasePoints
            | Self::AnotherRule
            | Self::LimitReached
            | Self::AnotherDiscount
            | Self::NoRank => false,
        }
    }
}
