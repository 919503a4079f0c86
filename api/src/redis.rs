//! Redis remembers, Postgres decides. Every call is bounded and none can fail a request: a Redis
//! that is down, hung or wrong makes answers slower, never different.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, RedisError};
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;

use crate::config::{CONNECT_TIMEOUT, REDIS_TIMEOUT};
use crate::db::TenantNumber;

/// Failures in a row after which Redis is passed over.
const FAILURES_TO_OPEN: u64 = 5;
/// How long it is passed over before one call tries again.
const OPEN_FOR: Duration = Duration::from_millis(500);
/// The longest pause between two attempts to connect.
const MAX_RECONNECT_DELAY: Duration = Duration::from_millis(500);

/// What a key holds; part of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// A member's balances.
    Balances,
    /// How many reads the tenant may send.
    ReadLimit,
    /// How many writes.
    WriteLimit,
    /// How many changes of its configuration.
    ConfigurationLimit,
    /// How many requests one of its keys may send.
    KeyLimit,
}

/// The only way to a key's name: every key starts with its tenant in braces, so that keys of one
/// tenant stay together on a cluster and no id can form another tenant's key.
pub fn key(tenant: TenantNumber, kind: KeyKind, id: uuid::Uuid) -> String {
    let TenantNumber(number) = tenant;
    let kind = match kind {
        KeyKind::Balances => "balances",
        KeyKind::ReadLimit => "limit:reads",
        KeyKind::WriteLimit => "limit:writes",
        KeyKind::ConfigurationLimit => "limit:configuration",
        KeyKind::KeyLimit => "limit:key",
    };
    format!("{{t:{number}}}:{kind}:{}", id.simple())
}

/// Passes Redis over while it keeps failing.
#[derive(Debug)]
struct Breaker {
    started: Instant,
    failures: AtomicU64,
    /// Milliseconds since `started` until which it is open.
    open_until_ms: AtomicU64,
}

impl Breaker {
    fn new() -> Self {
        Self {
            started: Instant::now(),
            failures: AtomicU64::new(0),
            open_until_ms: AtomicU64::new(0),
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether a call may be tried; half-open lets one through per pause.
    fn lets_through(&self) -> bool {
        if self.failures.load(Ordering::Relaxed) < FAILURES_TO_OPEN {
            return true;
        }
        let now = self.elapsed_ms();
        let until = self.open_until_ms.load(Ordering::Relaxed);
        let next = now.saturating_add(u64::try_from(OPEN_FOR.as_millis()).unwrap_or(u64::MAX));
        now >= until
            && self
                .open_until_ms
                .compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    fn note(&self, succeeded: bool) {
        if succeeded {
            if self.failures.swap(0, Ordering::Relaxed) >= FAILURES_TO_OPEN {
                tracing::info!("redis answers again");
            }
            return;
        }
        let failures = self
            .failures
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        if failures == FAILURES_TO_OPEN {
            let pause = u64::try_from(OPEN_FOR.as_millis()).unwrap_or(u64::MAX);
            self.open_until_ms
                .store(self.elapsed_ms().saturating_add(pause), Ordering::Relaxed);
            tracing::warn!("redis is passed over until it answers again");
        }
    }
}

/// A link that connects when first used and reconnects by itself.
pub struct Redis {
    manager: Option<ConnectionManager>,
    breaker: Breaker,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Redis")
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}

impl Redis {
    /// A link to `url`, or one that always misses. Its work runs on `runtime`, which outlives every request.
    pub fn new(url: Option<&SecretString>, runtime: &Handle) -> Result<Self, RedisError> {
        let _guard = runtime.enter();
        let manager = url.map(Self::connect).transpose()?;
        Ok(Self {
            manager,
            breaker: Breaker::new(),
        })
    }

    fn connect(url: &SecretString) -> Result<ConnectionManager, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(REDIS_TIMEOUT))
            .set_max_delay(MAX_RECONNECT_DELAY);
        ConnectionManager::new_lazy_with_config(Client::open(url.expose_secret())?, config)
    }

    /// Whether one was configured.
    pub const fn is_configured(&self) -> bool {
        self.manager.is_some()
    }

    /// Whether it answers a ping now.
    pub async fn is_up(&self) -> bool {
        self.call(redis::cmd("PING"))
            .await
            .is_some_and(|pong: String| pong == "PONG")
    }

    /// Run one command; `None` when Redis is absent, passed over, slow or wrong.
    pub async fn call<T: FromRedisValue>(&self, command: redis::Cmd) -> Option<T> {
        self.attempt(|mut manager| async move { command.query_async(&mut manager).await })
            .await
    }

    async fn attempt<T, F>(&self, work: impl FnOnce(ConnectionManager) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let manager = self.manager.clone()?;
        if !self.breaker.lets_through() {
            return None;
        }
        let outcome = tokio::time::timeout(REDIS_TIMEOUT, work(manager)).await;
        self.breaker.note(matches!(outcome, Ok(Ok(_))));
        match outcome {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                tracing::debug!(cause = %error, "a redis call failed");
                None
            }
            Err(_elapsed) => None,
        }
    }
}

#[cfg(test)]
mod tests;
