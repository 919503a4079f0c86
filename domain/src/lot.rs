//! Points granted together: they expire together and are spent in one order everywhere.

use crate::amount::Points;
use crate::id::{LotId, TransactionId};
use jiff::Timestamp;

#[cfg(test)]
pub(crate) mod tests;

/// Points granted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// The id outside.
    pub id: LotId,
    /// The wallet's code.
    pub wallet: String,
    /// What it held when it was opened; what repaid a deficit never was in it.
    pub granted: Points,
    /// What is left of it.
    pub remaining: Points,
    /// When it becomes spendable; none = it was at once.
    pub activates_at: Option<Timestamp>,
    /// From this instant on it is not spendable; none = never expires.
    pub expires_at: Option<Timestamp>,
    /// When what earned it happened.
    pub occurred_at: Timestamp,
    /// The transaction that granted it.
    pub transaction: TransactionId,
    /// The rule that granted it; the first of them when several did together.
    pub rule: String,
    /// The program version that the rule stood in.
    pub program_version: i32,
}

impl Lot {
    /// Whether its time is over at `now`, swept or not.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether points can be taken from it at `now`.
    #[must_use]
    pub fn is_spendable(&self, now: Timestamp) -> bool {
        !self.is_expired(now)
            && self.remaining > Points::ZERO
            && self
                .activates_at
                .is_none_or(|activates_at| activates_at <= now)
    }

    /// Its place in the order of spending: earliest expiry first, never-expiring last, then the
    /// oldest, then by id.
    #[must_use]
    pub fn spend_order(&self) -> (bool, Option<Timestamp>, Timestamp, LotId) {
        (
            self.expires_at.is_none(),
            self.expires_at,
            self.occurred_at,
            self.id,
        )
    }
}
