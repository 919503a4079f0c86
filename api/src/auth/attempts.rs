//! Wrong secrets are counted per key id. Whoever guesses is soon told to wait, before any hash is
//! computed; a secret that was seen to be right is never asked for again, so its owner goes on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::id::ApiKeyId;

use crate::problem::{Problem, ProblemKind};

/// Wrong secrets for one id within [`WINDOW`].
const MAX_FAILURES: u32 = 5;
/// How long wrong secrets are held against an id.
const WINDOW: Duration = Duration::from_secs(60);
/// Ids that are remembered. Each costs a hash, of which a node computes fewer in a window.
const MAX_REMEMBERED: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Instant,
    count: u32,
}

/// Wrong secrets of late, at this node.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    failures: Mutex<HashMap<ApiKeyId, Failures>>,
}

impl Attempts {
    /// Whether a secret for this id is looked at. It makes no difference whether the key exists.
    pub(super) fn check(&self, id: ApiKeyId, now: Instant) -> Result<(), Problem> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = failures.get(&id) else {
            return Ok(());
        };
        let left = WINDOW.saturating_sub(now.duration_since(known.since));
        if left.is_zero() || known.count < MAX_FAILURES {
            return Ok(());
        }
        let mut problem = Problem::new(
            ProblemKind::RateLimited,
            "Too many wrong secrets for this key id. Repeat the request later, with the right one.",
        );
        let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
        problem.retry_after = Some(seconds.saturating_add(1));
        Err(problem)
    }

    /// Note a wrong secret.
    pub(super) fn note(&self, id: ApiKeyId, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MAX_REMEMBERED {
            failures.retain(|_, known| now.duration_since(known.since) < WINDOW);
        }
        if failures.len() >= MAX_REMEMBERED && !failures.contains_key(&id) {
            let oldest = failures.iter().min_by_key(|(_, known)| known.since);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                failures.remove(&oldest);
            }
        }
        let fresh = Failures {
            since: now,
            count: 0,
        };
        let known = failures.entry(id).or_insert(fresh);
        if now.duration_since(known.since) >= WINDOW {
            *known = fresh;
        }
        known.count = known.count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests;
