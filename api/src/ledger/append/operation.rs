//! What is done beside receipts and redemptions, or to one of them.

use domain::decide::Outcome;
use jiff::Timestamp;
use uuid::Uuid;

use super::row::OperationRow;
use super::{Rows, Step};
use crate::db::DbError;
use crate::ledger::Submission;
use crate::ledger::kept::Kept;

impl Rows {
    /// What was done beside receipts and redemptions, or to one of them.
    pub(in crate::ledger) fn operation(
        &mut self,
        submission: &Submission,
        (outcome, step): (&Outcome, Step),
        recorded_at: Timestamp,
    ) -> Result<(), DbError> {
        let made = Kept::of(outcome, step.operation)?;
        self.key(submission, made.id);
        self.keep(outcome, made, (step, recorded_at, submission.actor.uuid()));
        Ok(())
    }

    /// What time did to a redemption: nobody asked, so that there is no key.
    pub(in crate::ledger) fn unasked(
        &mut self,
        (outcome, step): (&Outcome, Step),
        recorded_at: Timestamp,
        actor: Uuid,
    ) -> Result<(), DbError> {
        let made = Kept::of(outcome, step.operation)?;
        self.keep(outcome, made, (step, recorded_at, actor));
        Ok(())
    }

    fn keep(
        &mut self,
        outcome: &Outcome,
        made: Kept,
        (step, recorded_at, actor): (Step, Timestamp, Uuid),
    ) {
        if let Outcome::RedemptionChanged(changed) = outcome {
            self.held.changed(changed);
        }
        self.operations.push(OperationRow {
            id: made.id,
            kind: made.kind,
            step,
            occurred_at: made.occurred_at,
            recorded_at,
            actor,
            outcome: made.text,
        });
    }
}
