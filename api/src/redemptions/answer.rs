//! What a caller is told about points that were taken or are held.

use domain::amount::{Amount, Points};
use domain::decide::{RedemptionOutcome, RedemptionState};
use domain::id::{MemberId, RedemptionId, TransactionId};
use domain::ledger::Balance;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Points that were taken or are held.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Redemption {
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
    /// What was to be given back and expired at once, because its lot was over.
    pub expired: Points,
    /// The caller's own name for it.
    pub reference: Option<String>,
    /// Code of the store where it happened; null where none was named.
    pub store: Option<String>,
    /// When a reservation ends by itself; null once it ended, and for points taken at once.
    pub expires_at: Option<Timestamp>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The member's wallets afterwards.
    pub balances: Vec<Balance>,
    /// The member's version afterwards.
    pub version: i64,
}

impl From<RedemptionOutcome> for Redemption {
    fn from(outcome: RedemptionOutcome) -> Self {
        Self {
            id: outcome.id,
            transaction_id: outcome.transaction_id,
            member_id: outcome.member_id,
            state: outcome.state,
            wallet: outcome.wallet,
            points: outcome.points,
            value: outcome.value,
            expired: outcome.expired,
            reference: outcome.reference,
            store: outcome.store,
            expires_at: outcome.expires_at,
            occurred_at: outcome.occurred_at,
            balances: outcome.balances,
            version: outcome.version,
        }
    }
}
