//! What a caller is told about an adjustment.

use domain::amount::Points;
use domain::decide::{AdjustmentOutcome, AdjustmentState};
use domain::id::{AdjustmentId, ApiKeyId, MemberId, TransactionId};
use domain::ledger::Balance;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A correction of points by hand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Adjustment {
    /// The adjustment.
    pub id: AdjustmentId,
    /// The member's transaction; null while nothing was moved.
    pub transaction_id: Option<TransactionId>,
    /// Whose points.
    pub member_id: MemberId,
    /// Where it stands.
    pub state: AdjustmentState,
    /// Code of the wallet.
    pub wallet: String,
    /// What was given, or taken when negative; before it is applied what is asked for.
    pub points: Points,
    /// What was asked for; more than `points` was where a wallet clamps a shortage.
    pub wanted: Points,
    /// Why.
    pub reason: String,
    /// From when on given points are not spendable, as asked for; null = by the wallet's terms.
    pub expires_at: Option<Timestamp>,
    /// When given points become spendable, as asked for; null = at once.
    pub activates_at: Option<Timestamp>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The key that asked for it.
    pub requested_by: ApiKeyId,
    /// The key that approved or rejected it; null when nobody had to, or has yet.
    pub reviewed_by: Option<ApiKeyId>,
    /// The member's wallets afterwards.
    pub balances: Vec<Balance>,
    /// The member's version afterwards.
    pub version: i64,
}

impl From<AdjustmentOutcome> for Adjustment {
    fn from(outcome: AdjustmentOutcome) -> Self {
        Self {
            id: outcome.id,
            transaction_id: outcome.transaction_id,
            member_id: outcome.member_id,
            state: outcome.state,
            wallet: outcome.wallet,
            points: outcome.points,
            wanted: outcome.wanted,
            reason: outcome.reason,
            expires_at: outcome.expires_at,
            activates_at: outcome.activates_at,
            occurred_at: outcome.occurred_at,
            requested_by: outcome.requested_by,
            reviewed_by: outcome.reviewed_by,
            balances: outcome.balances,
            version: outcome.version,
        }
    }
}
