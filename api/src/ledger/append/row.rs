//! Rows as they wait to be written.

use domain::id::{MemberId, StoreId};
use domain::lot::Lot;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

#[derive(Debug)]
pub(super) struct KeyRow {
    pub(super) key: Uuid,
    pub(super) content: Uuid,
    pub(super) subject: Option<Uuid>,
    pub(super) refusal: Option<serde_json::Value>,
    pub(super) recorded_at: Timestamp,
}

#[derive(Debug)]
pub(super) struct PurchaseRow {
    pub(super) till_identity: Uuid,
    pub(super) content: Uuid,
    pub(super) store: StoreId,
    pub(super) actor: Uuid,
    pub(super) receipt: String,
    pub(super) outcome: String,
    pub(super) head: PurchaseHead,
}

#[derive(Debug)]
pub(super) struct PurchaseHead {
    pub(super) id: Uuid,
    pub(super) member: Option<Uuid>,
    pub(super) business_date: Date,
    pub(super) occurred_at: Timestamp,
    pub(super) recorded_at: Timestamp,
}

#[derive(Debug)]
pub(super) struct RedemptionRow {
    pub(super) id: Uuid,
    pub(super) member: Uuid,
    pub(super) reference: Option<Uuid>,
    pub(super) content: Uuid,
    pub(super) occurred_at: Timestamp,
    pub(super) recorded_at: Timestamp,
    pub(super) actor: Uuid,
    pub(super) outcome: String,
}

#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) id: Uuid,
    pub(super) purchase: Uuid,
    pub(super) member: Uuid,
    pub(super) event: String,
    pub(super) occurred_at: Timestamp,
    pub(super) recorded_at: Timestamp,
    pub(super) actor: Uuid,
    pub(super) outcome: String,
}

#[derive(Debug)]
pub(super) struct OperationRow {
    pub(super) id: Uuid,
    pub(super) kind: &'static str,
    pub(super) step: Step,
    pub(super) occurred_at: Timestamp,
    pub(super) recorded_at: Timestamp,
    pub(super) actor: Uuid,
    pub(super) outcome: String,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::ledger) struct Step {
    /// What it was done to, and its number there.
    pub(in crate::ledger) subject: Option<(Uuid, i32)>,
    /// Whose ledger it moved, and the version after it.
    pub(in crate::ledger) ledger: Option<(MemberId, i64)>,
    /// The id that the transaction names.
    pub(in crate::ledger) operation: Option<Uuid>,
    /// The same of the second member of a transfer.
    pub(in crate::ledger) counterpart: Option<(MemberId, i64)>,
}

/// A lot that was there before the batch, as it ends.
#[derive(Debug)]
pub(super) struct ChangedLot {
    /// When it expired before, which is part of its key.
    pub(super) expired_at: Option<Timestamp>,
    pub(super) is_moved: bool,
    pub(super) lot: Lot,
}
