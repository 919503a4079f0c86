//! Answers as they are kept, so that a repeat gets the first one and later operations know it.

use domain::decide::{AdjustmentState, Outcome, RedemptionStep, ReturnKind};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::db::DbError;

/// The kind of a receipt's answer.
pub(super) const PURCHASE: &str = "purchase";
/// Kinds of operations, as they stand in the store.
const RETURN: &str = "return";
const VOID: &str = "void";
const CLAIM: &str = "claim";
const EXCHANGE: &str = "exchange";
/// The kind of the answer to a redemption.
pub(super) const REDEMPTION: &str = "redemption";

/// The answer to an operation as it is kept.
pub(super) struct Kept {
    pub(super) id: Uuid,
    pub(super) kind: &'static str,
    pub(super) occurred_at: Timestamp,
    pub(super) text: String,
}

impl Kept {
    /// What is kept of an operation; `operation` is the id that its transaction names.
    pub(super) fn of(outcome: &Outcome, operation: Option<Uuid>) -> Result<Self, DbError> {
        match outcome {
            Outcome::Return(outcome) => Ok(Self {
                id: outcome.id.uuid(),
                kind: match outcome.kind {
                    ReturnKind::Return => RETURN,
                    ReturnKind::Void => VOID,
                },
                occurred_at: outcome.occurred_at,
                text: text_of(outcome)?,
            }),
            Outcome::Exchange(outcome) => Ok(Self {
                id: outcome.id.uuid(),
                kind: EXCHANGE,
                occurred_at: outcome.back.occurred_at,
                text: text_of(outcome)?,
            }),
            Outcome::Claim(outcome) => Ok(Self {
                id: operation.ok_or_else(|| DbError::Failed("a claim without its id".into()))?,
                kind: CLAIM,
                occurred_at: outcome.occurred_at,
                text: text_of(outcome)?,
            }),
            Outcome::RedemptionChanged(changed) => Ok(Self {
                id: changed.id,
                kind: match changed.step {
                    RedemptionStep::Capture => "capture",
                    RedemptionStep::Release => "release",
                    RedemptionStep::Reverse => "reverse",
                },
                occurred_at: changed.changed_at,
                text: text_of(changed)?,
            }),
            Outcome::Adjustment(made) => Ok(Self {
                id: made.id.uuid(),
                kind: "adjustment",
                occurred_at: made.occurred_at,
                text: text_of(made)?,
            }),
            Outcome::AdjustmentReviewed(reviewed) => Ok(Self {
                id: reviewed.id,
                kind: match reviewed.adjustment.state {
                    AdjustmentState::Rejected => "reject",
                    AdjustmentState::Applied | AdjustmentState::PendingApproval => "approve",
                },
                occurred_at: reviewed.reviewed_at,
                text: text_of(reviewed)?,
            }),
            Outcome::Transfer(made) => Ok(Self {
                id: made.id.uuid(),
                kind: "transfer",
                occurred_at: made.occurred_at,
                text: text_of(made)?,
            }),
            Outcome::Purchase(_)
            | Outcome::Redemption(_)
            | Outcome::Event(_)
            | Outcome::Swept
            | Outcome::RankSet => Err(DbError::Failed(
                "an operation was decided as something else".into(),
            )),
        }
    }
}

/// A recorded answer of a kind.
pub(super) fn read_outcome(kind: &str, text: &str) -> Result<Outcome, DbError> {
    let outcome = match kind {
        PURCHASE => serde_json::from_str(text).map(Outcome::Purchase),
        REDEMPTION => serde_json::from_str(text).map(Outcome::Redemption),
        "capture" | "release" | "reverse" => {
            serde_json::from_str(text).map(Outcome::RedemptionChanged)
        }
        "adjustment" => serde_json::from_str(text).map(Outcome::Adjustment),
        "approve" | "reject" => serde_json::from_str(text).map(Outcome::AdjustmentReviewed),
        "transfer" => serde_json::from_str(text).map(Outcome::Transfer),
        "event" => serde_json::from_str(text).map(Outcome::Event),
        RETURN | VOID => serde_json::from_str(text).map(Outcome::Return),
        CLAIM => serde_json::from_str(text).map(Outcome::Claim),
        EXCHANGE => serde_json::from_str(text).map(Outcome::Exchange),
        other => {
            return Err(DbError::Failed(format!(
                "a recorded answer is of the unknown kind {other}"
            )));
        }
    };
    outcome.map_err(|error| unreadable(&error))
}

/// The text of an answer.
pub(super) fn text_of<T: Serialize>(outcome: &T) -> Result<String, DbError> {
    serde_json::to_string(outcome).map_err(|error| DbError::Failed(error.to_string()))
}

/// A recorded text that does not say what it should.
pub(super) fn unreadable(error: &serde_json::Error) -> DbError {
    DbError::Failed(format!("a recorded answer can't be read: {error}"))
}
