//! Hot balances in Redis, for the till that only asks. Written only by a newer ledger version, gone
//! after seconds, and never believed when they look wrong.

use std::sync::Arc;

use domain::id::MemberId;
use domain::ledger::Balance;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::HOT_BALANCE_TTL;
use crate::db::TenantNumber;
use crate::redis::{KeyKind, Redis, key, keys_of};

/// Scripts compare versions as doubles: above this they could not tell two apart.
const MAX_VERSION: i64 = 9_007_199_254_740_992;
/// Keys that Redis looks at in one go.
const KEYS_AT_ONCE: u64 = 1_000;
const PUT: &str = include_str!("balances_cache/put.lua");

/// A member's balances as of one ledger version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotBalances {
    /// The member's version.
    pub version: i64,
    /// The ledger's time at which they were true.
    pub as_of: Timestamp,
    /// From then on they are too high, since a lot expires.
    pub good_until: Option<Timestamp>,
    /// One per wallet.
    pub wallets: Vec<Balance>,
}

/// The cache; without Redis it always misses.
#[derive(Debug, Clone)]
pub struct BalancesCache {
    redis: Arc<Redis>,
}

impl BalancesCache {
    /// A cache in `redis`.
    pub const fn new(redis: Arc<Redis>) -> Self {
        Self { redis }
    }

    /// What is remembered of a member, if it is believable at `now` and at least `min_version`.
    pub async fn get(
        &self,
        tenant: TenantNumber,
        member: MemberId,
        min_version: i64,
        now: Timestamp,
    ) -> Option<HotBalances> {
        let mut command = redis::cmd("HGET");
        command
            .arg(key(tenant, KeyKind::Balances, member.uuid()))
            .arg("balances");
        let text: Option<String> = self.redis.call(command).await?;
        let hot: HotBalances = serde_json::from_str(&text?).ok()?;
        let is_known = (0..MAX_VERSION).contains(&hot.version) && hot.version >= min_version;
        (is_known && hot.good_until.is_none_or(|until| now < until)).then_some(hot)
    }

    /// Forget everything of a tenant, whose time has jumped. What is remembered lives for seconds,
    /// so there is never much to look through.
    pub async fn forget(&self, tenant: TenantNumber) {
        let mut cursor: u64 = 0;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(keys_of(tenant));
            scan.arg("COUNT").arg(KEYS_AT_ONCE);
            let found: Option<(u64, Vec<String>)> = self.redis.call(scan).await;
            let Some((next, keys)) = found else {
                return;
            };
            if !keys.is_empty() {
                let mut unlink = redis::cmd("UNLINK");
                unlink.arg(keys);
                let _: Option<i64> = self.redis.call(unlink).await;
            }
            if next == 0 {
                return;
            }
            cursor = next;
        }
    }

    /// Remember balances, each unless a newer version is there; all in one call, since the keys of
    /// a tenant lie together.
    pub async fn put(&self, tenant: TenantNumber, balances: &[(MemberId, HotBalances)]) {
        if balances.is_empty() || !self.redis.is_configured() {
            return;
        }
        let mut command = redis::cmd("EVAL");
        command.arg(PUT).arg(balances.len());
        for (member, _) in balances {
            command.arg(key(tenant, KeyKind::Balances, member.uuid()));
        }
        command.arg(u64::try_from(HOT_BALANCE_TTL.as_millis()).unwrap_or(1));
        for (_, hot) in balances {
            let Ok(text) = serde_json::to_string(hot) else {
                return;
            };
            command.arg(hot.version).arg(text);
        }
        let _: Option<i64> = self.redis.call(command).await;
    }
}
