//! Settings of one process, from flags and environment. A missing one names itself and an example.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// Requests waiting in all queues of this node; more are refused with 503.
pub const MAX_QUEUED_COMMANDS: usize = 4096;
/// Commands in one batch.
pub const MAX_BATCH: usize = 256;
/// A command that waited longer than this in the queue is refused with 503.
pub const MAX_QUEUE_WAIT: Duration = Duration::from_secs(1);
/// A request that has no answer after this gets 503 or 504.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(5);
/// One database statement.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);
/// Opening one database connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// One Redis operation; afterwards Redis is passed over.
pub const REDIS_TIMEOUT: Duration = Duration::from_millis(20);
/// Hard bound of staleness of a hot balance.
pub const HOT_BALANCE_TTL: Duration = Duration::from_secs(5);
/// Body of an ordinary request.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// Body of a program document.
pub const MAX_PROGRAM_BYTES: usize = 1024 * 1024;
/// A body must have arrived after this long.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a node looks for changed keys and tenants: the bound on revocation.
pub const CONTROL_POLL: Duration = Duration::from_millis(500);
/// Keys of one tenant.
pub const MAX_API_KEYS_PER_TENANT: i64 = 1_000;
/// Stores of one tenant.
pub const MAX_STORES_PER_TENANT: i64 = 10_000;
/// Shortest operator key.
pub const MIN_OPERATOR_KEY_CHARACTERS: usize = 32;

/// What `serve` and `work` need.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The service's own role; never the owner.
    pub database_url: SecretString,
    /// Absent: everything works on Postgres alone, slower.
    pub redis_url: Option<SecretString>,
    /// Creates tenants.
    pub operator_key: SecretString,
    /// 32 bytes, from which every other secret is derived.
    pub master_key: SecretString,
    /// Writers of the ledger, each with a connection of its own.
    pub writers: usize,
    /// Connections for reads and configuration.
    pub pool_size: usize,
    /// Requests per second of a tenant that has no limit of its own; 0 = none.
    pub rate_limit: u32,
    /// Where `dev` keeps its things; for messages only.
    pub folder: Option<PathBuf>,
}
