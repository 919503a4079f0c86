//! A transfer in a batch: two members, both locked with all others of the batch in one order, and both
//! sides written together.

use domain::decide::{TransferPoints, decide_transfer};
use domain::id::MemberId;

use super::Deciding;
use crate::db::DbError;
use crate::ledger::refusal::{problem_of, unknown_member};
use crate::ledger::{Answer, Submission};
use crate::problem::Problem;

impl Deciding {
    /// Decides a transfer on the facts of both members, which it leaves as they are after it.
    pub(super) fn transfer(
        &mut self,
        submission: &Submission,
        transfer: &TransferPoints,
        sender: Option<MemberId>,
    ) -> Result<Result<Answer, Problem>, DbError> {
        let Some(from) = sender.and_then(|sender| self.members.get(&sender)) else {
            return Ok(Err(unknown_member("/from/member")));
        };
        let Some(to) = self.members.get(&transfer.to) else {
            return Ok(Err(unknown_member("/to/member")));
        };
        let made = match decide_transfer(&self.catalog, (from, to), transfer, self.now) {
            Ok(made) => made,
            Err(refusal) => {
                return self.refuse(submission, problem_of(&refusal)).map(Err);
            }
        };
        let received = to.after(&made.received);
        let answer = self.accept(submission, None, made.sent)?;
        self.touched.push(received.member);
        self.members.insert(received.member, received);
        if let Some(transaction) = made.received.transaction {
            self.rows
                .transaction(*transaction, submission.actor.uuid())?;
        }
        Ok(Ok(answer))
    }
}
