//! Bring a database to the present schema, as the owner of its tables.

use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use secrecy::{ExposeSecret, SecretString};

use super::DbError;
use super::roles::{self, OWNER};

/// Every migration, in the binary.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// Create the roles and run what is missing. `administrator_url` may be a superuser's or the owner's.
/// Needs a multi-thread runtime, since the harness blocks in place.
pub async fn migrate(
    administrator_url: &SecretString,
    passwords: &roles::Passwords,
) -> Result<usize, DbError> {
    let mut connection = AsyncPgConnection::establish(administrator_url.expose_secret())
        .await
        .map_err(|error| DbError::Unavailable(error.to_string()))?;
    roles::create(&mut connection, passwords).await?;
    connection
        .batch_execute(&format!("set role {OWNER}; set lock_timeout = '2s'"))
        .await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    let done = harness
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| DbError::Failed(error.to_string()))?;
    Ok(done.len())
}
