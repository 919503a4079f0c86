//! Why a well-formed command is refused, without a word of HTTP.

use crate::amount::{Overflow, Points};
use crate::fault::Fault;
use crate::history::HistoryNotLoaded;
use crate::member::LotsNotLoaded;
use crate::trail::TrailNotLoaded;
use jiff::Timestamp;

/// Why a well-formed command is refused. Nothing is written then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No program version was in force yet.
    #[error("no program version was in force at that time")]
    NoProgram,
    /// The till's clock is too far ahead.
    #[error("occurred_at {occurred_at} is after {latest}, the latest that is taken now")]
    OccurredInFuture {
        /// As sent.
        occurred_at: Timestamp,
        /// The latest that would be taken now.
        latest: Timestamp,
    },
    /// Older than the tenant takes.
    #[error("occurred_at {occurred_at} is before {earliest}, the earliest that is taken now")]
    ReceiptTooOld {
        /// As sent.
        occurred_at: Timestamp,
        /// The earliest that would be taken now.
        earliest: Timestamp,
    },
    /// The tenant takes no receipts from before enrolment.
    #[error("the receipt is from before the member's enrolment")]
    BeforeEnrolment,
    /// The receipt names a store that the tenant does not have.
    #[error("the tenant has no store with this code")]
    UnknownStore {
        /// Where it is named.
        pointer: String,
    },
    /// The command names a wallet that the program does not have.
    #[error("the program has no wallet with this code")]
    UnknownWallet {
        /// Where it is named.
        pointer: String,
    },
    /// More points are wanted than can be spent.
    #[error("wallet {wallet} has {available} points to spend, not {wanted}")]
    InsufficientPoints {
        /// The wallet's code.
        wallet: String,
        /// What can be spent now.
        available: Points,
        /// What was asked for.
        wanted: Points,
    },
    /// Fewer points than the wallet lets one redeem.
    #[error("wallet {wallet} redeems at least {minimum} points, not {wanted}")]
    BelowMinimum {
        /// The wallet's code.
        wallet: String,
        /// The fewest points.
        minimum: Points,
        /// What was asked for.
        wanted: Points,
    },
    /// Not a multiple of the wallet's step.
    #[error("wallet {wallet} redeems multiples of {step} points, not {wanted}")]
    NotAStep {
        /// The wallet's code.
        wallet: String,
        /// The step.
        step: Points,
        /// What was asked for.
        wanted: Points,
    },
    /// More than may pay for this receipt.
    #[error("wallet {wallet} may pay for this receipt with at most {maximum} points, not {wanted}")]
    OverMaximum {
        /// The wallet's code.
        wallet: String,
        /// The most points.
        maximum: Points,
        /// What was asked for.
        wanted: Points,
    },
    /// The purchase has no member, so that there are no points to act on.
    #[error("the purchase has no member, so there are no points that wait for an event")]
    NoMember,
    /// More comes back than is left of the receipt.
    #[error("more is given back than is left of this purchase")]
    OverReturned,
    /// The receipt was undone.
    #[error("the purchase was voided")]
    IsVoid,
    /// Everything came back, so that nothing is left to undo.
    #[error("everything of this purchase came back already")]
    AllReturned,
    /// The receipt has a member.
    #[error("the purchase has a member already")]
    AlreadyClaimed,
    /// The receipt is too old to get its member.
    #[error("a purchase can get its member within {days} days, and this one is of {bought_on}")]
    ClaimTooLate {
        /// So many days.
        days: i64,
        /// The purchase's business date.
        bought_on: jiff::civil::Date,
    },
    /// The receipt got its member in the meantime: the caller has to look again.
    #[error("the purchase got its member at this very moment; repeat the request")]
    OwnerChanged,
    /// What is taken up again stands so that this can't be done to it any more, or not yet.
    #[error("{0}")]
    InvalidState(String),
    /// The points waited too long for their event.
    #[error("the points of this purchase waited too long for this event and were cancelled")]
    AwardCancelled,
    /// The member was closed.
    #[error("the member is closed")]
    MemberClosed,
    /// The member is part of another one now.
    #[error("the member was merged into another one")]
    MemberMerged,
    /// The wallet would hold more than 2⁵³ − 1 points.
    #[error("wallet {wallet} would hold more than {} points", Points::MAX_BALANCE)]
    BalanceLimit {
        /// The wallet's code.
        wallet: String,
    },
    /// The command carries values that no caller may send.
    #[error("the command is invalid")]
    Invalid(Vec<Fault>),
    /// A sum left its range.
    #[error("a sum of money or points is out of range")]
    Overflow,
    /// The caller of `decide` did not load the lots that `MemberFacts::needs_lots` asks for.
    #[error("the open lots of the member were not loaded")]
    LotsNotLoaded,
    /// The caller of `decide` did not load what `Command::needs` asks for.
    #[error("a part of the member's history that a rule looks at was not loaded")]
    HistoryNotLoaded,
    /// Who asked for something must not approve it.
    #[error("another key than the one that asked for the adjustment has to approve it")]
    SecondPersonRequired,
    /// The caller did not load the member that `Command::counterpart` names.
    #[error("the second member of the transfer was not loaded")]
    CounterpartNotLoaded,
    /// The caller of `decide` did not load what `Command::subject` asks for.
    #[error("what was done to the purchase or redemption before was not loaded")]
    TrailNotLoaded,
}

impl Refusal {
    /// The same with its pointers below a part of the request.
    pub(crate) fn within(mut self, part: &str) -> Self {
        match &mut self {
            Self::UnknownStore { pointer } | Self::UnknownWallet { pointer } => {
                pointer.insert_str(0, part);
            }
            Self::Invalid(faults) => {
                for fault in faults {
                    fault.pointer.insert_str(0, part);
                }
            }
            _ => {}
        }
        self
    }

    /// The stable code that callers switch on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoProgram => "no_program",
            Self::OccurredInFuture { .. } => "occurred_in_future",
            Self::ReceiptTooOld { .. } => "receipt_too_old",
            Self::BeforeEnrolment => "before_enrolment",
            Self::UnknownStore { .. } => "unknown_store",
            Self::UnknownWallet { .. } => "unknown_reference",
            Self::InsufficientPoints { .. } => "insufficient_points",
            Self::BelowMinimum { .. } => "below_minimum",
            Self::NotAStep { .. } => "not_a_step",
            Self::OverMaximum { .. } => "over_maximum",
            Self::NoMember | Self::InvalidState(_) | Self::IsVoid | Self::AllReturned => {
                "invalid_state"
            }
            Self::OverReturned => "over_returned",
            Self::AlreadyClaimed => "already_claimed",
            Self::ClaimTooLate { .. } => "late_claim_window_closed",
            Self::OwnerChanged => "ledger_unavailable",
            Self::AwardCancelled => "award_cancelled",
            Self::MemberClosed => "member_closed",
            Self::MemberMerged => "member_merged",
            Self::BalanceLimit { .. } => "balance_limit",
            Self::Invalid(_) => "validation_failed",
            Self::Overflow => "out_of_range",
            Self::SecondPersonRequired => "second_person_required",
            Self::LotsNotLoaded
            | Self::HistoryNotLoaded
            | Self::TrailNotLoaded
            | Self::CounterpartNotLoaded => "internal",
        }
    }
}

impl From<Overflow> for Refusal {
    fn from(_overflow: Overflow) -> Self {
        Self::Overflow
    }
}

impl From<LotsNotLoaded> for Refusal {
    fn from(_missing: LotsNotLoaded) -> Self {
        Self::LotsNotLoaded
    }
}

impl From<HistoryNotLoaded> for Refusal {
    fn from(_missing: HistoryNotLoaded) -> Self {
        Self::HistoryNotLoaded
    }
}

impl From<TrailNotLoaded> for Refusal {
    fn from(_missing: TrailNotLoaded) -> Self {
        Self::TrailNotLoaded
    }
}
