//! The thin shell around the batcher: whoever hands in a command puts it in the queue and calls for a batch only when one
//! may go, since each call wakes a thread; who has brought a batch to its end begins the next.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

use super::batcher::{Batch, Batcher, Limits, Waits};
use super::committer::Writer;
use super::{Item, Tools, overloaded};
use crate::config::{MAX_BATCH, MAX_QUEUE_WAIT, MAX_QUEUED_COMMANDS, MIN_BESIDE};
use crate::db::TenantNumber;

/// How often the queue is looked through for what waited too long.
const TICK: Duration = Duration::from_millis(100);

impl Waits for Item {
    fn is_in_line(&self) -> bool {
        self.line.is_some()
    }
}

/// What waits, who may write it, and whether anybody was called to.
#[derive(Debug)]
struct State {
    batcher: Batcher<Item>,
    idle: Vec<Writer>,
    is_called: bool,
    is_open: bool,
}

/// The queue and its writers.
#[derive(Debug)]
pub(super) struct Dispatcher {
    tools: Tools,
    state: Mutex<State>,
    /// Told when it is closed, and when nothing is left after that.
    changed: Notify,
}

/// Tells when a batch has its answers, also when its task ended badly.
struct Done {
    dispatcher: Arc<Dispatcher>,
    tenant: TenantNumber,
    writer: Option<Writer>,
}

impl Drop for Done {
    fn drop(&mut self) {
        let mut state = self.dispatcher.state();
        state.batcher.finished(self.tenant);
        state.idle.extend(self.writer.take());
        self.dispatcher.begin(state);
    }
}

impl Dispatcher {
    pub(super) fn new(tools: Tools, writers: usize) -> io::Result<Self> {
        let batcher = Batcher::new(Limits {
            batch: MAX_BATCH,
            queued: MAX_QUEUED_COMMANDS,
            wait: MAX_QUEUE_WAIT,
            in_flight: writers,
            beside: MIN_BESIDE,
        });
        let state = State {
            batcher,
            idle: (0..writers)
                .map(|_| Writer::open())
                .collect::<io::Result<_>>()?,
            is_called: false,
            is_open: true,
        };
        Ok(Self {
            tools,
            state: Mutex::new(state),
            changed: Notify::new(),
        })
    }

    /// Nothing that holds the lock waits, and what panics under it leaves queues that can go on.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Put a command in the queue of its tenant, unless nothing more is taken in.
    pub(super) fn take_in(self: &Arc<Self>, item: Item) -> bool {
        let mut state = self.state();
        if !state.is_open {
            return false;
        }
        let tenant = item.submission.tenant;
        let turned_away = state.batcher.push(tenant, item, Instant::now());
        self.note_queued(&state);
        let is_to_call = !state.is_called && state.batcher.is_ready();
        let called = state.idle.last().filter(|_| is_to_call).map(Writer::thread);
        state.is_called |= called.is_some();
        drop(state);
        if let Err(item) = turned_away {
            give_back(item);
        }
        if let Some(thread) = called {
            let dispatcher = Arc::clone(self);
            // Not begun here: until the other thread runs, more may come that goes along.
            thread.spawn(async move { dispatcher.begin(dispatcher.state()) });
        }
        true
    }

    /// Begin every batch that may go. Without the lock, since a runtime that is ending drops what it is given at once, and
    /// with it a batch that tells that it is over.
    fn begin(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        // Who was called may be busy by now, with a batch that somebody else began there.
        state.is_called = false;
        let mut batches = Vec::new();
        while let Some(writer) = state.idle.pop() {
            let Some(batch) = state.batcher.next_batch() else {
                state.idle.push(writer);
                break;
            };
            batches.push((batch, writer));
        }
        self.note_queued(&state);
        if !state.is_open && state.batcher.is_idle() {
            self.changed.notify_one();
        }
        drop(state);
        for (batch, writer) in batches {
            self.send(batch, writer);
        }
    }

    /// A batch is written in a task of its own, which gives the writer back however it ends.
    fn send(self: &Arc<Self>, batch: Batch<Item>, writer: Writer) {
        self.tools.metrics.batch_size.observe(f64::from(
            u32::try_from(batch.items.len()).unwrap_or(u32::MAX),
        ));
        let thread = writer.thread();
        let mut done = Done {
            dispatcher: Arc::clone(self),
            tenant: batch.tenant,
            writer: Some(writer),
        };
        thread.spawn(async move {
            if let Some(writer) = done.writer.as_mut() {
                writer.process(&done.dispatcher.tools, batch).await;
            }
        });
    }

    fn note_queued(&self, state: &State) {
        let queued = i64::try_from(state.batcher.queued()).unwrap_or(i64::MAX);
        self.tools.metrics.queued.set(queued);
    }

    /// Take nothing more in.
    pub(super) fn close(&self) {
        self.state().is_open = false;
        self.changed.notify_one();
    }

    /// Answer what waits too long, until it is closed and every command has its answer.
    pub(super) async fn watch(self: Arc<Self>) {
        let mut ticker = tokio::time::interval(TICK);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticker.tick() => {}
                () = self.changed.notified() => {}
            }
            let mut state = self.state();
            let overdue = state.batcher.overdue(Instant::now());
            let is_over = !state.is_open && state.batcher.is_idle();
            self.begin(state);
            for item in overdue {
                give_back(item);
            }
            if is_over {
                // Their connections end with the last answer, not with the last who holds the door.
                self.state().idle.clear();
                return;
            }
        }
    }
}

fn give_back(item: Item) {
    item.finish(Err(overloaded()));
}
