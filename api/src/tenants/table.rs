//! The live tenants as a table for a person at a terminal.

use std::io::Write;

use secrecy::SecretString;

use crate::db::{ControlConn, DbError, Session};

use super::{TenantStatus, store};

/// Tenants that are read at once.
const BATCH: i64 = 200;

/// Write every live tenant, in the order in which they were made; `database_url` is the service's.
pub async fn write_table(
    database_url: &SecretString,
    out: &mut (impl Write + Send),
) -> Result<(), TableError> {
    let session = Box::new(Box::pin(Session::open(database_url)).await?);
    let control = ControlConn::open(session.into()).await?;
    let mut after = 0;
    loop {
        let tenants = store::live_after(&control, after, BATCH).await?;
        let Some(last) = tenants.last() else { break };
        after = last.number;
        for tenant in &tenants {
            let status = match tenant.status {
                TenantStatus::Active => "active",
                TenantStatus::Suspended => "suspended",
                TenantStatus::Deleted => "deleted",
            };
            let (id, settings) = (tenant.id, &tenant.settings);
            writeln!(
                out,
                "{id}  {status:<9}  {}  {:<20}  {}",
                settings.currency, settings.time_zone, settings.name
            )?;
        }
    }
    control.commit().await?;
    Ok(())
}

/// Why the table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The tenants could not be read.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The table could not be written.
    #[error(transparent)]
    Output(#[from] std::io::Error),
}
