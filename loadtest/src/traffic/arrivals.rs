//! The open loop: calls become due whether or not earlier ones were answered.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use tokio::{
    sync::Semaphore,
    time::{sleep, sleep_until},
};

/// Calls due but not yet sent; beyond it the server is plainly overloaded.
const BACKLOG_MAX: usize = 1_000_000;
/// Calls per second at least, so that a gap stays a number.
const RATE_MIN: f64 = 0.001;
/// The longest gap between two calls.
const GAP_MAX_SECONDS: f64 = 3_600.0;

/// Due times of calls that no till has taken yet.
pub(super) struct Arrivals {
    due: Mutex<VecDeque<Instant>>,
    waiting: Semaphore,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            due: Mutex::default(),
            waiting: Semaphore::new(0),
        }
    }
}

impl Arrivals {
    fn due(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False when the backlog is full.
    fn push(&self, due_at: Instant) -> bool {
        let mut due = self.due();
        let has_room = due.len() < BACKLOG_MAX;
        if has_room {
            due.push_back(due_at);
            self.waiting.add_permits(1);
        }
        has_room
    }

    /// The next due time, as soon as there is one; nothing when the run is over.
    pub(super) async fn take(&self) -> Option<Instant> {
        self.waiting.acquire().await.ok()?.forget();
        self.due().pop_front()
    }

    /// Puts due times into the queue until `ends_at`: exponential gaps, as independent customers
    /// make them. Returns how many didn't fit.
    pub(super) async fn announce(&self, rate: f64, seed: u64, ends_at: Instant) -> u64 {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut due_at = Instant::now();
        let mut left_out = 0_u64;
        while due_at < ends_at {
            sleep_until(due_at.into()).await;
            let now = Instant::now();
            while due_at <= now && due_at < ends_at {
                left_out = left_out.saturating_add(u64::from(!self.push(due_at)));
                let gap = -(1.0 - random.random::<f64>()).ln() / rate.max(RATE_MIN);
                due_at += Duration::from_secs_f64(gap.min(GAP_MAX_SECONDS));
            }
        }
        left_out
    }

    /// Waits until what is already due has been taken, no longer than `patience`, then lets the
    /// tills go home.
    pub(super) async fn close(&self, patience: Duration) {
        let began = Instant::now();
        while !self.due().is_empty() && began.elapsed() < patience {
            sleep(Duration::from_millis(1)).await;
        }
        self.waiting.close();
    }
}
