//! Connections to Postgres. A tenant's data is reached only through [`TenantConn`], which opens
//! the transaction and names the tenant before anything else can run.

pub mod bulk;
pub mod failure;
pub mod migrate;
pub mod place;
pub mod roles;
pub mod session;
pub mod statement;
pub mod tenant;
pub mod time;

use std::future::Future;
use std::time::Duration;

use crate::config::REQUEST_DEADLINE;
use deadpool::managed::{Metrics, Object, Pool, PoolError, RecycleError, RecycleResult};
use secrecy::SecretString;
use tokio::runtime::Handle;
use tracing::Instrument;

pub use failure::DbError;
pub use session::Session;
pub use tenant::{ControlConn, TenantConn, TenantNumber};

/// How long a request waits for a connection of the pool.
const POOL_WAIT: Duration = Duration::from_secs(1);
/// Pause before a connection is tried again.
const CONNECT_PAUSE: Duration = Duration::from_millis(50);

/// Makes and checks the pool's connections.
#[derive(Debug)]
pub struct Sessions {
    url: SecretString,
}

impl deadpool::managed::Manager for Sessions {
    type Type = Session;
    type Error = DbError;

    async fn create(&self) -> Result<Session, DbError> {
        // Seldom done: in the open it would lie in the future of every request and be copied with it.
        Box::pin(Session::open(&self.url)).await
    }

    /// A session that was dropped inside a transaction is never used again.
    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<DbError> {
        if session.is_usable() {
            Ok(())
        } else {
            Err(RecycleError::message(
                "the session ended inside a transaction",
            ))
        }
    }
}

/// The database as the service sees it.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Sessions>,
    url: SecretString,
    runtime: Handle,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Db").finish_non_exhaustive()
    }
}

impl Db {
    /// A pool of at most `size` connections; none is opened yet. Database work runs on `runtime`.
    pub fn new(url: &SecretString, size: usize, runtime: Handle) -> Result<Self, DbError> {
        let pool = Pool::builder(Sessions { url: url.clone() })
            .max_size(size)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .build()
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Self {
            pool,
            url: url.clone(),
            runtime,
        })
    }

    /// Run database work in a task of its own: a client that disconnects drops its handler,
    /// never the work.
    pub async fn run<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let mut task = self.runtime.spawn(work.in_current_span());
        match tokio::time::timeout(REQUEST_DEADLINE, &mut task).await {
            Ok(done) => done.map_err(|error| DbError::Failed(error.to_string())),
            Err(_elapsed) => {
                // Its connection closes with it, so that a database that hangs keeps none of them.
                task.abort();
                Err(DbError::OutcomeUnknown("no answer in time".into()))
            }
        }
    }

    /// The runtime on which database work runs.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Open a transaction for one tenant.
    pub async fn tenant(&self, tenant: TenantNumber) -> Result<TenantConn, DbError> {
        self.open(|session| TenantConn::open(session.into(), tenant))
            .await
    }

    /// Open a read-only snapshot for one tenant.
    pub async fn snapshot(&self, tenant: TenantNumber) -> Result<TenantConn, DbError> {
        self.open(|session| TenantConn::open_snapshot(session.into(), tenant))
            .await
    }

    /// Open a read-only snapshot for one tenant without a limit of time, for what reads everything of it.
    pub async fn audit(&self, tenant: TenantNumber) -> Result<TenantConn, DbError> {
        let control = self.open(|session| ControlConn::open_audit(session.into()));
        control.await?.into_tenant(tenant).await
    }

    /// Open a transaction on the control tables.
    pub async fn control(&self) -> Result<ControlConn, DbError> {
        self.open(|session| ControlConn::open(session.into())).await
    }

    /// A connection that died while nobody used it is found out by its first words: the next one
    /// is tried, at last a new one.
    async fn open<T, F>(&self, begin: impl Fn(Object<Sessions>) -> F) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, DbError>>,
    {
        let mut idle = self.pool.status().size;
        loop {
            match begin(self.session().await?).await {
                Err(DbError::Broken(_)) if idle > 0 => idle = idle.saturating_sub(1),
                opened => return opened,
            }
        }
    }

    /// A connection outside the pool, for a writer that keeps it.
    pub async fn own_session(&self) -> Result<Session, DbError> {
        Box::pin(Session::open_for_writes(&self.url)).await
    }

    /// A connection that could not be made is tried again while a request may still wait for one.
    async fn session(&self) -> Result<Object<Sessions>, DbError> {
        let started = tokio::time::Instant::now();
        loop {
            match self.pool.get().await {
                Ok(session) => return Ok(session),
                Err(PoolError::Backend(DbError::Unavailable(_)))
                    if started.elapsed() < POOL_WAIT =>
                {
                    tokio::time::sleep(CONNECT_PAUSE).await;
                }
                Err(PoolError::Backend(failure)) => return Err(failure),
                Err(other) => return Err(DbError::Unavailable(other.to_string())),
            }
        }
    }
}
