//! Rows of events.

use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::time::SqlInstant;
use crate::db::{DbError, TenantConn};
use crate::statement;

statement! {
    /// Add events. Nothing is added without the tenant's anchor.
    tenant InsertOutbox = "insert into outbox
            (tenant_id, id, type, member_id, transaction_id, data, recorded_at, written_at)
        select k.tenant_id, u.id, u.type, u.member_id, u.transaction_id, u.data, u.recorded_at, now()
        from tenant_keys k, unnest($2, $3, $4, $5, $6, $7) u (id, type, member_id, transaction_id, data, recorded_at)
        where k.tenant_id = $1";
    {
        tenant: i64 => BigInt, id: Vec<Uuid> => Array<SqlUuid>, kind: Vec<&'static str> => Array<Text>,
        member: Vec<Option<Uuid>> => Array<Nullable<SqlUuid>>, transaction: Vec<Option<Uuid>> => Array<Nullable<SqlUuid>>,
        data: Vec<String> => Array<Text>, recorded_at: Vec<SqlInstant> => Array<Timestamptz>,
    }
}

statement! {
    /// Nobody else changes the tenant's endpoints until the transaction ends.
    control LockTenant = "select id from tenants where id = $1 for no key update";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt }
}

statement! {
    /// Let every batch know whether some endpoint is enabled.
    tenant NoteWebhooks = "update tenant_keys set webhooks_since = case when exists (
            select 1 from webhook_endpoints e where e.tenant_id = $1 and e.is_enabled and e.deleted_at is null
        ) then coalesce(webhooks_since, now()) end
        where tenant_id = $1";
    { tenant: i64 => BigInt }
}

statement! {
    /// Let workers know as well.
    control NoteWorkForWorkers = "update tenants set has_webhooks = exists (
            select 1 from webhook_endpoints e where e.tenant_id = $1 and e.is_enabled and e.deleted_at is null)
        where id = $1";
    { tenant: i64 => BigInt }
}

/// Make the next change of the tenant's endpoints wait, before anything of them is looked at.
pub(crate) async fn lock_endpoints(tx: &TenantConn) -> Result<(), DbError> {
    let tenant = tx.number();
    LockTenant { tenant }.all(tx).await?;
    Ok(())
}

/// Note whether some endpoint is enabled, after a change under [`lock_endpoints`].
pub(crate) async fn note_endpoints(tx: &TenantConn) -> Result<(), DbError> {
    let tenant = tx.number();
    NoteWebhooks { tenant }.run(tx).await?;
    NoteWorkForWorkers { tenant }.run(tx).await?;
    Ok(())
}
