//! What handlers may use, made once per process.

use crate::auth::KeyRing;
use crate::config::Config;
use crate::db::Db;
use crate::page::Cursors;
use crate::redis::Redis;
use crate::secrets::Secrets;
use crate::telemetry::Metrics;

/// Everything that requests share.
#[derive(Debug)]
pub struct App {
    /// The process's settings.
    pub config: Config,
    /// The database as the service sees it.
    pub db: Db,
    /// The hot copy; may be absent.
    pub redis: Redis,
    /// Derives secrets from the master key.
    pub secrets: Secrets,
    /// Signs list cursors.
    pub cursors: Cursors,
    /// Knows the keys that call.
    pub keys: KeyRing,
    /// What `/metrics` shows.
    pub metrics: Metrics,
}
