//! What a caller is told. It is stored as JSON and rendered again byte for byte, so its fields and
//! their order are part of the contract.

use super::exchange::ExchangeOutcome;
use super::judged_by::JudgedBy;
use super::returned::ReturnOutcome;
use crate::amount::{Amount, Decimal4, Points};
use crate::code::Code;
use crate::explain::Explained;
use crate::id::{MemberId, PurchaseEventId, PurchaseId, RedemptionId, TransactionId};
use crate::ledger::{Balance, DayDelta};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

mod adjustment;
mod transfer;

pub use adjustment::{AdjustmentOutcome, AdjustmentReviewed, AdjustmentState};
pub use transfer::{TransferOutcome, TransferSide};

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Of a receipt.
    Purchase(Box<PurchaseOutcome>),
    /// Of points taken outside a receipt.
    Redemption(RedemptionOutcome),
    /// Of what was done to a redemption since.
    RedemptionChanged(RedemptionChanged),
    /// Of a correction by hand.
    Adjustment(AdjustmentOutcome),
    /// Of what a second key said to one.
    AdjustmentReviewed(AdjustmentReviewed),
    /// Of points that went to another member.
    Transfer(TransferOutcome),
    /// Of what happened to a purchase.
    Event(EventOutcome),
    /// Of what time does to a member, which nobody waits for.
    Swept,
    /// Of a rank that was set by hand.
    RankSet,
    /// Of goods that came back, or a receipt that was undone.
    Return(Box<ReturnOutcome>),
    /// Of a receipt that got its member afterwards.
    Claim(Box<PurchaseOutcome>),
    /// Of goods that were exchanged.
    Exchange(Box<ExchangeOutcome>),
}

/// What happened to a purchase, and what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventOutcome {
    /// The event.
    pub id: PurchaseEventId,
    /// The member's transaction.
    pub transaction_id: TransactionId,
    /// The purchase.
    pub purchase_id: PurchaseId,
    /// Whose purchase.
    pub member_id: MemberId,
    /// What happened.
    pub event: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The points that waited for it.
    pub activated: Vec<ActivatedPoints>,
    /// The member's wallets afterwards.
    pub balances: Vec<Balance>,
    /// The member's version afterwards.
    pub version: i64,
}

/// Points that an event made spendable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivatedPoints {
    /// Code of the wallet.
    pub wallet: String,
    /// Code of the rule that granted them.
    pub rule: String,
    /// How many.
    pub points: Points,
    /// From when on they are not spendable; null = never.
    pub expires_at: Option<Timestamp>,
}

/// A receipt, evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PurchaseOutcome {
    /// The purchase.
    pub id: PurchaseId,
    /// The member's transaction; null without a member.
    pub transaction_id: Option<TransactionId>,
    /// The day it counts for, in the store's zone and after the cut-over.
    pub business_date: Date,
    /// The program version that judged it.
    pub program_version: i32,
    /// Whose purchase; null without a member.
    pub member_id: Option<MemberId>,
    /// Code of the store.
    #[schema(value_type = String)]
    pub store: Code,
    /// When it took place, by the till.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The money.
    pub amounts: Amounts,
    /// The program's discounts that applied.
    pub discounts: Vec<AppliedDiscount>,
    /// The rules that fired and what each granted.
    pub earned: Vec<Earned>,
    /// Points that paid, wallet by wallet as asked.
    pub redeemed: Vec<Redeemed>,
    /// The member's wallets afterwards; empty without a member.
    pub balances: Vec<Balance>,
    /// The member's version afterwards; null without a member.
    pub version: Option<i64>,
    /// The member's ranks afterwards.
    pub ranks: Vec<RankState>,
    /// Every rule of the program in its order: why it fired or not.
    pub explanation: Vec<Explained>,
    /// What it added to the member's counters; none without a member and in a quote. Kept for
    /// returns and for proofs, never told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// What it was judged by beside its program and circumstances. Kept for returns, never told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_by: Option<JudgedBy>,
    /// The most that each wallet could pay for this receipt; only in a quote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redeemable: Vec<Redeemable>,
}

/// What a receipt added to the counters of its business date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counted {
    /// The business date in the tenant's zone.
    pub on: Date,
    /// After discounts, before points paid.
    pub spend: Amount,
    /// Before the program's discounts.
    pub gross_spend: Amount,
    /// Over all wallets.
    pub points: Points,
    /// One for a receipt, none for a return, one taken back for a void.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub visits: i64,
}

const fn one() -> i64 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde asks for"
)]
const fn is_one(visits: &i64) -> bool {
    *visits == 1
}

impl Counted {
    pub(super) fn of(day: &DayDelta) -> Self {
        Self {
            on: day.business_date,
            spend: day.spend,
            gross_spend: day.gross_spend,
            points: day.points_earned,
            visits: day.visits,
        }
    }
}

/// The money of a receipt, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Amounts {
    /// The lines as the till sent them.
    pub gross: Amount,
    /// The program's discounts.
    pub discount: Amount,
    /// What is taxed, with its tax where prices include it.
    pub taxable: Amount,
    /// What points paid.
    pub points_paid: Amount,
    /// What is left to pay, tax included.
    pub total: Amount,
    /// The tax, rounded once per rate.
    pub tax: Vec<TaxPart>,
}

/// The part of a receipt at one tax rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaxPart {
    /// The rate.
    pub percent: Decimal4,
    /// Without tax.
    pub net: Amount,
    /// The tax.
    pub tax: Amount,
}

/// A discount of the program on a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppliedDiscount {
    /// Code of the discount.
    #[schema(value_type = String)]
    pub rule: Code,
    /// Its sum.
    pub amount: Amount,
    /// Its rate, when it has one.
    pub percent: Option<Decimal4>,
    /// Its share of each line, in the receipt's order.
    pub lines: Vec<Amount>,
}

/// What one rule granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Earned {
    /// Code of the rule.
    #[schema(value_type = String)]
    pub rule: Code,
    /// Code of the wallet.
    #[schema(value_type = String)]
    pub wallet: Code,
    /// What was granted.
    pub points: Points,
    /// What the rule would have granted without limits.
    pub wanted: Points,
    /// When the points become spendable; null = they are, or they wait for an event.
    pub activates_at: Option<Timestamp>,
    /// From when on they are not spendable; null = never.
    pub expires_at: Option<Timestamp>,
}

/// Points of one wallet that paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Redeemed {
    /// Code of the wallet.
    pub wallet: String,
    /// What was taken.
    pub points: Points,
    /// What they paid, in minor units.
    pub value: Amount,
}

/// The most that one wallet could pay for a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Redeemable {
    /// Code of the wallet.
    #[schema(value_type = String)]
    pub wallet: Code,
    /// The most points that would be taken.
    pub points: Points,
    /// What they would pay, in minor units.
    pub value: Amount,
}

/// A member's step on one ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RankState {
    /// Code of the ladder.
    #[schema(value_type = String)]
    pub ladder: Code,
    /// Code of the step; null below the lowest.
    #[schema(value_type = Option<String>)]
    pub code: Option<Code>,
    /// Code of the step before this receipt.
    #[schema(value_type = Option<String>)]
    pub previous: Option<Code>,
    /// Whether this receipt changed it.
    pub changed: bool,
}

/// Where a redemption stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedemptionState {
    /// The points are held for it.
    Reserved,
    /// The points are taken.
    Captured,
    /// The points were held and are given back.
    Released,
    /// The points were taken and are given back.
    Reversed,
}

impl RedemptionState {
    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Captured => "captured",
            Self::Released => "released",
            Self::Reversed => "reversed",
        }
    }
}

/// What is done to a redemption after it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedemptionStep {
    /// Held points are taken.
    Capture,
    /// Held points are given back.
    Release,
    /// Taken points are given back.
    Reverse,
}

/// What was done to a redemption, and how it stands since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedemptionChanged {
    /// The bits of the operation's own id.
    pub id: Uuid,
    /// What was done.
    pub step: RedemptionStep,
    /// When.
    pub changed_at: Timestamp,
    /// The redemption as it stands since.
    pub redemption: RedemptionOutcome,
}

/// Points taken or held outside a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RedemptionOutcome {
    /// The redemption.
    pub id: RedemptionId,
    /// The member's transaction.
    pub transaction_id: TransactionId,
    /// Whose points.
    pub member_id: MemberId,
    /// Where it stands.
    pub state: RedemptionState,
    /// Code of the wallet.
    pub wallet: String,
    /// What is held or taken; of a released or reversed one what was given back.
    pub points: Points,
    /// What they are worth, in minor units.
    pub value: Amount,
    /// What was to be given back and is over, because its lot is.
    #[serde(default)]
    pub expired: Points,
    /// The caller's own name for it.
    pub reference: Option<String>,
    /// Code of the store where it happened, where it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// When a reservation ends by itself; null for taken points.
    pub expires_at: Option<Timestamp>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The member's wallets afterwards.
    pub balances: Vec<Balance>,
    /// The member's version afterwards.
    pub version: i64,
}
