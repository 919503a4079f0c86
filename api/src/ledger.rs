//! The one door through which points move. A command goes to the queue of its tenant; whatever
//! waits there is decided and written together, and each caller gets its own answer after commit.

mod append;
mod asked;
mod batch;
mod batcher;
mod committer;
mod dispatcher;
mod facts;
mod history;
mod kept;
mod known;
mod lane;
mod line;
mod ranks;
mod refusal;
mod release;
mod review;
mod statements;
mod sweep;
mod trails;
mod written;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use domain::decide::{Command, Outcome};
use domain::id::ApiKeyId;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::audit::Actor;
use crate::balances_cache::BalancesCache;
use crate::catalog::Catalogs;
use crate::config::{MAX_QUEUED_COMMANDS, REQUEST_DEADLINE};
use crate::db::{Db, TenantNumber};
use crate::problem::{Problem, ProblemKind};
use crate::roster::LookUp;
use crate::telemetry::Metrics;
use crate::vault::Vault;

use dispatcher::Dispatcher;
pub use facts::{add_history, balances_of, facts_of, facts_of_named};
pub use known::till_identity;
pub use line::Line;
pub use ranks::{Ranked, add_ranks, outlook_of, ranked, set_rank};
pub use refusal::{problem_of, unknown_member};
pub use release::release_lapsed;
pub use review::Reviewer;
pub use sweep::{Due, sweep};
pub use written::WrittenReceipt;

/// How long after the deadline a writer may still say what it knows.
const LAST_WORD: Duration = Duration::from_millis(500);
/// Commands that callers with many of them may have waiting at once, all together: the rest of the
/// queue is for those who have one.
const MAX_BULK_COMMANDS: usize = MAX_QUEUED_COMMANDS.div_euclid(4);

/// A command on its way to the ledger.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Whose ledger.
    pub tenant: TenantNumber,
    /// The key that asked.
    pub actor: ApiKeyId,
    /// Hash of the caller's idempotency key.
    pub key: Uuid,
    /// Hash of what was asked.
    pub content: Uuid,
    /// The member it concerns, as the caller named it.
    pub member: Option<LookUp>,
    /// What is to be done.
    pub command: Command,
    /// The receipt of a purchase, as it was hashed.
    pub receipt: Option<WrittenReceipt>,
}

/// Why an answer is not the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// The same idempotency key: the first status is repeated.
    OfKey,
    /// The same till identity or reference under another key.
    OfIdentity,
}

/// What a command did, after commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was recorded.
    pub outcome: Outcome,
    /// Set when it was recorded before.
    pub replay: Option<Replay>,
}

/// Counters of the write path.
#[derive(Debug, Clone)]
pub struct LedgerMetrics {
    batch_size: Histogram,
    queued: Gauge,
    splits: Counter,
    retries: Counter,
    unknown: Counter,
}

impl Default for LedgerMetrics {
    fn default() -> Self {
        Self {
            batch_size: Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]),
            queued: Gauge::default(),
            splits: Counter::default(),
            retries: Counter::default(),
            unknown: Counter::default(),
        }
    }
}

impl LedgerMetrics {
    /// Show them among the process's metrics.
    pub fn register(&self, metrics: &Metrics) {
        metrics.add(
            "ledger_batch_size",
            "Commands in one batch",
            self.batch_size.clone(),
        );
        metrics.add(
            "ledger_queued",
            "Commands waiting for a batch",
            self.queued.clone(),
        );
        metrics.add(
            "ledger_batch_splits",
            "Batches split after a failure",
            self.splits.clone(),
        );
        metrics.add(
            "ledger_batch_retries",
            "Batches repeated",
            self.retries.clone(),
        );
        metrics.add(
            "ledger_outcomes_unknown",
            "Answers 504 outcome_unknown",
            self.unknown.clone(),
        );
    }
}

/// What the writers work with.
#[derive(Debug)]
pub struct Tools {
    /// Where points are written.
    pub db: Db,
    /// What receipts are judged by.
    pub catalogs: Catalogs,
    /// Where new balances are remembered.
    pub balances: BalancesCache,
    /// Opens what rules may know of people.
    pub vault: Vault,
    /// What is counted.
    pub metrics: LedgerMetrics,
}

/// A command with the place where its answer goes.
#[derive(Debug)]
struct Item {
    submission: Submission,
    reply: oneshot::Sender<Result<Answer, Problem>>,
    deadline: tokio::time::Instant,
    line: Option<Line>,
    /// Who stands for it in the audit log, where it is told there.
    audited: Option<Actor>,
}

impl Item {
    /// Answer it. Without certainty that it took effect, those behind it in its line must not.
    fn finish(self, answer: Result<Answer, Problem>) {
        if let (Err(problem), Some(line)) = (&answer, &self.line)
            && problem.applied().is_some()
        {
            line.break_off();
        }
        // A caller that went away can ask again with the same key.
        drop(self.reply.send(answer));
    }
}

/// A command that was handed in.
#[derive(Debug)]
pub struct Pending {
    answer: oneshot::Receiver<Result<Answer, Problem>>,
    deadline: tokio::time::Instant,
    line: Option<Line>,
}

/// The door.
#[derive(Debug, Clone)]
pub struct Ledger {
    dispatcher: Arc<Dispatcher>,
    bulk: Arc<Semaphore>,
}

/// Ends when every command that was taken in has its answer.
#[derive(Debug)]
pub struct LedgerTask {
    task: JoinHandle<()>,
    dispatcher: Arc<Dispatcher>,
}

impl LedgerTask {
    /// Take nothing more in, and wait for the last answer.
    pub async fn finished(self) {
        self.dispatcher.close();
        if let Err(error) = self.task.await {
            tracing::error!(cause = %error, "the ledger's dispatcher ended badly");
        }
    }
}

impl Ledger {
    /// Open the door with `writers` writers, each on a thread of its own.
    pub fn open(tools: Tools, writers: usize) -> io::Result<(Self, LedgerTask)> {
        let runtime = tools.db.runtime().clone();
        let dispatcher = Arc::new(Dispatcher::new(tools, writers)?);
        let task = runtime.spawn(Arc::clone(&dispatcher).watch());
        let door = Self {
            dispatcher: Arc::clone(&dispatcher),
            bulk: Arc::new(Semaphore::new(MAX_BULK_COMMANDS)),
        };
        Ok((door, LedgerTask { task, dispatcher }))
    }

    /// Hand in a command and wait for its answer. A caller that goes away does not undo it.
    pub async fn submit(&self, submission: Submission) -> Result<Answer, Problem> {
        self.hand_in(submission, None)?.answer().await
    }

    /// The same, with an entry in the audit log beside what is written.
    pub(crate) async fn submit_audited(
        &self,
        submission: Submission,
        actor: Actor,
    ) -> Result<Answer, Problem> {
        let pending = self.take(submission, None, Some(actor))?;
        pending.answer().await
    }

    /// Wait until `commands` more of a caller who has many may be handed in.
    pub async fn room_for(&self, commands: u32) -> Result<OwnedSemaphorePermit, Problem> {
        let room = Arc::clone(&self.bulk).acquire_many_owned(commands).await;
        room.map_err(|_closed| shutting_down())
    }

    /// Hand in a command. Those of one tenant take effect in the order of handing in, but for those
    /// that are given back; with a line, nothing behind one of those takes effect either.
    pub fn hand_in(&self, submission: Submission, line: Option<Line>) -> Result<Pending, Problem> {
        self.take(submission, line, None)
    }

    fn take(
        &self,
        submission: Submission,
        line: Option<Line>,
        audited: Option<Actor>,
    ) -> Result<Pending, Problem> {
        let (reply, answer) = oneshot::channel();
        let deadline = tokio::time::Instant::now() + REQUEST_DEADLINE;
        let item = Item {
            submission,
            reply,
            deadline,
            line: line.clone(),
            audited,
        };
        if !self.dispatcher.take_in(item) {
            if let Some(line) = line {
                line.break_off();
            }
            return Err(shutting_down());
        }
        Ok(Pending {
            answer,
            deadline,
            line,
        })
    }
}

impl Pending {
    /// Wait for the answer. Without one in time, or when the writer that held it is gone without a
    /// word, only a repeat can tell what it did.
    pub async fn answer(self) -> Result<Answer, Problem> {
        match tokio::time::timeout_at(self.deadline + LAST_WORD, self.answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => {
                if let Some(line) = &self.line {
                    line.break_off();
                }
                Err(unknown())
            }
        }
    }
}

fn shutting_down() -> Problem {
    Problem::new(
        ProblemKind::ShuttingDown,
        "Repeat the request with the same key.",
    )
}

fn overloaded() -> Problem {
    Problem::new(
        ProblemKind::LedgerUnavailable,
        "Too many requests are waiting. Repeat the request with the same key.",
    )
}

fn unknown() -> Problem {
    Problem::new(
        ProblemKind::OutcomeUnknown,
        "Repeat the request with the same key to learn the outcome.",
    )
}
