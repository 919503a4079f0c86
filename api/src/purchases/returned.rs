//! What a caller is told of goods that came back.

use domain::amount::Amount;
use domain::decide::{ClawedBack, RankState, Refund, Restored, ReturnKind, ReturnOutcome};
use domain::id::{MemberId, PurchaseId, ReturnId, TransactionId};
use domain::ledger::Balance;
use domain::receipt::Quantity;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Goods that came back, or a purchase that was undone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Return {
    /// The return.
    pub id: ReturnId,
    /// `return` for goods, `void` for the whole receipt with its visit.
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
    /// What came back.
    pub lines: Vec<ReturnedPart>,
    /// Whether nothing is left of the purchase.
    pub complete: bool,
    /// Points that the goods had earned, wallet by wallet.
    pub clawed_back: Vec<ClawedBack>,
    /// Points that had paid for them, wallet by wallet.
    pub restored: Vec<Restored>,
    /// What the customer gets back. A discount that is lost with the goods is taken off; it is never below 0.
    pub refunded: Refund,
    /// The member's wallets afterwards; empty without a member.
    pub balances: Vec<Balance>,
    /// The member's version afterwards; null without a member.
    pub version: Option<i64>,
    /// The member's ranks afterwards; empty without ladders.
    pub ranks: Vec<RankState>,
}

/// Goods of one line that came back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReturnedPart {
    /// The place of the line in the receipt, from 0.
    pub line: usize,
    /// Pieces, or weight.
    pub quantity: Quantity,
    /// What the line's price fell by without goods, in minor units; only in a return by amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
}

impl From<ReturnOutcome> for Return {
    fn from(outcome: ReturnOutcome) -> Self {
        let parts = outcome.lines.into_iter().map(|part| ReturnedPart {
            line: part.line,
            quantity: part.quantity,
            amount: Some(part.amount).filter(|amount| *amount != Amount::ZERO),
        });
        Self {
            id: outcome.id,
            kind: outcome.kind,
            transaction_id: outcome.transaction_id,
            purchase_id: outcome.purchase_id,
            member_id: outcome.member_id,
            occurred_at: outcome.occurred_at,
            recorded_at: outcome.recorded_at,
            reason: outcome.reason,
            lines: parts.collect(),
            complete: outcome.complete,
            clawed_back: outcome.clawed_back,
            restored: outcome.restored,
            refunded: outcome.refunded,
            balances: outcome.balances,
            version: outcome.version,
            ranks: outcome.ranks,
        }
    }
}
