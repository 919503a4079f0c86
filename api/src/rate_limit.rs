//! How fast a tenant may call. Reads, writes and configuration have a bucket each, so that an export
//! keeps no till waiting; a key may have one of its own. Buckets refill evenly, and a second's worth
//! may come at once. They live in Redis, from which each node takes a slice at a time; without Redis
//! each node has its own.

mod bucket;
mod lease;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use uuid::Uuid;

use crate::db::TenantNumber;
use crate::problem::{Problem, ProblemKind};
use crate::redis::Redis;

use bucket::{Bucket, Outcome};

/// Buckets that are remembered; beyond it those that have been quiet are forgotten.
const MAX_REMEMBERED: usize = 50_000;

/// What kind of thing a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationClass {
    /// Looks at something.
    Reads,
    /// Records something.
    Writes,
    /// Changes what is configured.
    Configuration,
}

/// What is configured; whatever else is not only read is a write.
const CONFIGURATION: [&str; 8] = [
    "/v1/tenant",
    "/v1/api-keys",
    "/v1/partner-grants",
    "/v1/stores",
    "/v1/program",
    "/v1/test-clock",
    "/v1/webhook-endpoints",
    "/v1/backtests",
];
/// What is sent by POST and only looks.
const QUESTIONS: [&str; 2] = ["/v1/quotes", "/v1/members/lookup"];

impl OperationClass {
    /// The class of a request, known before it is routed.
    pub fn of(is_get: bool, path: &str) -> Self {
        let is_part_of = |whole: &&str| {
            let rest = path.strip_prefix(*whole);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if is_get || QUESTIONS.iter().any(is_part_of) {
            Self::Reads
        } else if CONFIGURATION.iter().any(is_part_of) {
            Self::Configuration
        } else {
            Self::Writes
        }
    }
}

/// One bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum BucketId {
    Tenant(TenantNumber, OperationClass),
    Key(TenantNumber, Uuid),
}

impl BucketId {
    /// Its name in headers.
    const fn name(self) -> &'static str {
        match self {
            Self::Tenant(_, OperationClass::Reads) => "reads",
            Self::Tenant(_, OperationClass::Writes) => "writes",
            Self::Tenant(_, OperationClass::Configuration) => "configuration",
            Self::Key(..) => "key",
        }
    }

    fn too_many(self, limit: u32) -> Problem {
        let whose = match self {
            Self::Key(..) => "key",
            Self::Tenant(..) => "tenant",
        };
        let detail = format!(
            "The {whose} may send {limit} requests of this kind per second. Repeat the request later."
        );
        Problem::new(ProblemKind::RateLimited, detail)
    }
}

/// A request that asks to be let through.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// For which tenant.
    pub tenant: TenantNumber,
    /// With which key.
    pub key: Uuid,
    /// To do what.
    pub class: OperationClass,
    /// The tenant's own limit, where it has one; 0 = none.
    pub tenant_limit: Option<u32>,
    /// The key's own limit, where it has one.
    pub key_limit: Option<u32>,
}

/// What is left of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which limit.
    pub name: &'static str,
    /// Requests per second.
    pub quota: u32,
    /// Requests that may come at once.
    pub remaining: u32,
    /// Seconds until the whole quota may come at once again, rounded up.
    pub full_in_seconds: u64,
}

/// Whether a request is let through, and what is left.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    /// Every limit that was asked.
    pub standings: Vec<Standing>,
    /// Set when there were too many.
    pub refused: Option<Problem>,
}

impl Admission {
    /// `RateLimit-Policy` and `RateLimit` as the IETF's draft writes them; `None` without limits.
    pub fn headers(&self) -> Option<(String, String)> {
        let mut policies = Vec::new();
        let mut limits = Vec::new();
        for standing in &self.standings {
            let Standing { name, quota, .. } = standing;
            policies.push(format!("\"{name}\";q={quota};w=1"));
            let (left, full) = (standing.remaining, standing.full_in_seconds);
            limits.push(format!("\"{name}\";r={left};t={full}"));
        }
        (!policies.is_empty()).then(|| (policies.join(", "), limits.join(", ")))
    }
}

/// Counts requests.
#[derive(Debug)]
pub struct RateLimits {
    /// Requests per second of a tenant without a limit of its own; 0 = none.
    default: u32,
    redis: Option<Arc<Redis>>,
    buckets: Mutex<HashMap<BucketId, Arc<Bucket>>>,
}

impl RateLimits {
    /// With the limit of tenants that have none of their own; 0 = none.
    pub fn new(default: u32, redis: Option<Arc<Redis>>) -> Self {
        Self {
            default,
            redis: redis.filter(|redis| redis.is_configured()),
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// Let one request through, or say that there are too many.
    pub async fn admit(&self, call: &Call, now: Instant) -> Admission {
        let limits = [
            (
                BucketId::Key(call.tenant, call.key),
                call.key_limit.unwrap_or(0),
            ),
            (
                BucketId::Tenant(call.tenant, call.class),
                call.tenant_limit.unwrap_or(self.default),
            ),
        ];
        let mut admission = Admission::default();
        for (id, limit) in limits {
            if limit == 0 {
                continue;
            }
            let outcome = self.take(id, limit, now).await;
            admission.standings.push(Standing {
                name: id.name(),
                quota: limit,
                remaining: outcome.remaining,
                full_in_seconds: outcome.full_in_seconds(),
            });
            if !outcome.is_taken {
                admission.refused = Some(id.too_many(limit));
                break;
            }
        }
        admission
    }

    /// Take one from a bucket.
    async fn take(&self, id: BucketId, limit: u32, now: Instant) -> Outcome {
        let bucket = self.bucket(id, now);
        let Some(redis) = &self.redis else {
            return bucket.take_alone(limit, now);
        };
        if let Some(outcome) = bucket.take_leased(limit, now) {
            return outcome;
        }
        // However many wait, one asks.
        let _turn = bucket.leasing.lock().await;
        if let Some(outcome) = bucket.take_leased(limit, now) {
            return outcome;
        }
        let wanted = bucket.slice(limit, now);
        match lease::lease(redis, id, limit, wanted).await {
            Some(lease) => bucket.accept(lease, now),
            None => bucket.fall_back(limit, now),
        }
    }

    fn bucket(&self, id: BucketId, now: Instant) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = buckets.get(&id) {
            return Arc::clone(known);
        }
        if buckets.len() >= MAX_REMEMBERED {
            buckets.retain(|_, bucket| bucket.is_busy(now));
        }
        let fresh = Arc::new(Bucket::new(now));
        buckets.insert(id, Arc::clone(&fresh));
        fresh
    }
}

#[cfg(test)]
mod tests;
