//! Brings one batch to its end: every command gets exactly one answer, its own, and only after
//! commit. What fails together is split until the culprit is alone.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::time::Instant;

use domain::id::MemberId;

use super::batch::{self, Decided, Repeats};
use super::batcher::Batch;
use super::lane::Lane;
use super::{Answer, Item, Line, Tools, overloaded, unknown};
use crate::balances_cache::HotBalances;
use crate::db::tenant::SessionSource;
use crate::db::{DbError, Session, TenantConn, TenantNumber};
use crate::problem::Problem;

/// Pause before a batch is tried again, growing with each try.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// One try of a batch, from lock to commit.
const LONGEST_TRY: Duration = Duration::from_secs(3);
/// How long a batch that certainly is not written is tried before its callers hear 503.
const LONGEST_OUTAGE: Duration = Duration::from_secs(1);
/// With less time left no try is begun: cut off at commit it would leave a caller in doubt.
const SHORTEST_TRY: Duration = Duration::from_millis(250);
/// Tries after which a batch that keeps meeting used keys is split.
const MAX_COLLISIONS: u32 = 8;
/// Batches that look for repeats before they decide, after one that met one: repeats come in swarms.
const LOOKS_AFTER_A_REPEAT: u32 = 64;

/// Writes batches, one after the other, on a connection and a thread of its own.
#[derive(Debug)]
pub(super) struct Writer {
    session: Option<Box<Session>>,
    lane: Lane,
    /// Batches that still look for repeats first, since one was met.
    looks_first: u32,
}

/// Commands that are tried together, and how their tries went so far.
#[derive(Debug)]
struct Part {
    items: Vec<Item>,
    collisions: u32,
    pause: Option<Duration>,
    failing_since: Option<Instant>,
    /// Commit was sent once and not answered; also true of what such a part is split into.
    may_be_written: bool,
}

impl Writer {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self {
            session: None,
            lane: Lane::open()?,
            looks_first: 0,
        })
    }

    /// Where its batches are to be brought to their end.
    pub(super) fn thread(&self) -> Handle {
        self.lane.thread()
    }

    /// Answer every command of the batch.
    pub(super) async fn process(&mut self, tools: &Tools, batch: Batch<Item>) {
        let mut parts = vec![Part::new(batch.items, false)];
        while let Some(mut part) = parts.pop() {
            part.give_back_broken_lines();
            if part.items.is_empty() {
                continue;
            }
            // A caller that is gone is still served: its write was promised to a queue.
            match self.settle(tools, batch.tenant, &mut part).await {
                Ok(answers) => reply(part.items, answers),
                Err(Unsettled::Split(_)) if part.items.len() > 1 => {
                    tools.metrics.splits.inc();
                    parts.extend(part.halves());
                }
                Err(Unsettled::Split(error) | Unsettled::Answer(error)) => {
                    let problem = part.verdict(tools, error);
                    refuse(part.items, &problem);
                }
            }
        }
    }

    /// Try until the part is written, can't be written, or the time of one of its callers is over.
    async fn settle(
        &mut self,
        tools: &Tools,
        tenant: TenantNumber,
        part: &mut Part,
    ) -> Result<Vec<Result<Answer, Problem>>, Unsettled> {
        let deadline = part.deadline();
        let mut last = DbError::Unavailable("no time was left for a try".into());
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left < SHORTEST_TRY {
                return Err(Unsettled::Answer(last));
            }
            let repeats = if part.collisions > 0 || part.may_be_written || self.looks_first > 0 {
                Repeats::Expected
            } else {
                Repeats::Unexpected
            };
            last = match self
                .attempt(tools, tenant, &part.items, (left, repeats))
                .await
            {
                Ok(decided) => {
                    self.looks_first = self.looks_first.saturating_sub(1);
                    remember(tools, tenant, decided.balances);
                    return Ok(decided.answers);
                }
                Err(error) => error,
            };
            part.may_be_written |= matches!(last, DbError::OutcomeUnknown(_));
            match &last {
                DbError::Duplicate(_) if part.collisions < MAX_COLLISIONS => {
                    part.collisions = part.collisions.saturating_add(1);
                    self.looks_first = LOOKS_AFTER_A_REPEAT;
                }
                DbError::OutcomeUnknown(_) => part.rest().await,
                error if error.is_passing() && part.may_pass() => part.rest().await,
                error if error.is_passing() => return Err(Unsettled::Answer(last)),
                DbError::StorageFull(_) => return Err(Unsettled::Answer(last)),
                _ => return Err(Unsettled::Split(last)),
            }
            tools.metrics.retries.inc();
        }
    }

    /// One try, of which always one of three things is known: it is written, it is not, or commit
    /// was sent. A panic counts as the failure of one of its commands.
    async fn attempt(
        &mut self,
        tools: &Tools,
        tenant: TenantNumber,
        items: &[Item],
        (left, repeats): (Duration, Repeats),
    ) -> Result<Decided, DbError> {
        let commit_sent = AtomicBool::new(false);
        let work = self.write_and_commit(tools, tenant, items, (&commit_sent, repeats));
        let work = AssertUnwindSafe(Box::pin(work)).catch_unwind();
        let error = match tokio::time::timeout(left.min(LONGEST_TRY), work).await {
            Ok(Ok(result)) => return result,
            Ok(Err(_panic)) => DbError::Failed("a command made the writer panic".into()),
            Err(_elapsed) => DbError::Broken("no answer in time".into()),
        };
        if commit_sent.load(Ordering::Relaxed) {
            return Err(DbError::OutcomeUnknown(error.to_string()));
        }
        Err(error)
    }

    async fn write_and_commit(
        &mut self,
        tools: &Tools,
        tenant: TenantNumber,
        items: &[Item],
        (commit_sent, repeats): (&AtomicBool, Repeats),
    ) -> Result<Decided, DbError> {
        let session = match self.session.take() {
            Some(session) => session,
            None => Box::new(tools.db.own_session().await?),
        };
        let tx = TenantConn::announce(session.into(), tenant)?;
        match batch::write(tools, &tx, items, repeats).await {
            Ok(decided) => {
                commit_sent.store(true, Ordering::Relaxed);
                self.keep(tx.commit().await?);
                Ok(decided)
            }
            // Its statements may be gone while it still answers: a fresh one prepares them again.
            Err(error @ DbError::Broken(_)) => Err(error),
            Err(error) => {
                // A connection that can still roll back is still good; the error stands either way.
                if let Ok(session) = tx.rollback().await {
                    self.keep(session);
                }
                Err(error)
            }
        }
    }

    fn keep(&mut self, source: SessionSource) {
        if let SessionSource::Own(session) = source {
            self.session = Some(session);
        }
    }
}

/// Copy the new balances that somebody reads to Redis beside the next batch; a newer version always wins.
fn remember(tools: &Tools, tenant: TenantNumber, balances: Vec<(MemberId, HotBalances)>) {
    if balances.is_empty() {
        return;
    }
    let cache = tools.balances.clone();
    tools
        .db
        .runtime()
        .spawn(async move { cache.put_wanted(tenant, balances).await });
}

enum Unsettled {
    /// All get the same answer.
    Answer(DbError),
    /// One of them is the culprit.
    Split(DbError),
}

impl Part {
    const fn new(items: Vec<Item>, may_be_written: bool) -> Self {
        Self {
            items,
            collisions: 0,
            pause: None,
            failing_since: None,
            may_be_written,
        }
    }

    /// Give back what stands behind a command that was given back: it may not overtake it.
    fn give_back_broken_lines(&mut self) {
        let is_broken = |item: &mut Item| item.line.as_ref().is_some_and(Line::is_broken_off);
        for item in self.items.extract_if(.., is_broken) {
            let problem = if self.may_be_written {
                unknown()
            } else {
                overloaded()
            };
            item.finish(Err(problem));
        }
    }

    /// When the first of its callers stops waiting.
    fn deadline(&self) -> Instant {
        let deadlines = self.items.iter().map(|item| item.deadline);
        deadlines.min().unwrap_or_else(Instant::now)
    }

    /// The second half, then the first, which so is tried first.
    fn halves(mut self) -> [Self; 2] {
        let second = self.items.split_off(self.items.len().div_ceil(2));
        [second, self.items].map(|items| Self::new(items, self.may_be_written))
    }

    /// What may be written is tried to the end, since only that can tell; else callers hear soon.
    fn may_pass(&mut self) -> bool {
        let since = *self.failing_since.get_or_insert_with(Instant::now);
        self.may_be_written || since.elapsed() < LONGEST_OUTAGE
    }

    async fn rest(&mut self) {
        let pause = self.pause.map_or(FIRST_PAUSE, |last| {
            last.saturating_mul(2).min(LONGEST_PAUSE)
        });
        self.pause = Some(pause);
        tokio::time::sleep(pause).await;
    }

    /// What is known in the end: once commit was sent and not answered, only a repeat can tell.
    fn verdict(&self, tools: &Tools, error: DbError) -> Problem {
        if self.may_be_written {
            tools.metrics.unknown.inc();
            return unknown();
        }
        error.into()
    }
}

fn reply(items: Vec<Item>, answers: Vec<Result<Answer, Problem>>) {
    for (item, answer) in items.into_iter().zip(answers) {
        item.finish(answer);
    }
}

fn refuse(items: Vec<Item>, problem: &Problem) {
    for item in items {
        item.finish(Err(problem.clone()));
    }
}
