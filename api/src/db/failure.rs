//! One classifier for everything that goes wrong in Postgres, since what follows differs:
//! repeat, refuse, split the batch, or say that the outcome is unknown.

use diesel::result::{DatabaseErrorKind, Error};

use crate::problem::{Problem, ProblemKind};

/// What a failed database call means for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// No connection: certainly nothing was written.
    #[error("no connection to the database: {0}")]
    Unavailable(String),
    /// The connection ended before commit was sent: certainly nothing was written.
    #[error("the connection to the database ended: {0}")]
    Broken(String),
    /// Another transaction was in the way; repeat the transaction.
    #[error("the transaction must be repeated: {0}")]
    Conflict(String),
    /// A unique key is already used; the constraint's name.
    #[error("already there: {0}")]
    Duplicate(String),
    /// The disk is full; nothing was written.
    #[error("the database's storage is full: {0}")]
    StorageFull(String),
    /// The statement was refused or wrong.
    #[error("the statement failed: {0}")]
    Failed(String),
    /// Commit was sent and not answered.
    #[error("commit was sent, but not answered: {0}")]
    OutcomeUnknown(String),
}

/// What Postgres says when it ends a connection or does not let one in. Matched on the text,
/// because the driver hands out no SQLSTATE for these.
const ENDED: &[&str] = &[
    "terminating connection",
    "the database system is",
    "connection closed",
    "too many connections",
    "too many clients",
    "remaining connection slots",
    "prepared statement",
    "cached plan must not change",
];
const FULL: &[&str] = &[
    "No space left on device",
    "could not extend file",
    "disk full",
];
const AGAIN: &[&str] = &[
    "deadlock detected",
    "could not serialize",
    "canceling statement",
    IN_ABORTED,
];
/// What every statement gets after the one that failed.
const IN_ABORTED: &str = "current transaction is aborted";

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        let (kind, text) = match &error {
            Error::DatabaseError(kind, information) => (kind, information.message().to_owned()),
            other => return Self::Failed(other.to_string()),
        };
        match kind {
            DatabaseErrorKind::UniqueViolation => Self::Duplicate(constraint(&error)),
            DatabaseErrorKind::SerializationFailure => Self::Conflict(text),
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::ReadOnlyTransaction => Self::Broken(text),
            _ if ENDED.iter().any(|part| text.contains(part)) => Self::Broken(text),
            _ if FULL.iter().any(|part| text.contains(part)) => Self::StorageFull(text),
            _ if AGAIN.iter().any(|part| text.contains(part)) => Self::Conflict(text),
            _ => Self::Failed(text),
        }
    }
}

fn constraint(error: &Error) -> String {
    match error {
        Error::DatabaseError(_, information) => {
            information.constraint_name().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

impl DbError {
    /// Whether it only follows from another failure in the same transaction.
    pub fn is_follow_up(&self) -> bool {
        matches!(self, Self::Conflict(text) if text.contains(IN_ABORTED))
    }

    /// What went wrong among statements in flight together: the failure that the others follow from.
    pub fn cause(results: impl IntoIterator<Item = Result<(), Self>>) -> Result<(), Self> {
        let mut follow_up = Ok(());
        for result in results {
            match result {
                Err(error) if error.is_follow_up() => follow_up = Err(error),
                other => other?,
            }
        }
        follow_up
    }

    /// Whether the same work may succeed on a fresh connection or a second try.
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::Broken(_) | Self::Conflict(_)
        )
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) | DbError::Broken(_) | DbError::Conflict(_) => {
                tracing::warn!(cause = %error, "the database could not serve a request");
                Self::new(
                    ProblemKind::LedgerUnavailable,
                    "Repeat the request with the same key.",
                )
            }
            DbError::StorageFull(_) => {
                tracing::error!(cause = %error, "the database's storage is full");
                Self::new(
                    ProblemKind::StorageFull,
                    "Repeat the request later with the same key.",
                )
            }
            DbError::OutcomeUnknown(_) => Self::new(
                ProblemKind::OutcomeUnknown,
                "Repeat the request with the same key to learn the outcome.",
            ),
            DbError::Duplicate(_) | DbError::Failed(_) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests;
