//! One try to write one batch: lock, look, decide each command on the facts left by the one before,
//! append, check. A batch of n leaves what n batches of one would leave.

use std::sync::Arc;

use domain::catalog::Catalog;
use domain::decide::{Command, Decision, Outcome, decide};
use domain::id::MemberId;
use jiff::Timestamp;
use uuid::Uuid;

use super::append::Rows;
use super::facts::{self, Members};
use super::known::{Known, identity};
use super::refusal::{is_remembered, problem_of, unknown_member};
use super::{Answer, Item, Submission, Tools};
use crate::balances_cache::HotBalances;
use crate::catalog;
use crate::db::{DbError, TenantConn};
use crate::idempotency::Refused;
use crate::problem::Problem;
use crate::roster::LookUp;
use crate::roster::store::MembersByLookUp;

/// What each caller is told, and what is worth remembering.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) answers: Vec<Result<Answer, Problem>>,
    pub(super) balances: Vec<(MemberId, HotBalances)>,
}

/// The facts of one batch, and what it has decided so far.
struct Deciding {
    catalog: Arc<Catalog>,
    now: Timestamp,
    members: Members,
    known: Known,
    rows: Rows,
    touched: Vec<MemberId>,
}

/// Decide and write a batch; the caller commits.
pub(super) async fn write(
    tools: &Tools,
    tx: &TenantConn,
    items: &[Item],
) -> Result<Decided, DbError> {
    let found = find_members(tx, items).await?;
    let mut deciding = look(tools, tx, items, &found).await?;
    let mut answers = Vec::with_capacity(items.len());
    for (item, member) in items.iter().zip(&found) {
        answers.push(deciding.answer(&item.submission, *member)?);
    }
    let balances = deciding.hot_balances()?;
    if !deciding.rows.is_empty() {
        deciding.rows.write(tx).await?;
    }
    Ok(Decided { answers, balances })
}

/// Which member each command concerns: as named by id, or as the roster knows the identifier.
async fn find_members(tx: &TenantConn, items: &[Item]) -> Result<Vec<Option<MemberId>>, DbError> {
    let look_ups = items
        .iter()
        .filter_map(|item| match item.submission.member {
            Some(LookUp::Hash(hash)) => Some(hash),
            _ => None,
        });
    let look_ups: Vec<Uuid> = look_ups.collect();
    let mut roster = std::collections::HashMap::new();
    if !look_ups.is_empty() {
        roster.extend(
            MembersByLookUp {
                tenant: tx.number(),
                look_ups,
            }
            .all(tx)
            .await?,
        );
    }
    let find = |item: &Item| match item.submission.member? {
        LookUp::Id(member) => Some(member),
        LookUp::Hash(hash) => roster.get(&hash).copied().map(MemberId::from_uuid),
    };
    Ok(items.iter().map(find).collect())
}

/// Lock first, then look: each read is a statement of its own and sees what was there after the lock.
async fn look(
    tools: &Tools,
    tx: &TenantConn,
    items: &[Item],
    found: &[Option<MemberId>],
) -> Result<Deciding, DbError> {
    let ids: Vec<Uuid> = found.iter().flatten().map(|member| member.uuid()).collect();
    let locked = facts::lock(tx, ids).await?;
    let ids: Vec<Uuid> = locked.iter().map(|(member, ..)| *member).collect();
    let keys: Vec<Uuid> = items.iter().map(|item| item.submission.key).collect();
    let mut known = Known::default();
    let ((revision, now), (), standing, wallets) = tokio::try_join!(
        catalog::head(tx),
        known.add_keys(tx, keys.clone()),
        facts::standing(tx, ids.clone()),
        facts::wallets(tx, ids)
    )?;
    let mut members = facts::joined(locked, standing);
    facts::add_wallets(&mut members, wallets);
    let catalog = tools.catalogs.at_revision(tx, revision).await?;

    let mut need_lots: Vec<Uuid> = Vec::new();
    let (mut receipts, mut references) = (Vec::new(), Vec::new());
    for (item, member) in items.iter().zip(found) {
        let command = &item.submission.command;
        match command {
            Command::Purchase(_) => receipts.extend(identity(&catalog, command)),
            Command::Redeem(_) => references.extend(identity(&catalog, command)),
        }
        let member = member.and_then(|member| members.get(&member));
        if let Some(facts) = member.filter(|facts| facts.needs_lots(command, now)) {
            need_lots.push(facts.member.uuid());
        }
    }
    tokio::try_join!(
        known.add_identities(tx, receipts, references),
        facts::add_lots(tx, &mut members, need_lots),
    )?;
    if known.has_identities() {
        // Another node may have committed between the two reads, and the key comes first.
        known.add_keys(tx, keys).await?;
    }
    Ok(Deciding {
        catalog,
        now,
        members,
        known,
        rows: Rows::default(),
        touched: Vec::new(),
    })
}

impl Deciding {
    /// One command's answer: the recorded one when it is a repeat, else a decision.
    fn answer(
        &mut self,
        submission: &Submission,
        member: Option<MemberId>,
    ) -> Result<Result<Answer, Problem>, DbError> {
        if let Some(answer) = self.known.by_key(submission) {
            return Ok(answer);
        }
        let identity = identity(&self.catalog, &submission.command);
        if let Some(answer) = self.known.by_identity(submission, identity) {
            return Ok(answer);
        }
        let facts = member.and_then(|member| self.members.get(&member));
        if submission.member.is_some() && facts.is_none() {
            return Ok(Err(unknown_member(pointer(&submission.command))));
        }
        match decide(&self.catalog, facts, &submission.command, self.now) {
            Ok(decision) => self.accept(submission, identity, decision).map(Ok),
            Err(refusal) => self.refuse(submission, problem_of(&refusal)).map(Err),
        }
    }

    fn accept(
        &mut self,
        submission: &Submission,
        identity: Option<Uuid>,
        decision: Decision,
    ) -> Result<Answer, DbError> {
        if let Some(transaction) = &decision.transaction {
            let member = transaction.member;
            if let Some(facts) = self.members.get(&member) {
                let after = facts.after(&decision);
                self.members.insert(member, after);
            }
            self.touched.push(member);
        }
        self.known.note(submission, identity, Ok(&decision.outcome));
        let recorded_at = decision
            .transaction
            .as_ref()
            .map_or(self.now, |made| made.recorded_at);
        match (&decision.outcome, &submission.command) {
            (Outcome::Purchase(outcome), Command::Purchase(purchase)) => {
                let store = self.catalog.store(&outcome.store).map(|store| store.id);
                let place = store.zip(identity).ok_or_else(|| {
                    DbError::Failed("a receipt was accepted without its till identity".into())
                })?;
                self.rows
                    .purchase(submission, outcome, &purchase.receipt, place)?;
            }
            (outcome, _) => self.rows.redemption(submission, outcome, recorded_at)?,
        }
        if let Some(transaction) = decision.transaction {
            self.rows
                .transaction(transaction, submission.actor.uuid())?;
        }
        Ok(Answer {
            outcome: decision.outcome,
            replay: None,
        })
    }

    fn refuse(&mut self, submission: &Submission, problem: Problem) -> Result<Problem, DbError> {
        if is_remembered(problem.kind) {
            let refused = Refused {
                kind: problem.kind,
                detail: problem.detail.clone(),
            };
            self.rows.refuse(submission, &refused, self.now)?;
            self.known.note(submission, None, Err(&refused));
        }
        Ok(problem)
    }

    /// The balances of every member that changed, as they are after the batch.
    fn hot_balances(&mut self) -> Result<Vec<(MemberId, HotBalances)>, DbError> {
        self.touched.sort_unstable();
        self.touched.dedup();
        let touched = self
            .touched
            .iter()
            .filter_map(|member| self.members.get(member));
        let hot = touched.map(|facts| {
            let (wallets, good_until) = facts::balances_of(facts, &self.catalog, self.now)?;
            let hot = HotBalances {
                version: facts.version,
                as_of: facts.last_recorded_at,
                good_until,
                wallets,
            };
            Ok((facts.member, hot))
        });
        hot.collect()
    }
}

/// Where the command names its member.
const fn pointer(command: &Command) -> &'static str {
    match command {
        Command::Purchase(_) | Command::Redeem(_) => "/member",
    }
}
