//! What a caller is told of goods that came back. It is stored as JSON and rendered again byte for
//! byte.

use super::{Counted, RankState};
use crate::amount::{Amount, Points};
use crate::id::{MemberId, PurchaseId, ReturnId, TransactionId};
use crate::ledger::Balance;
use crate::receipt::Quantity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnKind {
    /// Goods came back.
    Return,
    /// The receipt was undone.
    Void,
}

/// Goods of one line that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GoodsBack {
    /// The place of the line in the receipt, from 0.
    pub line: usize,
    /// Pieces, or weight.
    pub quantity: Quantity,
    /// What the line's price fell by without goods, in minor units.
    pub amount: Amount,
}

/// Points of a wallet that goods had earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClawedBack {
    /// Code of the wallet.
    pub wallet: String,
    /// What was taken back; what the member owes since counts.
    pub points: Points,
    /// What was to be taken back.
    pub wanted: Points,
    /// What of it was over already, so that it is not taken a second time.
    pub expired: Points,
}

/// Points of a wallet that had paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Restored {
    /// Code of the wallet.
    pub wallet: String,
    /// What came back; what repaid a deficit counts.
    pub points: Points,
    /// What came back to lots that are over, so that it is over as well.
    pub expired: Points,
}

/// What the customer gets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Refund {
    /// Money, in minor units, tax included.
    pub amount: Amount,
    /// Points, over all wallets.
    pub points: Points,
}

/// What was given back of a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsedBack {
    /// Code of the rule, bonus or wallet that has the limit.
    pub code: String,
    /// How many points.
    pub points: Points,
}

/// Goods that came back, or a receipt that was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnOutcome {
    /// The return.
    pub id: ReturnId,
    /// What was done.
    pub kind: ReturnKind,
    /// The member's transaction; null without a member.
    pub transaction_id: Option<TransactionId>,
    /// The purchase.
    pub purchase_id: PurchaseId,
    /// Whose points; null without a member.
    pub member_id: Option<MemberId>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// The goods.
    pub lines: Vec<GoodsBack>,
    /// Whether nothing is left of the receipt.
    pub complete: bool,
    /// Points that they had earned.
    pub clawed_back: Vec<ClawedBack>,
    /// Points that had paid for them.
    pub restored: Vec<Restored>,
    /// What the customer gets back.
    pub refunded: Refund,
    /// The member's wallets afterwards; empty without a member.
    pub balances: Vec<Balance>,
    /// The member's version afterwards; null without a member.
    pub version: Option<i64>,
    /// The member's ranks afterwards.
    pub ranks: Vec<RankState>,
    /// What it added to the member's counters, all of it below zero; none without a member. Kept for
    /// later returns and for proofs, never told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// What it gave back of limits. Kept likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<UsedBack>,
}
