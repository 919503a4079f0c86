//! The only place that reads the clock, makes ids and draws randomness, so that everything
//! else is a function of its arguments.

use jiff::Timestamp;
use uuid::Uuid;

/// The node's time. Ledger time is the database's; this serves tokens, logs and limits.
#[expect(
    clippy::disallowed_methods,
    reason = "this module is where the clock is read"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A new time-ordered id.
#[expect(
    clippy::disallowed_methods,
    reason = "this module is where ids are made"
)]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// Fill `buffer` from the operating system's random source.
pub fn fill_random(buffer: &mut [u8]) -> Result<(), NoRandomness> {
    aws_lc_rs::rand::fill(buffer).map_err(|_unspecified| NoRandomness)
}

/// The operating system gave no randomness; nothing secret can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system's random source failed")]
pub struct NoRandomness;
