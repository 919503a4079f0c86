//! Messages on their way: a few lanes side by side, each with a connection of its own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::EventId;
use jiff::Timestamp;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock;
use crate::db::DbError;
use crate::outbound::sign::SigningSecret;
use crate::outbound::{Destination, Lane, PostFailure, Reply, Tls};

/// Messages to one endpoint that are on their way at once.
const MAX_IN_FLIGHT: usize = 20;
/// No message is begun later in a run: with the longest wait for an answer it ends within the worker's lease.
const SEND_FOR: Duration = Duration::from_secs(25);
/// So many failures without anything that arrived end a run.
const MAX_FAILURES: u32 = 20;

/// One event for one endpoint.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) event: Uuid,
    /// How often it was tried before.
    pub(super) attempts: i32,
    pub(super) kind: String,
    pub(super) recorded_at: Timestamp,
    pub(super) data: String,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) event: Uuid,
    pub(super) attempts: i32,
    pub(super) outcome: Result<Reply, PostFailure>,
}

/// What all lanes of a run share.
struct Run {
    waiting: Mutex<VecDeque<Message>>,
    secrets: Vec<SigningSecret>,
    failures: AtomicU32,
    has_arrived: AtomicBool,
    until: Instant,
}

/// Send messages in their order, some at once; what became of those that were tried.
pub(super) async fn send(
    destination: &Arc<Destination>,
    tls: &Tls,
    secrets: Vec<SigningSecret>,
    messages: Vec<Message>,
) -> Result<Vec<Tried>, DbError> {
    let lanes = messages.len().min(MAX_IN_FLIGHT);
    let run = Arc::new(Run {
        waiting: Mutex::new(messages.into()),
        secrets,
        failures: AtomicU32::new(0),
        has_arrived: AtomicBool::new(false),
        until: Instant::now() + SEND_FOR,
    });
    let mut under_way = JoinSet::new();
    for _ in 0..lanes {
        let lane = Lane::new(Arc::clone(destination), tls.clone());
        under_way.spawn(Arc::clone(&run).work(lane));
    }
    let mut all = Vec::new();
    while let Some(done) = under_way.join_next().await {
        all.extend(done.map_err(|error| DbError::Failed(error.to_string()))?);
    }
    Ok(all)
}

impl Run {
    async fn work(self: Arc<Self>, mut lane: Lane) -> Vec<Tried> {
        let mut all = Vec::new();
        while let Some(message) = self.next() {
            let body = body(&message);
            let outcome = lane.post(&self.headers(message.event, &body), body).await;
            if outcome.is_ok() {
                self.has_arrived.store(true, Ordering::Relaxed);
            } else {
                self.failures.fetch_add(1, Ordering::Relaxed);
            }
            all.push(Tried {
                event: message.event,
                attempts: message.attempts.saturating_add(1),
                outcome,
            });
        }
        all
    }

    fn next(&self) -> Option<Message> {
        let is_hopeless = !self.has_arrived.load(Ordering::Relaxed)
            && self.failures.load(Ordering::Relaxed) >= MAX_FAILURES;
        if is_hopeless || Instant::now() >= self.until {
            return None;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front()
    }

    fn headers(&self, event: Uuid, body: &str) -> [(&'static str, String); 3] {
        let id = EventId::from_uuid(event).to_string();
        let timestamp = clock::now().as_second();
        let signatures = self.secrets.iter();
        let signatures = signatures.map(|secret| secret.signature(&id, timestamp, body));
        let signatures = signatures.collect::<Vec<_>>().join(" ");
        [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signatures),
        ]
    }
}

/// As Standard Webhooks has it; the data goes as it was written.
fn body(message: &Message) -> String {
    let kind = Value::from(message.kind.as_str());
    let (at, data) = (message.recorded_at, &message.data);
    format!(r#"{{"type":{kind},"timestamp":"{at}","data":{data}}}"#)
}
