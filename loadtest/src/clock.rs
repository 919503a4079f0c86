//! The only place of the load generator that reads the clock of the world or the system's randomness.

use std::time::Instant;

use jiff::Timestamp;
use rand::RngExt;

/// The present, for `occurred_at` of receipts.
#[expect(
    clippy::disallowed_methods,
    reason = "the generator plays a till, and a till has a clock"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A mark that no other run shares, so that keys and receipt numbers of two runs never meet.
pub(crate) fn run_mark() -> String {
    format!("{:012x}", rand::rng().random_range(0..1_u64 << 48))
}

/// A secret of 64 hexadecimal digits for a server that lives only for one run.
pub(crate) fn secret() -> String {
    let mut random = rand::rng();
    (0..4)
        .map(|_| format!("{:016x}", random.random::<u64>()))
        .collect()
}

/// Microseconds from `start` to `end`; 0 when they stand the other way round.
pub(crate) fn micros_between(start: Instant, end: Instant) -> u64 {
    let elapsed = end.saturating_duration_since(start);
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}
