//! The thin shell around the batcher: takes commands in, gives batches to idle writers, and answers
//! what waited too long.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
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

/// Sent when a batch has its answers, also when its task ended badly.
struct Done {
    tenant: TenantNumber,
    writer: Option<Writer>,
    back: mpsc::UnboundedSender<Finished>,
}

struct Finished {
    tenant: TenantNumber,
    writer: Writer,
}

impl Drop for Done {
    fn drop(&mut self) {
        let writer = self.writer.take().unwrap_or_default();
        // The dispatcher is gone only when the process ends.
        drop(self.back.send(Finished {
            tenant: self.tenant,
            writer,
        }));
    }
}

/// Run until the intake is closed and every command has its answer.
pub(super) async fn run(
    tools: Arc<Tools>,
    mut intake: mpsc::Receiver<Item>,
    writers: usize,
    closing: Arc<Notify>,
) {
    let mut batcher = Batcher::new(Limits {
        batch: MAX_BATCH,
        queued: MAX_QUEUED_COMMANDS,
        wait: MAX_QUEUE_WAIT,
        in_flight: writers,
        beside: MIN_BESIDE,
    });
    let mut idle: Vec<Writer> = (0..writers).map(|_| Writer::default()).collect();
    let (back, mut finished) = mpsc::unbounded_channel::<Finished>();
    let mut ticker = tokio::time::interval(TICK);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_open = true;
    while is_open || !batcher.is_idle() {
        tokio::select! {
            Some(done) = finished.recv() => {
                batcher.finished(done.tenant);
                idle.push(done.writer);
            }
            item = intake.recv(), if is_open => match item {
                Some(item) => {
                    take_in(&mut batcher, item);
                    while let Ok(item) = intake.try_recv() {
                        take_in(&mut batcher, item);
                    }
                }
                None => is_open = false,
            },
            () = closing.notified() => intake.close(),
            _ = ticker.tick() => {
                for item in batcher.overdue(std::time::Instant::now()) {
                    give_back(item);
                }
            }
        }
        tools
            .metrics
            .queued
            .set(i64::try_from(batcher.queued()).unwrap_or(i64::MAX));
        while let Some(batch) = batcher.next_batch() {
            let writer = idle.pop().unwrap_or_default();
            send(&tools, batch, writer, &back);
        }
    }
}

fn take_in(batcher: &mut Batcher<Item>, item: Item) {
    if let Err(item) = batcher.push(item.submission.tenant, item, std::time::Instant::now()) {
        give_back(item);
    }
}

fn give_back(item: Item) {
    item.finish(Err(overloaded()));
}

/// A batch is written in a task of its own, which gives the writer back however it ends.
fn send(
    tools: &Arc<Tools>,
    batch: Batch<Item>,
    writer: Writer,
    back: &mpsc::UnboundedSender<Finished>,
) {
    tools.metrics.batch_size.observe(f64::from(
        u32::try_from(batch.items.len()).unwrap_or(u32::MAX),
    ));
    let tools = Arc::clone(tools);
    let mut done = Done {
        tenant: batch.tenant,
        writer: Some(writer),
        back: back.clone(),
    };
    tokio::spawn(async move {
        if let Some(writer) = done.writer.as_mut() {
            writer.process(&tools, batch).await;
        }
    });
}
