//! Private PostgreSQL and Redis under one folder, so that a clone runs and is tested with nothing installed by hand
//! and nothing left behind. Each server hangs on a pipe held by this process: when the process ends, however it ends,
//! the pipe closes and the server stops.

mod binaries;
mod hold;
mod leftover;
mod place;
mod postgres;
mod redis;
mod server;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use hold::hold;
use place::Place;
use server::Server;

/// Which servers to start: one that is given by its URL is used as it is and never started, stopped or killed here.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// An existing PostgreSQL to use instead of a private one.
    pub postgres_url: Option<String>,
    /// An existing Redis to use instead of a private one.
    pub redis_url: Option<String>,
}

/// One of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The server that keeps the truth.
    Postgres,
    /// The server that remembers balances for a while.
    Redis,
}

/// Why the private servers could not be started, stopped or found; every text says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// No usable server program on this machine.
    #[error(
        "{what} was not found. Install it with `apt-get install {package}`, or run `make deps`, \
         or give the URL of an existing one in {variable}"
    )]
    NotFound {
        /// The program as people call it.
        what: &'static str,
        /// The Debian package that holds it.
        package: &'static str,
        /// The environment variable that makes a private server unnecessary.
        variable: &'static str,
    },
    /// The folder holds data of a PostgreSQL whose programs are not here.
    #[error(
        "the data in {folder} was made by PostgreSQL {made_by}, but only {found} is installed. \
         Install postgresql-{made_by}, or delete that folder to start anew"
    )]
    OtherMajor {
        /// The folder with the data.
        folder: String,
        /// The major version that made it.
        made_by: String,
        /// The major versions that are installed.
        found: String,
    },
    /// Another process holds the same folder.
    #[error(
        "the private services in {folder} are held by another running process; stop that one first"
    )]
    Busy {
        /// The folder of the services.
        folder: String,
    },
    /// Something on disk refused.
    #[error(
        "{action} {path} failed: {cause}. Check that the folder exists and belongs to the user who runs this"
    )]
    Disk {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: String,
        /// What the system answered.
        cause: io::Error,
    },
    /// A server program could not be run or ended too early.
    #[error("{name} did not start: {reason}. Its log is {log}")]
    DidNotStart {
        /// Which server.
        name: &'static str,
        /// What was seen, with the last lines of its log.
        reason: String,
        /// Where the whole log is.
        log: String,
    },
    /// A server ignored every signal.
    #[error(
        "{name} (process {pid}) did not end; end it by hand with `kill -9 {pid}` and try again"
    )]
    DidNotStop {
        /// Which server.
        name: &'static str,
        /// Its process id.
        pid: i32,
    },
    /// The server was given by URL, so it is not ours to stop or kill.
    #[error(
        "this server was given by its URL; only private servers can be stopped, killed or restarted here"
    )]
    NotPrivate,
}

impl ServicesError {
    fn disk(action: &'static str, path: &Path, cause: io::Error) -> Self {
        Self::Disk {
            action,
            path: path.display().to_string(),
            cause,
        }
    }
}

/// Running private servers. Dropping this stops them.
#[derive(Debug)]
pub struct Services {
    place: Place,
    postgres: Option<Mutex<Server>>,
    redis: Option<Mutex<Server>>,
    postgres_url: String,
    redis_url: String,
}

/// Starts what `options` does not give by URL, under `dir`, and returns when both servers answer.
/// Servers that an earlier process left in the same folder are ended first; nothing else is touched.
pub fn start(dir: &Path, options: &Options) -> Result<Services, ServicesError> {
    let place = Place::open(dir)?;
    binaries::bring_near(&place)?;
    let secret = place.secret()?;
    let mut services = Services {
        postgres: None,
        redis: None,
        postgres_url: options.postgres_url.clone().unwrap_or_default(),
        redis_url: options.redis_url.clone().unwrap_or_default(),
        place,
    };
    if options.redis_url.is_none() {
        let (server, url) = redis::start(&services.place, &secret)?;
        services.redis = Some(Mutex::new(server));
        services.redis_url = url;
    }
    if options.postgres_url.is_none() {
        let (server, url) = postgres::start(&services.place, &secret)?;
        services.postgres = Some(Mutex::new(server));
        services.postgres_url = url;
    }
    Ok(services)
}

impl Services {
    /// The administrator's URL of PostgreSQL.
    pub fn postgres_url(&self) -> &str {
        &self.postgres_url
    }

    /// The URL of Redis.
    pub fn redis_url(&self) -> &str {
        &self.redis_url
    }

    /// Where data and logs of the private servers are.
    pub fn folder(&self) -> PathBuf {
        self.place.base().to_path_buf()
    }

    /// Stops what was started here, gently, and waits until it is gone.
    pub fn stop(self) -> Result<(), ServicesError> {
        self.stop_all()
    }

    /// Kills the postmaster and all its children at once, as a power cut would. It stays down until restarted.
    pub fn kill_postgres(&self) -> Result<(), ServicesError> {
        self.with(Kind::Postgres, Server::kill)
    }

    /// Kills Redis at once. It stays down until restarted.
    pub fn kill_redis(&self) -> Result<(), ServicesError> {
        self.with(Kind::Redis, Server::kill)
    }

    /// Brings PostgreSQL back on the same port, after its recovery; stops it first when it runs.
    pub fn restart_postgres(&self) -> Result<(), ServicesError> {
        self.with(Kind::Postgres, Server::restart)
    }

    /// Brings Redis back on the same port, empty; stops it first when it runs.
    pub fn restart_redis(&self) -> Result<(), ServicesError> {
        self.with(Kind::Redis, Server::restart)
    }

    /// Freezes a server: it accepts connections and answers nothing, the nastiest kind of outage.
    pub fn pause(&self, kind: Kind) -> Result<(), ServicesError> {
        self.with(kind, |server| server.pause())
    }

    /// Lets a frozen server go on.
    pub fn resume(&self, kind: Kind) -> Result<(), ServicesError> {
        self.with(kind, |server| server.resume())
    }

    /// The process id of a private server, if it runs.
    pub fn process_id(&self, kind: Kind) -> Option<i32> {
        self.with(kind, |server| Ok(server.pid())).ok().flatten()
    }

    /// Starts again every private server that died, and says which. Call it now and then (about once a second).
    pub fn restart_dead(&self) -> Result<Vec<Kind>, ServicesError> {
        let mut restarted = Vec::new();
        for kind in [Kind::Postgres, Kind::Redis] {
            if self.slot(kind).is_none() {
                continue;
            }
            if self.with(kind, Server::start_if_dead)? {
                restarted.push(kind);
            }
        }
        Ok(restarted)
    }

    fn slot(&self, kind: Kind) -> Option<&Mutex<Server>> {
        match kind {
            Kind::Postgres => self.postgres.as_ref(),
            Kind::Redis => self.redis.as_ref(),
        }
    }

    fn with<T>(
        &self,
        kind: Kind,
        act: impl FnOnce(&mut Server) -> Result<T, ServicesError>,
    ) -> Result<T, ServicesError> {
        let slot = self.slot(kind).ok_or(ServicesError::NotPrivate)?;
        act(&mut locked(slot))
    }

    fn stop_all(&self) -> Result<(), ServicesError> {
        let servers = [&self.postgres, &self.redis].into_iter().flatten();
        let mut servers: Vec<_> = servers.map(locked).collect();
        // Ask both before waiting for either.
        for server in &mut servers {
            server.ask_to_stop();
        }
        servers
            .iter_mut()
            .map(|server| server.stop())
            .fold(Ok(()), Result::and)
    }
}

/// A thread that panicked while it held the lock leaves a server that can still be stopped.
fn locked(server: &Mutex<Server>) -> MutexGuard<'_, Server> {
    server.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Services {
    fn drop(&mut self) {
        if let Err(error) = self.stop_all() {
            tracing::warn!(%error, "a private service did not stop");
        }
    }
}
