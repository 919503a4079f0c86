//! A backup: every row of a tenant and its sandbox, as they were at one moment.

use std::path::Path;
use std::pin::pin;

use domain::id::TenantId;
use futures_util::TryStreamExt;
use secrecy::SecretString;

use crate::clock;
use crate::db::bulk::{Bulk, Twins};
use crate::db::{DbError, TenantNumber};
use crate::secrets::Secrets;
use crate::vault::{Owner, Vault};

use super::file::{Writer, mark};
use super::{BackupError, BackupSummary, FORMAT, Header};

/// Writes a tenant into a new file. Read as the owner of the tables, since nobody else sees all of it and is told so
/// where something would be left out.
pub async fn backup(
    owner_url: &SecretString,
    secrets: &Secrets,
    tenant: TenantId,
    path: &Path,
) -> Result<BackupSummary, BackupError> {
    let bulk = Bulk::snapshot(owner_url).await?;
    let taken_at = clock::now();
    let found = bulk.twins(&tenant.uuid().to_string()).await?;
    let Twins {
        numbers,
        is_sandbox,
    } = found.ok_or(BackupError::NoTenant(tenant))?;
    if is_sandbox {
        return Err(BackupError::Sandbox(tenant));
    }
    opens(&bulk, secrets, &numbers).await?;
    let (schema, migrations) = bulk.schema().await?;
    let header = Header {
        format: FORMAT,
        schema,
        migrations,
        tenant,
        numbers,
        taken_at,
        mark: mark(secrets)?,
    };
    let mut writer = Writer::create(path, secrets, &header)?;
    let mut rows = 0_u64;
    for table in bulk.tables().await? {
        writer.begin(&table)?;
        let mut lines = pin!(bulk.rows(&table, &header.numbers).await?);
        // Each piece is a row.
        while let Some(line) = lines.try_next().await.map_err(DbError::from)? {
            writer.put(&line)?;
            rows = rows.saturating_add(1);
        }
        writer.end()?;
    }
    bulk.commit().await?;
    writer.finish()?;
    Ok(BackupSummary {
        tenant,
        rows,
        taken_at,
    })
}

/// Whether the master key is the one that seals what there is: a backup under another would be worth nothing.
async fn opens(bulk: &Bulk, secrets: &Secrets, numbers: &[i64]) -> Result<(), BackupError> {
    let vault = Vault::new(secrets.clone());
    for number in numbers {
        let Some((member, wrapped)) = bulk.wrapped_key(*number).await? else {
            continue;
        };
        let member = member
            .parse()
            .map_err(|_other| BackupError::OtherMasterKey)?;
        let owner = Owner {
            tenant: TenantNumber(*number),
            member,
        };
        vault.unwrap_key(owner, &wrapped)?;
    }
    Ok(())
}
