//! Starts and stops a node: one thread parses HTTP, a runtime of its own does the work, so that a
//! client that leaves never stops a write.

mod edge;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as HttpApp, HttpServer};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::allowance::Allowances;
use crate::app::App;
use crate::auth::KeyRing;
use crate::auth::principal::identify;
use crate::balances_cache::BalancesCache;
use crate::catalog::Catalogs;
use crate::config::Config;
use crate::db::{Db, DbError, roles};
use crate::ledger::{Ledger, LedgerMetrics, LedgerTask, Tools};
use crate::openapi;
use crate::page::{Cursors, DeclaredQueries};
use crate::rate_limit::RateLimits;
use crate::redis::Redis;
use crate::roster::LookUpKeys;
use crate::router;
use crate::secrets::{BadMasterKey, Secrets};
use crate::telemetry::Metrics;
use crate::vault::Vault;

/// A request's head must have arrived after this long.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// An idle connection stays open this long.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Open connections; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 4096;
/// What is in flight when the server stops may take this long.
const SHUTDOWN_SECONDS: u64 = 20;
/// Parsing is a small part of the work; the rest of the cores serve the ledger.
const HTTP_WORKERS: usize = 1;

/// Why a node could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken or not ours.
    #[error(
        "could not listen on {0}: {1}. Set TAMARU_LISTEN to a free address, e.g. 127.0.0.1:8080"
    )]
    Listen(SocketAddr, std::io::Error),
    /// The database is missing or not safe to use.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Secrets can't be derived.
    #[error(transparent)]
    MasterKey(#[from] BadMasterKey),
    /// The Redis URL can't be read.
    #[error("REDIS_URL can't be used: {0}")]
    Redis(String),
    /// Each has a thread of its own.
    #[error(
        "the threads that write the ledger could not start: {0}. Allow more threads, or set TAMARU_WRITERS to fewer"
    )]
    Writers(std::io::Error),
    /// The HTTP thread could not start.
    #[error("the HTTP server could not start: {0}")]
    Http(String),
}

/// A node that serves.
#[derive(Debug)]
pub struct RunningServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its handlers use; for those who run it in their own process.
    pub app: Data<App>,
    handle: ServerHandle,
    thread: JoinHandle<std::io::Result<()>>,
    background: Vec<AbortHandle>,
    ledger: LedgerTask,
}

/// Start a node. Database work runs on `runtime`, which must have several threads and outlive the node.
pub async fn run(config: Config, runtime: Handle) -> Result<RunningServer, ServerError> {
    let listen = config.listen;
    let listener = TcpListener::bind(listen).map_err(|error| ServerError::Listen(listen, error))?;
    let address = listener
        .local_addr()
        .map_err(|error| ServerError::Listen(listen, error))?;
    let (app, ledger) = assemble(config, &runtime)?;
    let app = Data::new(app);
    let control = app.db.control().await?;
    roles::refuse_powerful(&control).await?;
    control.commit().await?;
    let keys = app.keys.clone();
    let background = vec![runtime.spawn(keys.follow_changes()).abort_handle()];
    let (handle, thread) = listen_in_thread(listener, app.clone()).await?;
    tracing::info!(%address, "listening on {address}");
    Ok(RunningServer {
        address,
        app,
        handle,
        thread,
        background,
        ledger,
    })
}

impl RunningServer {
    /// Take no more connections, finish what is in flight, then end.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        for task in &self.background {
            task.abort();
        }
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        match joined {
            Ok(Ok(Ok(()))) => tracing::debug!("the HTTP server ended"),
            Ok(Ok(Err(error))) => tracing::warn!(cause = %error, "the HTTP server failed"),
            _ => tracing::warn!("the HTTP thread panicked"),
        }
        self.ledger.finished().await;
        tracing::info!("stopped");
    }
}

fn assemble(config: Config, runtime: &Handle) -> Result<(App, LedgerTask), ServerError> {
    let db = Db::new(&config.database_url, config.pool_size, runtime.clone())?;
    let redis = Redis::new(config.redis_url.as_ref(), runtime)
        .map_err(|error| ServerError::Redis(error.to_string()))?;
    let redis = Arc::new(redis);
    let secrets = Secrets::new(config.master_key.clone())?;
    let cursors = Cursors::new(&secrets)?;
    let keys = KeyRing::new(db.clone(), Vault::new(secrets.clone()), &config);
    let (metrics, ledger_metrics) = (Metrics::default(), LedgerMetrics::default());
    ledger_metrics.register(&metrics);
    let (catalogs, balances) = (Catalogs::default(), BalancesCache::new(Arc::clone(&redis)));
    let tools = Tools {
        db: db.clone(),
        catalogs: catalogs.clone(),
        balances: balances.clone(),
        vault: Vault::new(secrets.clone()),
        metrics: ledger_metrics,
    };
    let (ledger, task) = Ledger::open(tools, config.writers).map_err(ServerError::Writers)?;
    let app = App {
        config,
        allowances: Allowances::new(db.clone(), catalogs.clone()),
        db,
        redis,
        look_ups: LookUpKeys::new(secrets.clone()),
        vault: Vault::new(secrets.clone()),
        secrets,
        cursors,
        keys,
        catalogs,
        balances,
        ledger,
        metrics,
    };
    Ok((app, task))
}

async fn listen_in_thread(
    listener: TcpListener,
    app: Data<App>,
) -> Result<(ServerHandle, JoinHandle<std::io::Result<()>>), ServerError> {
    let failed = |error: &dyn std::fmt::Display| ServerError::Http(error.to_string());
    let (started, starts) = oneshot::channel();
    let serve = move || {
        actix_web::rt::System::new().block_on(async move {
            let server = http_server(listener, app)?;
            if started.send(server.handle()).is_err() {
                return Ok(());
            }
            server.await
        })
    };
    let thread = std::thread::Builder::new()
        .name("tamaru-http".into())
        .spawn(serve)
        .map_err(|error| failed(&error))?;
    match starts.await {
        Ok(handle) => Ok((handle, thread)),
        Err(closed) => Err(failed(&closed)),
    }
}

fn http_server(listener: TcpListener, app: Data<App>) -> std::io::Result<actix_web::dev::Server> {
    let keys: Data<KeyRing> = Data::new(app.keys.clone());
    let limits = Data::new(RateLimits::new(
        app.config.rate_limit,
        Some(Arc::clone(&app.redis)),
    ));
    let document = openapi::document().map_err(std::io::Error::other)?;
    let queries = Data::new(DeclaredQueries::of(&document));
    let factory = move || {
        HttpApp::new()
            .app_data(app.clone())
            .app_data(keys.clone())
            .app_data(limits.clone())
            .app_data(queries.clone())
            .configure(router::routes)
            .wrap(from_fn(identify))
            .wrap(from_fn(edge::edge))
    };
    Ok(HttpServer::new(factory)
        .workers(HTTP_WORKERS)
        .tcp_nodelay(true)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_TIMEOUT)
        .max_connections(MAX_CONNECTIONS)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run())
}
