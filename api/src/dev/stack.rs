//! Servers, schema and node of one `dev`, brought up in order and taken down in the other.

use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

use super::{DevError, Options, keep};
use crate::config::Config;
use crate::db::migrate::prepare;
use crate::outbound::Allowed;
use crate::secrets::Secrets;
use crate::server::{self, RunningServer};
use crate::services::{self, Services};
use crate::telemetry::LOG_VARIABLE;

/// The port that newcomers expect.
const USUAL_PORT: u16 = 8080;
/// Enough for one machine.
const WRITERS: usize = 4;
const POOL_SIZE: usize = 16;
/// How soon a private server that died is brought back.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Everything that runs.
pub(super) struct Stack {
    /// Where keys and logs are kept.
    pub(super) folder: PathBuf,
    /// Makes tenants.
    pub(super) operator_key: SecretString,
    server: RunningServer,
    services: Arc<Services>,
    watch: JoinHandle<()>,
}

impl Stack {
    /// Brings up servers, schema and node.
    pub(super) async fn start(options: &Options) -> Result<Self, DevError> {
        let folder = options.folder.clone();
        fs::create_dir_all(&folder).map_err(|cause| DevError::folder(&folder, cause))?;
        log_to(&folder.join("server.log"))?;
        let operator_key = keep::secret(&folder, "operator-key", options.operator_key.as_ref())?;
        let master_key = keep::secret(&folder, "master-key", options.master_key.as_ref())?;

        let services = Arc::new(start_services(options).await?);
        let administrator_url = SecretString::from(services.postgres_url());
        let secrets = Secrets::new(master_key.clone())?;
        let database_url = prepare(&administrator_url, &secrets).await?;
        let config = Config {
            listen: options.listen.unwrap_or_else(usual_or_free),
            database_url,
            redis_url: Some(services.redis_url().into()),
            operator_key: operator_key.clone(),
            master_key,
            writers: WRITERS,
            pool_size: POOL_SIZE,
            rate_limit: 0,
            webhook_allow: Allowed::default(),
            trusted_proxies: Vec::new(),
            folder: Some(folder.clone()),
        };
        let server = server::run(config, Handle::current())
            .await
            .map_err(|error| DevError::Server(error.to_string()))?;
        let watch = tokio::spawn(bring_back(services.clone()));
        Ok(Self {
            folder,
            operator_key,
            server,
            services,
            watch,
        })
    }

    /// Where the node listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Finishes what is in flight, then stops the servers.
    pub(super) async fn stop(self) -> Result<(), DevError> {
        self.watch.abort();
        self.server.stop().await;
        let services = self.services;
        tokio::task::spawn_blocking(move || match Arc::into_inner(services) {
            Some(services) => services.stop(),
            // A look that is just going on holds them; they stop when it lets go.
            None => Ok(()),
        })
        .await
        .map_err(|error| DevError::Task(error.to_string()))??;
        Ok(())
    }
}

async fn start_services(options: &Options) -> Result<Services, DevError> {
    let folder = options.folder.clone();
    let given = services::Options {
        postgres_url: options.database_url.clone(),
        redis_url: options.redis_url.clone(),
    };
    let started = tokio::task::spawn_blocking(move || services::start(&folder, &given)).await;
    Ok(started.map_err(|error| DevError::Task(error.to_string()))??)
}

async fn bring_back(services: Arc<Services>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let services = services.clone();
        let looked = tokio::task::spawn_blocking(move || services.restart_dead()).await;
        match looked {
            Ok(Ok(restarted)) => {
                for kind in restarted {
                    tracing::warn!("{kind:?} had died and runs again");
                }
            }
            Ok(Err(error)) => tracing::error!(%error, "a private service could not be restarted"),
            Err(error) => tracing::error!(%error, "the look at the private services failed"),
        }
    }
}

fn usual_or_free() -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, USUAL_PORT));
    match TcpListener::bind(usual) {
        Ok(_) => usual,
        Err(_) => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
    }
}

/// The terminal belongs to the person; the log goes to a file.
fn log_to(path: &Path) -> Result<(), DevError> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|cause| DevError::folder(path, cause))?;
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(Mutex::new(file))
        .try_init()
        .map_err(|error| DevError::Task(error.to_string()))
}
