//! How a key is replaced: the old one stays good for a while, so that every till can be given the new one.

use domain::fault::{Fault, FaultCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// A day, in which every till can be given the new key.
const DEFAULT_OVERLAP_SECONDS: u32 = 24 * 60 * 60;
/// Thirty days.
const MAX_OVERLAP_SECONDS: u32 = 30 * 24 * 60 * 60;

/// How a key is replaced.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// How long the old key stays good, in seconds; a day when left out, at most 30 days.
    #[schema(maximum = 2_592_000)]
    pub(crate) overlap_seconds: Option<u32>,
}

impl Rotation {
    /// When the old key ends.
    pub(crate) fn ends_at(&self, now: Timestamp) -> Result<Timestamp, Problem> {
        let seconds = self.overlap_seconds.unwrap_or(DEFAULT_OVERLAP_SECONDS);
        let too_long = || {
            let detail = "Use at most 2592000 seconds, which are 30 days.";
            Problem::invalid(vec![Fault::new(
                "/overlap_seconds",
                FaultCode::OutOfRange,
                detail,
            )])
        };
        if seconds > MAX_OVERLAP_SECONDS {
            return Err(too_long());
        }
        now.checked_add(SignedDuration::from_secs(i64::from(seconds)))
            .map_err(|_out_of_range| too_long())
    }
}
