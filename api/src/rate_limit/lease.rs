//! Takes a slice of a bucket that all nodes share.

use std::time::Duration;

use uuid::Uuid;

use crate::redis::{KeyKind, Redis, key};

use super::{BucketId, OperationClass};

const LEASE: &str = include_str!("lease.lua");

/// What a node got of a shared bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    /// Requests that this node may let through.
    pub(super) taken: u32,
    /// What is left for all.
    pub(super) left: u32,
    /// When the bucket will be full.
    pub(super) full_in: Duration,
    /// When there will be another one in it.
    pub(super) next_in: Duration,
}

/// Take up to `wanted`; `None` when Redis is absent, slow or wrong.
pub(super) async fn lease(redis: &Redis, id: BucketId, limit: u32, wanted: u32) -> Option<Lease> {
    let name = match id {
        BucketId::Key(tenant, id) => key(tenant, KeyKind::KeyLimit, id),
        BucketId::Tenant(tenant, class) => {
            let kind = match class {
                OperationClass::Reads => KeyKind::ReadLimit,
                OperationClass::Writes => KeyKind::WriteLimit,
                OperationClass::Configuration => KeyKind::ConfigurationLimit,
            };
            key(tenant, kind, Uuid::nil())
        }
    };
    let mut command = redis::cmd("EVAL");
    command.arg(LEASE).arg(1).arg(name).arg(limit).arg(wanted);
    let answer: Option<(u32, u32, u64, u64)> = redis.call(command).await;
    let (taken, left, full_in_ms, next_in_ms) = answer?;
    Some(Lease {
        taken: taken.min(wanted),
        left,
        full_in: Duration::from_millis(full_in_ms),
        next_in: Duration::from_millis(next_in_ms),
    })
}
