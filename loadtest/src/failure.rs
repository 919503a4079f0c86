//! What can stop a run: said in one line to the person who started it.

use std::io;

/// Why a command of the load generator gave up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file, process or socket of this machine refused.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// A request that the run can't do without was refused.
    #[error("{what} was answered {status}: {body}")]
    Refused {
        /// Method and path.
        what: String,
        /// Status of the answer.
        status: u16,
        /// The answer itself, shortened.
        body: String,
    },
    /// The database of the yardstick refused.
    #[error("the yardstick's database: {0}")]
    Database(String),
    /// Anything else, as a sentence that says what to do.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// Wraps a system error with what was being done.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// A sentence of its own.
    pub(crate) fn other(sentence: impl Into<String>) -> Self {
        Self::Other(sentence.into())
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let cause = error.as_db_error().map(ToString::to_string);
        Self::Database(cause.unwrap_or_else(|| error.to_string()))
    }
}
