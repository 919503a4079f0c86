//! How fast one tenant may call one node. A bucket that refills evenly: a second's worth may come at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::db::TenantNumber;
use crate::problem::{Problem, ProblemKind};

/// Tenants that are remembered; beyond it those that have been quiet are forgotten.
const MAX_REMEMBERED: usize = 10_000;
/// What may come at once, as time of refill.
const BURST: Duration = Duration::from_secs(1);

/// Counts requests per tenant in this process.
#[derive(Debug)]
pub struct RateLimits {
    /// Requests per second of a tenant without a limit of its own; 0 = none.
    default: u32,
    /// The instant at which each tenant's bucket would be full again.
    full_at: Mutex<HashMap<TenantNumber, Instant>>,
}

impl RateLimits {
    /// With the limit of tenants that have none of their own; 0 = none.
    pub fn new(default: u32) -> Self {
        Self {
            default,
            full_at: Mutex::new(HashMap::new()),
        }
    }

    /// Let one request of a tenant through, or say that there are too many.
    pub fn admit(
        &self,
        tenant: TenantNumber,
        own: Option<u32>,
        now: Instant,
    ) -> Result<(), Problem> {
        let limit = own.unwrap_or(self.default);
        let Some(each) = Duration::from_secs(1).checked_div(limit) else {
            return Ok(());
        };
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= MAX_REMEMBERED {
            full_at.retain(|_, at| *at > now);
        }
        let at = full_at.entry(tenant).or_insert(now);
        let next = (*at).max(now) + each;
        if next.duration_since(now) > BURST {
            return Err(Problem::new(
                ProblemKind::RateLimited,
                format!(
                    "The tenant may send {limit} requests per second. Repeat the request later."
                ),
            ));
        }
        *at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
