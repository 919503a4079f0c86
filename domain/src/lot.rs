//! Points granted together: they expire together and are spent in one order everywhere.

use crate::amount::Points;
use crate::id::{LotId, TransactionId};
use jiff::Timestamp;

#[cfg(test)]
pub(crate) mod tests;

/// What a lot waits for before its points are spendable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pending {
    /// The start of a business day.
    Until(Timestamp),
    /// An event of its purchase. A lot that is empty and still waits was cancelled.
    Event {
        /// What has to happen.
        event: String,
        /// From this instant on it is too late; none = never.
        cancels_at: Option<Timestamp>,
    },
}

impl Pending {
    /// The same for a lot that was cancelled: nothing is due any more.
    #[must_use]
    pub(crate) fn cancelled(self) -> Self {
        match self {
            Self::Event { event, .. } => Self::Event {
                event,
                cancels_at: None,
            },
            until @ Self::Until(_) => until,
        }
    }

    /// From when on something must be done about it without anybody asking; none = never.
    #[must_use]
    pub const fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Until(at) => Some(*at),
            Self::Event { cancels_at, .. } => *cancels_at,
        }
    }

    /// Whether its event comes too late from now on.
    #[must_use]
    pub fn is_cancelled_by(&self, now: Timestamp) -> bool {
        matches!(self, Self::Event { .. }) && self.is_due(now)
    }

    /// Whether that is so at `now`.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at().is_some_and(|due_at| due_at <= now)
    }
}

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
    /// What it waits for; none = its points are available.
    pub pending: Option<Pending>,
    /// When it becomes or became spendable; none = at once, or nobody knows yet.
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

    /// Whether points can be taken from it at `now`. Points that wait become spendable by a
    /// transaction, never by the clock alone.
    #[must_use]
    pub fn is_spendable(&self, now: Timestamp) -> bool {
        !self.is_expired(now) && self.remaining > Points::ZERO && self.pending.is_none()
    }

    /// Whether it may still change: it holds points, or it was cancelled, which an event that
    /// comes too late must be told.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !self.remaining.is_zero() || self.pending.is_some()
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
