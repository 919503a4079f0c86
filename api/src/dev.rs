//! `tamaru dev`: the whole service on one machine with a demo tenant, from nothing to three lines to paste.

mod client;
mod demo;
mod keep;
mod stack;
mod welcome;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::db::DbError;
use crate::secrets::BadMasterKey;
use crate::services::ServicesError;

use client::CallError;
use stack::Stack;

/// What `dev` may be told; everything has a default.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where servers, keys and logs are kept.
    pub folder: PathBuf,
    /// The address to listen on; absent: port 8080 of this machine, or a free one.
    pub listen: Option<SocketAddr>,
    /// An administrator's URL of an existing PostgreSQL.
    pub database_url: Option<String>,
    /// The URL of an existing Redis.
    pub redis_url: Option<String>,
    /// Used instead of the kept one.
    pub operator_key: Option<SecretString>,
    /// Used instead of the kept one.
    pub master_key: Option<SecretString>,
}

/// Why the service could not be brought up here.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// The private servers.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// The schema.
    #[error("the database could not be prepared: {0}")]
    Database(#[from] DbError),
    /// The master key.
    #[error(transparent)]
    MasterKey(#[from] BadMasterKey),
    /// A file in the folder.
    #[error(
        "{path} could not be used: {cause}. Check that the folder belongs to you, or delete it to start anew"
    )]
    Folder {
        /// The file.
        path: String,
        /// What the system answered.
        cause: io::Error,
    },
    /// The server itself.
    #[error("the server did not start: {0}")]
    Server(String),
    /// The demo tenant.
    #[error("the demo tenant could not be made: {0}")]
    Demo(#[from] CallError),
    /// Signals or the terminal.
    #[error("the terminal could not be used: {0}")]
    Terminal(#[from] io::Error),
    /// A task of this program failed.
    #[error("a task ended early: {0}")]
    Task(String),
}

impl DevError {
    fn folder(path: &std::path::Path, cause: io::Error) -> Self {
        Self::Folder {
            path: path.display().to_string(),
            cause,
        }
    }
}

/// Brings everything up, says how to use it, and takes it down on Ctrl-C, SIGTERM or when the terminal closes.
/// Needs a multi-thread runtime.
pub async fn run(options: Options) -> Result<(), DevError> {
    let mut stop = StopSignals::new()?;
    let stack = tokio::select! {
        stack = Stack::start(&options) => stack?,
        () = stop.wait() => return Ok(()),
    };
    let outcome = tokio::select! {
        shown = show(&stack) => match shown {
            Ok(()) => {
                stop.wait().await;
                Ok(())
            }
            failed => failed,
        },
        () = stop.wait() => Ok(()),
    };
    welcome::say("Stopping …")?;
    outcome.and(stack.stop().await)
}

async fn show(stack: &Stack) -> Result<(), DevError> {
    let demo = demo::prepare(stack).await?;
    welcome::print(stack, &demo)?;
    Ok(())
}

/// Everything by which a person or a supervisor asks this program to end.
struct StopSignals([Signal; 3]);

impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
