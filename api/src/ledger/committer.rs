//! Brings one batch to its end: every command gets exactly one answer, its own, and only after
//! commit. What fails together is split until the culprit is alone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::batch::{self, Decided};
use super::batcher::Batch;
use super::{Answer, Item, Tools, unknown};
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
/// Tries after which a batch that keeps meeting used keys is split.
const MAX_COLLISIONS: u32 = 8;

/// Writes batches, one after the other, on a connection of its own.
#[derive(Debug, Default)]
pub(super) struct Writer {
    session: Option<Box<Session>>,
}

/// How the tries of a batch went so far.
#[derive(Debug, Default)]
struct Tries {
    collisions: u32,
    pause: Option<Duration>,
    failing_since: Option<Instant>,
    /// Commit was sent once and not answered.
    may_be_written: bool,
}

impl Writer {
    /// Answer every command of the batch.
    pub(super) async fn process(&mut self, tools: &Tools, batch: Batch<Item>) {
        let mut parts = vec![batch.items];
        while let Some(mut items) = parts.pop() {
            // A caller that is gone is still served: its write was promised to a queue.
            match self.settle(tools, batch.tenant, &items).await {
                Ok(answers) => reply(items, answers),
                Err(Unsettled::Answer(problem)) => refuse(items, &problem),
                Err(Unsettled::Split(problem)) => {
                    if items.len() <= 1 {
                        refuse(items, &problem);
                        continue;
                    }
                    tools.metrics.splits.inc();
                    let second = items.split_off(items.len().div_ceil(2));
                    parts.push(second);
                    parts.push(items);
                }
            }
        }
    }

    /// Try until the batch is written, can't be written, or its time is over.
    async fn settle(
        &mut self,
        tools: &Tools,
        tenant: TenantNumber,
        items: &[Item],
    ) -> Result<Vec<Result<Answer, Problem>>, Unsettled> {
        let deadline = items
            .iter()
            .map(|item| item.deadline)
            .max()
            .unwrap_or_else(Instant::now);
        let mut tries = Tries::default();
        loop {
            let error = match self.attempt(tools, tenant, items).await {
                Ok(decided) => {
                    self.remember(tools, tenant, &decided);
                    return Ok(decided.answers);
                }
                Err(error) => error,
            };
            tools.metrics.retries.inc();
            tries.may_be_written |= matches!(error, DbError::OutcomeUnknown(_));
            match error {
                DbError::Duplicate(_) if tries.collisions < MAX_COLLISIONS => {
                    tries.collisions = tries.collisions.saturating_add(1);
                }
                error if error.is_passing() || matches!(error, DbError::OutcomeUnknown(_)) => {
                    if tries.are_over(deadline) {
                        return Err(Unsettled::Answer(tries.verdict(tools, error)));
                    }
                    tries.rest().await;
                }
                error => return Err(Unsettled::Split(tries.verdict(tools, error))),
            }
        }
    }

    async fn attempt(
        &mut self,
        tools: &Tools,
        tenant: TenantNumber,
        items: &[Item],
    ) -> Result<Decided, DbError> {
        let commit_sent = AtomicBool::new(false);
        let work = self.write_and_commit(tools, tenant, items, &commit_sent);
        match tokio::time::timeout(LONGEST_TRY, Box::pin(work)).await {
            Ok(result) => result,
            Err(_elapsed) if commit_sent.load(Ordering::Relaxed) => Err(DbError::OutcomeUnknown(
                "no answer to commit in time".into(),
            )),
            Err(_elapsed) => Err(DbError::Broken("no answer in time".into())),
        }
    }

    async fn write_and_commit(
        &mut self,
        tools: &Tools,
        tenant: TenantNumber,
        items: &[Item],
        commit_sent: &AtomicBool,
    ) -> Result<Decided, DbError> {
        let session = match self.session.take() {
            Some(session) => session,
            None => Box::new(tools.db.own_session().await?),
        };
        let tx = TenantConn::open(session.into(), tenant).await?;
        match batch::write(tools, &tx, items).await {
            Ok(decided) => {
                commit_sent.store(true, Ordering::Relaxed);
                self.keep(tx.commit().await?);
                Ok(decided)
            }
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

    /// Copy the new balances to Redis beside the next batch; a newer version always wins.
    fn remember(&self, tools: &Tools, tenant: TenantNumber, decided: &Decided) {
        if decided.balances.is_empty() {
            return;
        }
        let (cache, balances) = (tools.balances.clone(), decided.balances.clone());
        tools
            .db
            .runtime()
            .spawn(async move { cache.put(tenant, &balances).await });
    }
}

enum Unsettled {
    /// All get the same answer.
    Answer(Problem),
    /// One of them is the culprit.
    Split(Problem),
}

impl Tries {
    async fn rest(&mut self) {
        let pause = self.pause.map_or(FIRST_PAUSE, |last| {
            last.saturating_mul(2).min(LONGEST_PAUSE)
        });
        self.pause = Some(pause);
        tokio::time::sleep(pause).await;
    }

    /// What may be written is tried to the end, since only that can tell; else callers hear soon.
    fn are_over(&mut self, deadline: Instant) -> bool {
        let now = Instant::now();
        let since = *self.failing_since.get_or_insert(now);
        now >= deadline || (!self.may_be_written && now.duration_since(since) >= LONGEST_OUTAGE)
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
        // A caller that went away can ask again with the same key.
        drop(item.reply.send(answer));
    }
}

fn refuse(items: Vec<Item>, problem: &Problem) {
    for item in items {
        drop(item.reply.send(Err(problem.clone())));
    }
}
