//! Bring a database to the present schema, as the owner of its tables.

use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use secrecy::{ExposeSecret, SecretString};

use super::DbError;
use super::roles::{self, OWNER, SERVICE};
use crate::secrets::{Purpose, Secrets};

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

/// Migrate with passwords derived from the master key, and return the URL of the service's own role.
/// The same key always gives the same URL, so that nothing has to be kept.
pub async fn prepare(
    administrator_url: &SecretString,
    secrets: &Secrets,
) -> Result<SecretString, DbError> {
    let password = |purpose| match secrets.derive(purpose, None) {
        Ok(key) => Ok(hexadecimal(&key)),
        Err(error) => Err(DbError::Failed(error.to_string())),
    };
    let service = password(Purpose::ServicePassword)?;
    let passwords = roles::Passwords {
        owner: password(Purpose::OwnerPassword)?.into(),
        service: service.clone().into(),
    };
    migrate(administrator_url, &passwords).await?;
    let url = url_of(administrator_url.expose_secret(), SERVICE, &service);
    let url = url.ok_or_else(|| {
        let example = "postgres://user:password@host:5432/database";
        DbError::Failed(format!("the database's URL must look like {example}"))
    })?;
    Ok(url.into())
}

/// The same database by another role.
fn url_of(url: &str, role: &str, password: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, place) = rest.split_at_checked(end)?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    Some(format!("{scheme}://{role}:{password}@{host}{place}"))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
