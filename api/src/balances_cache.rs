//! Hot balances in Redis, for the till that only asks. A key is made by who asks in vain, and from then on filled by every
//! write, only by a newer ledger version, until nobody has asked or written for seconds; never believed when it looks wrong.

use std::sync::Arc;

use domain::id::MemberId;
use domain::ledger::Balance;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::HOT_BALANCE_TTL;
use crate::db::TenantNumber;
use crate::redis::{KeyKind, Redis, key};

/// Scripts compare versions as doubles: above this they could not tell two apart.
const MAX_VERSION: i64 = 9_007_199_254_740_992;
const PUT: &str = include_str!("balances_cache/put.lua");
const WANT: &str = include_str!("balances_cache/want.lua");
const WANTED: &str = include_str!("balances_cache/wanted.lua");

/// A member's balances as of one ledger version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotBalances {
    /// The member's version.
    pub version: i64,
    /// The ledger's time at which they were true.
    pub as_of: Timestamp,
    /// How often the clock of a sandbox tenant had been moved by then; copies of before count for nothing.
    #[serde(default, skip_serializing_if = "is_never")]
    pub clock_moves: i64,
    /// From then on they are too high, since a lot expires.
    pub good_until: Option<Timestamp>,
    /// One per wallet.
    pub wallets: Vec<Balance>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes what it asks about by reference"
)]
const fn is_never(moves: &i64) -> bool {
    *moves == 0
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

    /// Have balances of a member remembered from now on. To be called before they are read from the ledger: whoever writes
    /// them later finds the key, and whoever wrote them before is seen by the reading. Whether Redis heard it.
    pub async fn want(&self, tenant: TenantNumber, member: MemberId) -> bool {
        let mut command = redis::cmd("EVAL");
        command
            .arg(WANT)
            .arg(1)
            .arg(key(tenant, KeyKind::Balances, member.uuid()))
            .arg(time_to_live());
        self.redis.call::<i64>(command).await.is_some()
    }

    /// Remember what is wanted of balances after a write; where nothing is, that takes one look, and nothing is written out.
    pub async fn put_wanted(
        &self,
        tenant: TenantNumber,
        mut balances: Vec<(MemberId, HotBalances)>,
    ) {
        if balances.is_empty() || !self.redis.is_configured() {
            return;
        }
        let mut command = redis::cmd("EXISTS");
        for (member, _) in &balances {
            command.arg(key(tenant, KeyKind::Balances, member.uuid()));
        }
        let wanted: usize = self.redis.call(command).await.unwrap_or_default();
        if wanted == 0 {
            return;
        }
        if wanted < balances.len() {
            let wanted = self.wanted(tenant, &balances).await;
            let mut place = 0_usize;
            balances.retain(|_| {
                place = place.saturating_add(1);
                wanted.contains(&place)
            });
        }
        self.put(tenant, &balances).await;
    }

    /// Which of them are wanted, by their place from 1.
    async fn wanted(
        &self,
        tenant: TenantNumber,
        balances: &[(MemberId, HotBalances)],
    ) -> Vec<usize> {
        let mut command = redis::cmd("EVAL");
        command.arg(WANTED).arg(balances.len());
        for (member, _) in balances {
            command.arg(key(tenant, KeyKind::Balances, member.uuid()));
        }
        self.redis.call(command).await.unwrap_or_default()
    }

    /// Remember balances, each where its key is there and holds nothing newer; all in one call, since the keys of a tenant
    /// lie together.
    pub async fn put(&self, tenant: TenantNumber, balances: &[(MemberId, HotBalances)]) {
        if balances.is_empty() || !self.redis.is_configured() {
            return;
        }
        let mut command = redis::cmd("EVAL");
        command.arg(PUT).arg(balances.len());
        for (member, _) in balances {
            command.arg(key(tenant, KeyKind::Balances, member.uuid()));
        }
        command.arg(time_to_live());
        for (_, hot) in balances {
            let Ok(text) = serde_json::to_string(hot) else {
                return;
            };
            command.arg(hot.version).arg(text);
        }
        let _: Option<i64> = self.redis.call(command).await;
    }
}

/// In milliseconds.
fn time_to_live() -> u64 {
    u64::try_from(HOT_BALANCE_TTL.as_millis()).unwrap_or(1)
}
