//! What a caller is told about points that went from one member to another.

use crate::amount::Points;
use crate::id::{MemberId, TransactionId, TransferId};
use crate::ledger::Balance;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Points that went from one member to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferOutcome {
    /// The transfer.
    pub id: TransferId,
    /// Code of the wallet.
    pub wallet: String,
    /// How many.
    pub points: Points,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Who sent them.
    pub from: TransferSide,
    /// Who got them.
    pub to: TransferSide,
}

/// One of the two members of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransferSide {
    /// The member.
    pub member_id: MemberId,
    /// The member's transaction.
    pub transaction_id: TransactionId,
    /// The member's wallets afterwards.
    pub balances: Vec<Balance>,
    /// The member's version afterwards.
    pub version: i64,
}
