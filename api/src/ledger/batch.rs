//! One try to write one batch: lock, look, decide each command on the facts left by the one before,
//! append, check. A batch of n leaves what n batches of one would leave.

mod audited;
mod exchange;
mod repeat;
mod transfer;

use std::collections::HashMap;
use std::sync::Arc;

use domain::catalog::Catalog;
use domain::decide::{Command, Decision, Facts, Outcome, decide};
use domain::history::Budgets;
use domain::id::MemberId;
use domain::trail::Trail;
use jiff::Timestamp;
use uuid::Uuid;

use super::append::{Rows, Step, There};
use super::asked::Asked;
use super::facts::{self, Members};
use super::history::{self, Lock};
use super::known::{Answers, Known, identity};
use super::ranks;
use super::refusal::{is_remembered, problem_of, unknown_member};
use super::statements::LockMembers;
use super::trails::{self, Trails};
use super::{Answer, Item, Submission, Tools};
use crate::audit;
use crate::balances_cache::HotBalances;
use crate::db::{DbError, TenantConn};
use crate::idempotency::Refused;
use crate::problem::Problem;
use crate::roster::LookUp;
use crate::roster::store::MembersByLookUp;
use repeat::Repeated;

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
    clock_moves: i64,
    members: Members,
    budgets: Budgets,
    known: Known,
    trails: Trails,
    rows: Rows,
    repeated: Repeated,
    answers: Answers,
    touched: Vec<MemberId>,
}

/// Whether used keys and till identities are looked for before anything is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    /// They are: some command is, or may be, a repeat.
    Expected,
    /// They are not, since nearly every command is new: the unique keys refuse a repeat as a duplicate, and the batch is
    /// tried again. A refusal has no row that would meet a key, so that it needs the look.
    Unexpected,
}

/// Begin, decide and write a batch; the caller commits.
pub(super) async fn write(
    tools: &Tools,
    tx: &TenantConn,
    items: &[Item],
    repeats: Repeats,
) -> Result<Decided, DbError> {
    let roster = find_by_identifiers(tx, items).await?;
    let found = found(items, roster.as_ref());
    let asks = (roster.is_some(), repeats);
    let mut deciding = look(tools, tx, items, &found, asks).await?;
    let mut entries = Vec::new();
    for (item, member) in items.iter().zip(&found) {
        let answer = deciding.answer(&item.submission, *member)?;
        if repeats == Repeats::Unexpected && answer.is_err() {
            return Err(DbError::Duplicate("perhaps: a command was refused".into()));
        }
        entries.extend(audited::entry(item, &answer));
        deciding.answers.push(answer);
    }
    let balances = deciding.hot_balances()?;
    if !deciding.rows.is_empty() {
        std::mem::take(&mut deciding.rows).write(tx).await?;
    }
    deciding.repeated.write(tx).await?;
    for entry in entries {
        audit::record(tx, entry).await?;
    }
    Ok(Decided {
        answers: deciding.answers,
        balances,
    })
}

/// Members by look-up hash; none when no command names its member by an identifier, and then the
/// transaction is not begun yet.
async fn find_by_identifiers(
    tx: &TenantConn,
    items: &[Item],
) -> Result<Option<HashMap<Uuid, Uuid>>, DbError> {
    let look_ups: Vec<Uuid> = items
        .iter()
        .filter_map(|item| match item.submission.member {
            Some(LookUp::Hash(hash)) => Some(hash),
            _ => None,
        })
        .collect();
    if look_ups.is_empty() {
        return Ok(None);
    }
    let tenant = tx.number();
    let find = MembersByLookUp { tenant, look_ups };
    let ((), rows) = tokio::try_join!(biased; tx.begin(), find.all(tx))?;
    Ok(Some(rows.into_iter().collect()))
}

/// Which member each command concerns: as named by id, or as the roster knows the identifier.
fn found(items: &[Item], roster: Option<&HashMap<Uuid, Uuid>>) -> Vec<Option<MemberId>> {
    let find = |item: &Item| match item.submission.member? {
        LookUp::Id(member) => Some(member),
        LookUp::Hash(hash) => roster?.get(&hash).copied().map(MemberId::from_uuid),
    };
    items.iter().map(find).collect()
}

/// Lock first, then look: each read is a statement of its own and sees what was there after the
/// lock. All are sent together once the lock is prepared on the connection, since Postgres
/// answers in the order of sending; before that each waits for the one before.
async fn look(
    tools: &Tools,
    tx: &TenantConn,
    items: &[Item],
    found: &[Option<MemberId>],
    (is_begun, repeats): (bool, Repeats),
) -> Result<Deciding, DbError> {
    let guess = tools.catalogs.guess(tx.tenant()).await;
    let asked = Asked::of(items, found, guess.as_deref()).expecting(repeats);
    let begin = async { if is_begun { Ok(()) } else { tx.begin().await } };
    let lock = facts::lock(tx, asked.members.clone());
    let (locked, mut seen) = if tx.has_prepared::<LockMembers>() {
        let ((), locked, seen) = tokio::try_join!(biased; begin, lock, asked.read(tx))?;
        (locked, seen)
    } else {
        begin.await?;
        (lock.await?, asked.read(tx).await?)
    };
    if !asked.members.is_empty() {
        tx.note_prepared::<LockMembers>();
    }

    let catalog = tools.catalogs.at_revision(tx, seen.head.revision).await?;
    let mut movers = Vec::new();
    if guess.is_none_or(|guess| guess.revision != seen.head.revision) {
        let asked = Asked::of(items, found, Some(&catalog)).expecting(repeats);
        let (receipts, references) = (asked.receipts, asked.references);
        seen.known.add_identities(tx, receipts, references).await?;
        movers = asked.spenders;
    }
    if !asked.has_ranks && catalog.has_ladders() {
        seen.ranks = ranks::states(tx, asked.members.clone()).await?;
    }
    let (mut members, ledgers) = facts::of_ledgers(locked);
    ranks::add_states(&mut members, &seen.head, seen.ranks);
    let there = There::of(&members, ledgers);
    facts::add_lots(&mut members, &asked.spenders, seen.lots)?;
    add_expired(tx, &mut members, &asked.spenders, &movers, seen.head.now).await?;
    let subjects = asked.subjects.as_slice();
    let trails = trails::load(tx, subjects, &mut members).await?;
    let looked_back = looked_back(items, found, &members, &catalog, seen.head.now);
    let shared = looked_back
        .load(tx, &tools.vault, Lock::Budgets, &mut members)
        .await?;
    if seen.known.has_identities() {
        // Another node may have committed between the two reads, and the key comes first.
        seen.known.add_keys(tx, asked.keys).await?;
    }
    Ok(Deciding {
        catalog,
        now: seen.head.now,
        clock_moves: seen.head.clock_moves,
        members,
        budgets: shared.budgets,
        trails,
        known: seen.known,
        rows: Rows::new(seen.head.database_now, shared.kept, there).told(seen.head.has_webhooks),
        repeated: Repeated::at(seen.head.database_now),
        answers: Answers::with_capacity(items.len()),
        touched: Vec::new(),
    })
}

/// What the commands look back on; most programs ask for nothing.
fn looked_back(
    items: &[Item],
    found: &[Option<MemberId>],
    members: &Members,
    catalog: &Catalog,
    now: Timestamp,
) -> history::Asked {
    let mut asked = history::Asked::default();
    for (item, member) in items.iter().zip(found) {
        if let Some(facts) = member.and_then(|member| members.get(&member)) {
            let needs = item.submission.command.needs(catalog, facts, now);
            asked.add(facts.member, needs);
        }
    }
    asked
}

/// Lots of members who were not known to need them: some of their points are over by now, or the
/// guessed catalog did not say that their lots move.
async fn add_expired(
    tx: &TenantConn,
    members: &mut Members,
    spenders: &[Uuid],
    movers: &[Uuid],
    now: Timestamp,
) -> Result<(), DbError> {
    let is_spender = |member: &MemberId| spenders.contains(&member.uuid());
    let expired: Vec<Uuid> = members
        .values()
        .filter(|facts| !is_spender(&facts.member))
        .filter(|facts| facts.has_expired(now) || movers.contains(&facts.member.uuid()))
        .map(|facts| facts.member.uuid())
        .collect();
    let rows = facts::lots(tx, expired.clone()).await?;
    facts::add_lots(members, &expired, rows)
}

impl Deciding {
    /// One command's answer: the recorded one when it is a repeat, else a decision.
    fn answer(
        &mut self,
        submission: &Submission,
        member: Option<MemberId>,
    ) -> Result<Result<Answer, Problem>, DbError> {
        if let Some(answer) = self.known.by_key(submission, &self.answers) {
            return Ok(answer);
        }
        let identity = identity(&self.catalog, &submission.command);
        if let Some(answer) = self.repeated(submission, identity)? {
            return Ok(answer);
        }
        if let Command::Transfer(transfer) = &submission.command {
            return self.transfer(submission, transfer, member);
        }
        if let Command::Exchange(exchange) = &submission.command {
            return self.exchange(submission, exchange, member);
        }
        let facts = member.and_then(|member| self.members.get(&member));
        if submission.member.is_some() && facts.is_none() {
            return Ok(Err(unknown_member(pointer(&submission.command))));
        }
        let facts = Facts {
            member: facts,
            budgets: &self.budgets,
            trail: self.trail(&submission.command),
        };
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
            self.budgets.apply(transaction);
            let member = transaction.member;
            if let Some(facts) = self.members.get(&member) {
                let after = facts.after(&decision);
                self.members.insert(member, after);
            }
            self.touched.push(member);
        }
        let step = self.step(&submission.command, &decision);
        self.known.note(submission, identity, self.answers.len());
        let recorded_at = decision
            .transaction
            .as_ref()
            .map_or(self.now, |made| made.recorded_at);
        match (&decision.outcome, &submission.command) {
            (Outcome::Purchase(outcome), Command::Purchase(_)) => {
                let store = self.catalog.store(&outcome.store).map(|store| store.id);
                let place = store.zip(identity).ok_or_else(|| {
                    DbError::Failed("a receipt was accepted without its till identity".into())
                })?;
                self.rows.purchase(submission, outcome, place)?;
            }
            (Outcome::Event(outcome), _) => self.rows.event(submission, outcome, recorded_at)?,
            (Outcome::Redemption(outcome), Command::Redeem(_)) => {
                self.rows.redemption(submission, outcome, recorded_at)?;
            }
            (outcome, _) => self
                .rows
                .operation(submission, (outcome, step), recorded_at)?,
        }
        let actor = submission.actor.uuid();
        if let Some(transaction) = decision.transaction {
            self.rows.transaction(*transaction, actor)?;
        }
        if let Some(update) = decision.ranks {
            self.rows.rank(update, recorded_at, actor);
        }
        Ok(Answer {
            outcome: decision.outcome,
            replay: None,
        })
    }

    fn trail(&self, command: &Command) -> Option<&Trail> {
        self.trails.get(&command.subject()?.id)
    }

    /// Where an operation stands in the trail of its subject, which knows it from then on, and in the
    /// ledger of its member.
    fn step(&mut self, command: &Command, decision: &Decision) -> Step {
        let made = decision.transaction.as_ref();
        let subject = command.subject().map(|subject| subject.id);
        let trail = subject.and_then(|subject| self.trails.get_mut(&subject));
        let number = trail.and_then(|trail| {
            trail.note(decision);
            i32::try_from(trail.operations.len()).ok()
        });
        for trail in self.trails.values_mut() {
            made.into_iter().for_each(|made| trail.note_lost(made));
        }
        Step {
            subject: subject.zip(number),
            ledger: made.map(|made| (made.member, made.version)),
            operation: made.and_then(|made| made.operation),
            counterpart: match &decision.outcome {
                Outcome::Transfer(made) => Some((made.to.member_id, made.to.version)),
                _ => None,
            },
        }
    }

    fn refuse(&mut self, submission: &Submission, problem: Problem) -> Result<Problem, DbError> {
        if is_remembered(problem.kind) {
            let refused = Refused::of(&problem);
            self.rows.refuse(submission, &refused)?;
            self.known.note(submission, None, self.answers.len());
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
                clock_moves: self.clock_moves,
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
        Command::Purchase(_) | Command::Redeem(_) | Command::Adjust(_) | Command::Claim(_) => {
            "/member"
        }
        _ => "",
    }
}
