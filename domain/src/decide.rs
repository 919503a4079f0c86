//! The only door: what a command does to a member, given the facts. The quote, the purchase and
//! every later replay pass through it, so they can't differ.

use crate::amount::Points;
use crate::catalog::Catalog;
use crate::ledger::Transaction;
use crate::member::MemberFacts;
use crate::receipt::Receipt;
use jiff::Timestamp;
use uuid::Uuid;

mod outcome;
mod refusal;

pub use outcome::{
    Amounts, AppliedDiscount, Earned, Explained, Outcome, PurchaseOutcome, RankState, Reason,
    Redeemable, Redeemed, RedemptionOutcome, RedemptionState, TaxPart,
};
pub use refusal::Refusal;

/// Something that a caller wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Record or quote a receipt.
    Purchase(RecordPurchase),
    /// Take points outside a receipt.
    Redeem(RedeemPoints),
}

/// A receipt to be recorded, or only evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPurchase {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The receipt, checked.
    pub receipt: Receipt,
    /// Evaluate only: the decision carries no transaction.
    pub quote: bool,
}

/// Points to be taken at once, outside a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedeemPoints {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The wallet's code.
    pub wallet: String,
    /// How many.
    pub points: Points,
    /// The caller's own name for it.
    pub reference: Option<String>,
    /// When it happened; none = now.
    pub occurred_at: Option<Timestamp>,
}

/// What a command does, and what its caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is to be written; none for a quote and for a receipt without a member.
    pub transaction: Option<Transaction>,
    /// The answer.
    pub outcome: Outcome,
}

/// Decides one command. `member` is none for a receipt without one; `now` is the ledger's time.
pub fn decide(
    catalog: &Catalog,
    _member: Option<&MemberFacts>,
    _command: &Command,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let _version = catalog.version_at(now).ok_or(Refusal::NoProgram)?;
    Err(Refusal::NoProgram)
}
