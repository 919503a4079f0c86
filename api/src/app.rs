//! What handlers may use, made once per process.

use std::sync::Arc;

use crate::auth::KeyRing;
use crate::balances_cache::BalancesCache;
use crate::catalog::Catalogs;
use crate::config::Config;
use crate::db::Db;
use crate::ledger::Ledger;
use crate::page::Cursors;
use crate::redis::Redis;
use crate::roster::LookUpKeys;
use crate::secrets::Secrets;
use crate::telemetry::Metrics;
use crate::vault::Vault;

/// Everything that requests share.
#[derive(Debug)]
pub struct App {
    /// The process's settings.
    pub config: Config,
    /// The database as the service sees it.
    pub db: Db,
    /// The hot copy; may be absent.
    pub redis: Arc<Redis>,
    /// Derives secrets from the master key.
    pub secrets: Secrets,
    /// Signs list cursors.
    pub cursors: Cursors,
    /// Knows the keys that call.
    pub keys: KeyRing,
    /// Finds members by what a till knows of them.
    pub look_ups: LookUpKeys,
    /// What tenants have configured.
    pub catalogs: Catalogs,
    /// Hot balances.
    pub balances: BalancesCache,
    /// The one write door.
    pub ledger: Ledger,
    /// Seals personal data.
    pub vault: Vault,
    /// What `/metrics` shows.
    pub metrics: Metrics,
}
