//! One bucket as this node sees it: what it leased of the shared one, or a whole one of its own
//! while there is none to share.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::lease::Lease;

/// What may come at once, as time of refill.
const BURST: Duration = Duration::from_secs(1);
/// What was leased and not used in that time is not there any more.
const LEASE_GOOD_FOR: Duration = Duration::from_secs(1);
/// A lease that lasts less than this was too small.
const SLICE_LASTS: Duration = Duration::from_millis(100);
/// The largest slice is one in so many of the quota.
const SLICES: u32 = 10;
/// An empty shared bucket is not asked again sooner.
const LEAST_PAUSE: Duration = Duration::from_millis(20);
/// A shared bucket that can't be reached is not asked again sooner; twice as late each time, up to
/// the most. One that was only slow for a moment must not open a whole bucket more.
const ALONE_FOR: Duration = Duration::from_millis(100);
const ALONE_AT_MOST: Duration = Duration::from_millis(500);

/// What came of taking one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) is_taken: bool,
    pub(super) remaining: u32,
    pub(super) full_in: Duration,
}

impl Outcome {
    /// Rounded up.
    pub(super) fn full_in_seconds(self) -> u64 {
        let partly = u64::from(self.full_in.subsec_nanos() > 0);
        self.full_in.as_secs().saturating_add(partly)
    }
}

#[derive(Debug)]
struct State {
    /// When a bucket of our own would be full again.
    full_at: Instant,
    /// Until then there is none to share.
    alone_until: Instant,
    alone_for: Duration,
    leased: u32,
    leased_at: Instant,
    /// The size of the last lease.
    slice: u32,
    /// What was left in the shared bucket, and when it will be full.
    shared: u32,
    shared_full_at: Instant,
    /// Until then the shared one is known to be empty.
    empty_until: Instant,
}

/// One bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    state: Mutex<State>,
    /// Held while the shared bucket is asked.
    pub(super) leasing: tokio::sync::Mutex<()>,
}

impl Bucket {
    pub(super) fn new(now: Instant) -> Self {
        let state = State {
            full_at: now,
            alone_until: now,
            alone_for: ALONE_FOR,
            leased: 0,
            leased_at: now,
            slice: 0,
            shared: 0,
            shared_full_at: now,
            empty_until: now,
        };
        Self {
            state: Mutex::new(state),
            leasing: tokio::sync::Mutex::new(()),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether forgetting it would forget something.
    pub(super) fn is_busy(&self, now: Instant) -> bool {
        self.with(|state| {
            let ends = state.leased_at + LEASE_GOOD_FOR;
            [state.full_at, state.shared_full_at, state.empty_until, ends]
                .into_iter()
                .any(|at| now < at)
        })
    }

    /// Take one from a bucket of our own.
    pub(super) fn take_alone(&self, limit: u32, now: Instant) -> Outcome {
        self.with(|state| state.take_alone(limit, now))
    }

    /// Take one of those that were leased; `None`: the shared bucket has to be asked.
    pub(super) fn take_leased(&self, limit: u32, now: Instant) -> Option<Outcome> {
        self.with(|state| {
            if now < state.alone_until {
                return Some(state.take_alone(limit, now));
            }
            let is_good = now < state.leased_at + LEASE_GOOD_FOR;
            if is_good && let Some(left) = state.leased.checked_sub(1) {
                state.leased = left;
                return Some(state.outcome(true, now));
            }
            (now < state.empty_until).then(|| state.outcome(false, now))
        })
    }

    /// How many to lease: twice as many while leases are used up at once, one where few come, so
    /// that little is lost at nodes where little is asked.
    pub(super) fn slice(&self, limit: u32, now: Instant) -> u32 {
        self.with(|state| {
            let was_small = now.duration_since(state.leased_at) < SLICE_LASTS;
            let most = limit.div_ceil(SLICES);
            state.slice = if was_small {
                state.slice.saturating_mul(2).clamp(1, most)
            } else {
                1
            };
            state.slice
        })
    }

    /// Take one of a new lease, if there is any in it.
    pub(super) fn accept(&self, lease: Lease, now: Instant) -> Outcome {
        self.with(|state| {
            state.alone_for = ALONE_FOR;
            state.shared = lease.left;
            state.shared_full_at = now + lease.full_in;
            let Some(left) = lease.taken.checked_sub(1) else {
                state.leased = 0;
                state.empty_until = now + lease.next_in.max(LEAST_PAUSE);
                return state.outcome(false, now);
            };
            state.leased = left;
            state.leased_at = now;
            state.outcome(true, now)
        })
    }

    /// Go on alone for a while.
    pub(super) fn fall_back(&self, limit: u32, now: Instant) -> Outcome {
        self.with(|state| {
            // What others let through before is not known here, so little may come at once at first.
            if state.alone_for == ALONE_FOR {
                let each = BURST.checked_div(limit).unwrap_or_default();
                let at_once = each.saturating_mul(limit.div_ceil(SLICES).saturating_add(1));
                state.full_at = state.full_at.max(now + BURST.saturating_sub(at_once));
            }
            state.alone_until = now + state.alone_for;
            state.alone_for = state.alone_for.saturating_mul(2).min(ALONE_AT_MOST);
            state.take_alone(limit, now)
        })
    }
}

impl State {
    fn take_alone(&mut self, limit: u32, now: Instant) -> Outcome {
        let each = BURST.checked_div(limit).unwrap_or_default();
        let next = self.full_at.max(now) + each;
        let is_taken = next.duration_since(now) <= BURST;
        if is_taken {
            self.full_at = next;
        }
        let full_in = self.full_at.saturating_duration_since(now);
        let room = BURST.saturating_sub(full_in).as_nanos();
        let remaining = room.checked_div(each.as_nanos()).unwrap_or(0);
        Outcome {
            is_taken,
            remaining: u32::try_from(remaining).unwrap_or(limit).min(limit),
            full_in,
        }
    }

    fn outcome(&self, is_taken: bool, now: Instant) -> Outcome {
        Outcome {
            is_taken,
            remaining: self.leased.saturating_add(self.shared),
            full_in: self.shared_full_at.saturating_duration_since(now),
        }
    }
}
