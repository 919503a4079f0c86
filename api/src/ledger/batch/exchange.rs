//! An exchange in a batch: a return and a purchase that are written together or not at all.

use domain::decide::{Command, ExchangeGoods, Facts, Outcome, decide_exchange};
use domain::id::MemberId;

use super::Deciding;
use crate::db::DbError;
use crate::idempotency::digest;
use crate::ledger::append::Step;
use crate::ledger::known::identity;
use crate::ledger::refusal::{problem_of, unknown_member};
use crate::ledger::{Answer, Submission, WrittenReceipt};
use crate::problem::Problem;

impl Deciding {
    /// Decides both sides on the facts, which it leaves as they are after both. Each has a key of its
    /// own beside that of the exchange, as everything that is made.
    pub(super) fn exchange(
        &mut self,
        submission: &Submission,
        exchange: &ExchangeGoods,
        member: Option<MemberId>,
    ) -> Result<Result<Answer, Problem>, DbError> {
        let owner = member.and_then(|member| self.members.get(&member));
        if submission.member.is_some() && owner.is_none() {
            return Ok(Err(unknown_member("")));
        }
        let facts = Facts {
            member: owner,
            budgets: &self.budgets,
            trail: self.trail(&exchange.back),
        };
        let made = match decide_exchange(&self.catalog, facts, exchange, self.now) {
            Ok(made) => made,
            Err(refusal) => return self.refuse(submission, problem_of(&refusal)).map(Err),
        };
        let back = part(submission, &exchange.back, "return")?;
        let bought = part(submission, &exchange.bought, "purchase")?;
        let identity = identity(&self.catalog, &exchange.bought);
        self.accept(&back, None, made.back)?;
        self.accept(&bought, identity, made.bought)?;
        let outcome = Outcome::Exchange(Box::new(made.outcome));
        let step = Step::default();
        self.rows
            .operation(submission, (&outcome, step), self.now)?;
        self.known.note(submission, None, self.answers.len());
        Ok(Ok(Answer {
            outcome,
            replay: None,
        }))
    }
}

/// One side as if it had come alone.
fn part(whole: &Submission, command: &Command, name: &str) -> Result<Submission, DbError> {
    let receipt = match command {
        Command::Purchase(purchase) => Some(
            WrittenReceipt::of(&purchase.receipt)
                .map_err(|error| DbError::Failed(error.to_string()))?,
        ),
        _ => None,
    };
    let written = receipt.as_ref();
    let content = written.map_or(whole.content, |written| written.content(name));
    Ok(Submission {
        key: digest(&[b"part", whole.key.as_bytes(), name.as_bytes()]),
        content,
        command: command.clone(),
        receipt,
        ..whole.clone()
    })
}
