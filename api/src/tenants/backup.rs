//! One tenant with its sandbox into a file, and back into a database that does not have it.
//!
//! ```text
//! tamaru tenant backup
//! {"format":1,"schema":"…","migrations":…,"tenant":"ten_…","numbers":[…],"taken_at":"…","mark":"…"}
//! table {"name":"tenants","columns":["id",…]}
//! <a line for each row, as PostgreSQL's `copy` writes text>
//! \.
//! table …
//! seal <HMAC-SHA-256 of everything before this line>
//! ```
//! Personal data stands in it as it is stored: sealed under the service's master key, so that a service with another
//! one can't read it. Mark and seal are derived from that key too. Nothing is held in memory but one row.

mod file;
mod restore;
mod take;

use std::io;
use std::path::Path;

use domain::id::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::db::DbError;
use crate::secrets::BadMasterKey;
use crate::vault::VaultError;

pub use restore::restore;
pub use take::backup;

/// The form of the file; another one has another number.
const FORMAT: u32 = 1;

/// What was written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupSummary {
    /// Whose it is.
    pub tenant: TenantId,
    /// Rows of all tables.
    pub rows: u64,
    /// The moment that the backup shows.
    pub taken_at: Timestamp,
}

/// What a backup says of itself before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    /// The newest migration, and how many there are.
    schema: String,
    migrations: i64,
    tenant: TenantId,
    /// The tenant's own number, which is part of what seals its data, and that of its sandbox behind it.
    numbers: Vec<i64>,
    taken_at: Timestamp,
    /// Tells one master key from another.
    mark: String,
}

/// Why a tenant was not backed up or restored; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database refused.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The file could not be used.
    #[error("{file}: {source}")]
    File {
        /// Its path.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The master key can't be used.
    #[error(transparent)]
    MasterKey(#[from] BadMasterKey),
    /// Nobody has this id.
    #[error("there is no tenant {0}; `tamaru tenants list` prints those that there are")]
    NoTenant(TenantId),
    /// It goes with its tenant.
    #[error("{0} is a sandbox, which is backed up with its tenant: name that one")]
    Sandbox(TenantId),
    /// Another key seals what there is.
    #[error(
        "TAMARU_MASTER_KEY is not the key under which the data of this tenant is sealed; use the one of the service that keeps it"
    )]
    OtherMasterKey,
    /// Anything else.
    #[error("this is not a backup of a tenant")]
    NotABackup,
    /// Of another version of the service.
    #[error(
        "the backup has the form {0}, and this program reads form 1: use the program that wrote it"
    )]
    OtherFormat(u32),
    /// The end is missing.
    #[error("the backup ends before its seal: it was cut")]
    Cut,
    /// The seal is another one.
    #[error("the backup is not as it was written: something in it was changed")]
    Changed,
    /// Tables would not fit.
    #[error(
        "the backup was taken at the schema {backup}, and this database is at {database}: bring both to the same version with `tamaru migrate`, and take it again"
    )]
    OtherSchema {
        /// Of the backup.
        backup: String,
        /// Of the database.
        database: String,
    },
    /// It is there already, or was.
    #[error(
        "this database has, or had, a tenant with the id {0} or with its internal number, under which its data is sealed: restore it into a database that has neither"
    )]
    Taken(TenantId),
}

impl BackupError {
    /// Wraps a system error with the file that it is about.
    fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        let file = path.display().to_string();
        move |source| Self::File {
            file: file.clone(),
            source,
        }
    }
}

impl From<VaultError> for BackupError {
    fn from(_closed: VaultError) -> Self {
        Self::OtherMasterKey
    }
}

/// The schema in words, to be compared and told.
fn version(schema: &str, migrations: i64) -> String {
    format!("{schema} with {migrations} migrations")
}
