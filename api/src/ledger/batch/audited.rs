//! What a batch tells the audit log, in the transaction of what it tells of.

use domain::decide::{AdjustmentOutcome, AdjustmentState, Outcome};
use serde_json::{Value, json};

use crate::audit::{Actor, Entry};
use crate::ledger::{Answer, Item};
use crate::problem::Problem;

/// The entry for a command that somebody stands for, unless nothing was done.
pub(super) fn entry(item: &Item, answer: &Result<Answer, Problem>) -> Option<Entry> {
    let actor = item.audited.clone()?;
    let answer = answer.as_ref().ok()?;
    if answer.replay.is_some() {
        return None;
    }
    match &answer.outcome {
        Outcome::Adjustment(made) => Some(created(actor, made)),
        Outcome::AdjustmentReviewed(reviewed) => Some(decided(actor, &reviewed.adjustment)),
        _ => None,
    }
}

/// Without the reason: what staff wrote may be personal, and entries stay.
fn created(actor: Actor, made: &AdjustmentOutcome) -> Entry {
    let asked = json!({
        "member_id": made.member_id, "wallet": made.wallet, "points": made.points, "wanted": made.wanted,
        "expires_at": made.expires_at, "activates_at": made.activates_at, "occurred_at": made.occurred_at,
        "state": made.state, "transaction_id": made.transaction_id,
    });
    Entry::new(actor, "adjustment.created", &made.id).made(asked)
}

fn decided(actor: Actor, adjustment: &AdjustmentOutcome) -> Entry {
    let action = match adjustment.state {
        AdjustmentState::Rejected => "adjustment.rejected",
        AdjustmentState::Applied | AdjustmentState::PendingApproval => "adjustment.approved",
    };
    let waiting = json!({
        "state": AdjustmentState::PendingApproval, "points": adjustment.wanted,
        "transaction_id": Value::Null, "reviewed_by": Value::Null,
    });
    let after = json!({
        "state": adjustment.state, "points": adjustment.points,
        "transaction_id": adjustment.transaction_id, "reviewed_by": adjustment.reviewed_by,
    });
    Entry::new(actor, action, &adjustment.id).changed(waiting, after)
}
