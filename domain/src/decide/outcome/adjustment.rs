//! What a caller is told about a correction by hand.

use crate::amount::Points;
use crate::id::{AdjustmentId, ApiKeyId, MemberId, TransactionId};
use crate::ledger::Balance;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where an adjustment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentState {
    /// The points were moved.
    Applied,
    /// It is so large that a second key has to approve it; nothing was moved.
    PendingApproval,
    /// It was not approved; nothing was moved.
    Rejected,
}

impl AdjustmentState {
    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::PendingApproval => "pending_approval",
            Self::Rejected => "rejected",
        }
    }
}

/// A correction of points by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentOutcome {
    /// The adjustment.
    pub id: AdjustmentId,
    /// The member's transaction; none while nothing was moved.
    pub transaction_id: Option<TransactionId>,
    /// Whose points.
    pub member_id: MemberId,
    /// Where it stands.
    pub state: AdjustmentState,
    /// Code of the wallet.
    pub wallet: String,
    /// What was given, or taken when negative; before it is applied what is asked for.
    pub points: Points,
    /// What was asked for.
    pub wanted: Points,
    /// Why.
    pub reason: String,
    /// From when on given points are not spendable, as asked for; none = by the wallet's terms.
    pub expires_at: Option<Timestamp>,
    /// When given points become spendable, as asked for; none = at once.
    pub activates_at: Option<Timestamp>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The key that asked for it.
    pub requested_by: ApiKeyId,
    /// The key that approved or rejected it.
    pub reviewed_by: Option<ApiKeyId>,
    /// The member's wallets afterwards.
    pub balances: Vec<Balance>,
    /// The member's version afterwards.
    pub version: i64,
}

/// What a second key said to an adjustment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentReviewed {
    /// The bits of the operation's own id.
    pub id: Uuid,
    /// When.
    pub reviewed_at: Timestamp,
    /// The adjustment as it stands since.
    pub adjustment: AdjustmentOutcome,
}
