//! Settings of one process, from flags and environment. A missing one names itself and an example.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};
use secrecy::{ExposeSecret, SecretString};

use crate::outbound::Allowed;
use crate::secrets::MIN_MASTER_KEY_CHARACTERS;

/// Requests waiting in all queues of this node; more are refused with 503.
pub const MAX_QUEUED_COMMANDS: usize = 4096;
/// Commands in one batch.
pub const MAX_BATCH: usize = 256;
/// As many commands of a tenant must wait before a second batch of it goes beside the first.
pub const MIN_BESIDE: usize = 16;
/// A command that waited longer than this in the queue is refused with 503.
pub const MAX_QUEUE_WAIT: Duration = Duration::from_secs(1);
/// A request that has no answer after this gets 503 or 504.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(4);
/// One database statement.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);
/// Opening one database connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// One Redis operation; afterwards Redis is passed over.
pub const REDIS_TIMEOUT: Duration = Duration::from_millis(20);
/// Hard bound of staleness of a hot balance.
pub const HOT_BALANCE_TTL: Duration = Duration::from_secs(5);
/// Bits before the address of IPv4 in one of IPv6 that means it.
const MAPPED_BITS: u8 = 96;
/// Body of an ordinary request.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// Body of a batch of receipts.
pub const MAX_RECEIPT_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Body of a program document.
pub const MAX_PROGRAM_BYTES: usize = 1024 * 1024;
/// A body must have arrived after this long.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a node looks for changed keys and tenants: the bound on revocation.
pub const CONTROL_POLL: Duration = Duration::from_millis(500);
/// Keys of one tenant.
pub const MAX_API_KEYS_PER_TENANT: i64 = 1_000;
/// Grants of one tenant to partners that count at once.
pub const MAX_PARTNER_GRANTS_PER_TENANT: i64 = 100;
/// Stores of one tenant.
pub const MAX_STORES_PER_TENANT: i64 = 10_000;
/// Webhook endpoints of one tenant.
pub const MAX_WEBHOOK_ENDPOINTS_PER_TENANT: i64 = 20;
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
    /// What webhooks may reach beside the public internet.
    pub webhook_allow: Allowed,
    /// Proxies whose `X-Forwarded-For` is believed; empty: the peer is the client.
    pub trusted_proxies: Vec<IpNet>,
    /// Where `dev` keeps its things; for messages only.
    pub folder: Option<PathBuf>,
}

/// Settings as they were given, by flag or environment. All optional here, so that what is missing
/// can be named together with an example.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Arguments {
    /// Where to listen, e.g. 127.0.0.1:8080.
    #[arg(long, env = "TAMARU_LISTEN")]
    pub listen: Option<String>,
    /// The service's own database role, e.g. `postgres://tamaru_app:secret@db/tamaru`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The hot copy of balances, e.g. `redis://cache:6379`. Optional.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<String>,
    /// Creates tenants; at least 32 characters.
    #[arg(long, env = "TAMARU_OPERATOR_KEY", hide_env_values = true)]
    pub operator_key: Option<String>,
    /// Every secret is derived from it; at least 32 characters.
    #[arg(long, env = "TAMARU_MASTER_KEY", hide_env_values = true)]
    pub master_key: Option<String>,
    /// Writers of the ledger, each with a database connection of its own.
    #[arg(long, env = "TAMARU_WRITERS", default_value_t = DEFAULT_WRITERS)]
    pub writers: usize,
    /// Database connections for reads and configuration.
    #[arg(long, env = "TAMARU_POOL_SIZE", default_value_t = DEFAULT_POOL_SIZE)]
    pub pool_size: usize,
    /// Requests per second of a tenant without a limit of its own; 0 = none.
    #[arg(long, env = "TAMARU_RATE_LIMIT", default_value_t = DEFAULT_RATE_LIMIT)]
    pub rate_limit: u32,
    /// `host:port` of receivers that webhooks may reach over plain HTTP and on private addresses, with commas. For tests
    /// and for those who run the service beside their receivers: whatever stands here any tenant can call.
    #[arg(long, env = "TAMARU_WEBHOOK_ALLOW")]
    pub webhook_allow: Option<String>,
    /// Addresses and ranges of the proxies in front, e.g. `10.0.0.0/8,::1`; only theirs is the word on who calls.
    #[arg(long, env = "TAMARU_TRUSTED_PROXIES")]
    pub trusted_proxies: Option<String>,
}

/// Enough to keep one Postgres busy.
pub const DEFAULT_WRITERS: usize = 4;
/// Connections beside the writers'.
pub const DEFAULT_POOL_SIZE: usize = 8;
/// Requests per second of one tenant.
pub const DEFAULT_RATE_LIMIT: u32 = 600;
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
/// The most connections that one process opens.
const MAX_CONNECTIONS: usize = 1_000;

/// A setting that is missing or can't be used; says which one and shows a good one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not given.
    #[error("{name} is not set. Set it in the environment or by flag, e.g. {name}={example}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// A value of the right form.
        example: &'static str,
    },
    /// Given, but not usable.
    #[error("{name} {problem}, e.g. {name}={example}")]
    Unusable {
        /// The variable.
        name: &'static str,
        /// What is wrong with it; never the value.
        problem: &'static str,
        /// A value of the right form.
        example: &'static str,
    },
}

const SECRET_EXAMPLE: &str = "$(openssl rand -hex 32)";
const DATABASE_EXAMPLE: &str = "postgres://tamaru_app:secret@127.0.0.1:5432/tamaru";

impl Arguments {
    /// Check everything that can be checked without a connection.
    pub fn into_config(self) -> Result<Config, ConfigError> {
        let listen = self.listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
        let listen = listen
            .parse()
            .map_err(|_unparsable| ConfigError::Unusable {
                name: "TAMARU_LISTEN",
                problem: "is no address with a port",
                example: DEFAULT_LISTEN,
            })?;
        let database_url = database_url(self.database_url)?;
        let redis_url = match self.redis_url.filter(|given| !given.is_empty()) {
            None => None,
            given => Some(url(
                "REDIS_URL",
                given,
                &["redis://", "rediss://", "unix://", "redis+unix://"],
                "redis://127.0.0.1:6379",
            )?),
        };
        Ok(Config {
            listen,
            database_url,
            redis_url,
            operator_key: secret(
                "TAMARU_OPERATOR_KEY",
                self.operator_key,
                MIN_OPERATOR_KEY_CHARACTERS,
            )?,
            master_key: secret(
                "TAMARU_MASTER_KEY",
                self.master_key,
                MIN_MASTER_KEY_CHARACTERS,
            )?,
            writers: connections("TAMARU_WRITERS", self.writers)?,
            pool_size: connections("TAMARU_POOL_SIZE", self.pool_size)?,
            rate_limit: self.rate_limit,
            webhook_allow: webhook_allow(self.webhook_allow.as_deref())?,
            trusted_proxies: proxies(self.trusted_proxies.as_deref().unwrap_or_default())?,
            folder: None,
        })
    }
}

/// The URL of the service's own database role.
pub fn database_url(given: Option<String>) -> Result<SecretString, ConfigError> {
    let schemes = ["postgres://", "postgresql://"];
    url("DATABASE_URL", given, &schemes, DATABASE_EXAMPLE)
}

/// What webhooks may reach beside the public internet; nothing when it is not given.
pub fn webhook_allow(given: Option<&str>) -> Result<Allowed, ConfigError> {
    Allowed::parse(given.unwrap_or_default()).ok_or(ConfigError::Unusable {
        name: "TAMARU_WEBHOOK_ALLOW",
        problem: "is no list of host:port",
        example: "127.0.0.1:9000,receiver:8080",
    })
}

fn url(
    name: &'static str,
    given: Option<String>,
    schemes: &[&str],
    example: &'static str,
) -> Result<SecretString, ConfigError> {
    let given = given
        .filter(|given| !given.is_empty())
        .ok_or(ConfigError::Missing { name, example })?;
    if schemes.iter().any(|scheme| given.starts_with(scheme)) {
        Ok(SecretString::from(given))
    } else {
        Err(ConfigError::Unusable {
            name,
            problem: "has an unknown scheme",
            example,
        })
    }
}

/// A secret that is long enough to be one.
pub fn secret(
    name: &'static str,
    given: Option<String>,
    least_characters: usize,
) -> Result<SecretString, ConfigError> {
    let example = SECRET_EXAMPLE;
    let given = given
        .filter(|given| !given.is_empty())
        .map(SecretString::from)
        .ok_or(ConfigError::Missing { name, example })?;
    if given.expose_secret().chars().count() < least_characters {
        return Err(ConfigError::Unusable {
            name,
            problem: "has fewer than 32 characters",
            example,
        });
    }
    Ok(given)
}

/// An address or a range of addresses, e.g. `203.0.113.7` or `2001:db8::/32`. What is written as an address of IPv6
/// and means one of IPv4 is that one, as clients are looked at.
pub fn address_range(text: &str) -> Option<IpNet> {
    let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let range = text.parse().ok().or_else(single)?;
    Some(unmapped(range).unwrap_or(range))
}

/// The range of IPv4 that a range within `::ffff:0:0/96` means.
fn unmapped(range: IpNet) -> Option<IpNet> {
    let IpNet::V6(range) = range else { return None };
    let address = range.addr().to_ipv4_mapped()?;
    let prefix = range.prefix_len().checked_sub(MAPPED_BITS)?;
    Ipv4Net::new(address, prefix).ok().map(IpNet::V4)
}

fn proxies(given: &str) -> Result<Vec<IpNet>, ConfigError> {
    let entries = given.split(',').map(str::trim);
    let ranges = entries.filter(|entry| !entry.is_empty()).map(address_range);
    ranges.collect::<Option<_>>().ok_or(ConfigError::Unusable {
        name: "TAMARU_TRUSTED_PROXIES",
        problem: "holds something that is no address and no range",
        example: "10.0.0.0/8,::1",
    })
}

fn connections(name: &'static str, given: usize) -> Result<usize, ConfigError> {
    if (1..=MAX_CONNECTIONS).contains(&given) {
        Ok(given)
    } else {
        Err(ConfigError::Unusable {
            name,
            problem: "must be from 1 to 1000",
            example: "4",
        })
    }
}

#[cfg(test)]
mod tests;
