//! Keys and tenants as authentication reads them.

use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use domain::id::{ApiKeyId, TenantId};
use uuid::Uuid;

use crate::db::tenant::OnControl;
use crate::db::time::{SqlInstant, maybe_from};
use crate::db::{ControlConn, DbError, TenantNumber};
use crate::statement;

use super::cache::{KeyState, TenantState};
use super::scope::Scopes;

statement! {
    /// The stored hash of one key.
    control SecretHash = "select secret_hash from api_keys where id = $1";
    { id: Uuid => SqlUuid }
    -> { String => Text }
}

statement! {
    /// One key's state.
    control KeyById = "select id, tenant_id, scopes, expires_at, revoked_at is not null
        from api_keys where id = $1";
    { id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, i64 => BigInt, Vec<String> => Array<Text>, Option<SqlInstant> => Nullable<Timestamptz>, bool => Bool }
}

statement! {
    /// Keys that changed of late. The margin covers transactions that took long to commit.
    control ChangedKeys = "select id, tenant_id, scopes, expires_at, revoked_at is not null
        from api_keys where changed_at > now() - interval '10 seconds'";
    {}
    -> { Uuid => SqlUuid, i64 => BigInt, Vec<String> => Array<Text>, Option<SqlInstant> => Nullable<Timestamptz>, bool => Bool }
}

statement! {
    /// One tenant's state.
    control TenantByNumber = "select id, public_id, sandbox_of is not null, status = 'suspended', requests_per_second
        from tenants where id = $1";
    { number: i64 => BigInt }
    -> { i64 => BigInt, Uuid => SqlUuid, bool => Bool, bool => Bool, Option<i32> => Nullable<Integer> }
}

statement! {
    /// Tenants that changed of late.
    control ChangedTenants = "select id, public_id, sandbox_of is not null, status = 'suspended', requests_per_second
        from tenants where changed_at > now() - interval '10 seconds'";
    {}
    -> { i64 => BigInt, Uuid => SqlUuid, bool => Bool, bool => Bool, Option<i32> => Nullable<Integer> }
}

statement! {
    /// Keep a new key.
    control InsertKey = "insert into api_keys (id, tenant_id, name, secret_hash, last_four, scopes, created_at, created_by, expires_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, now(), $7, $8, now())
        returning created_at";
    { id: Uuid => SqlUuid, tenant: i64 => BigInt, name: String => Text, secret_hash: String => Text, last_four: String => Text,
      scopes: Vec<String> => Array<Text>, created_by: Option<Uuid> => Nullable<SqlUuid>, expires_at: Option<SqlInstant> => Nullable<Timestamptz> }
    -> { SqlInstant => Timestamptz }
}

type KeyRow = (Uuid, i64, Vec<String>, Option<SqlInstant>, bool);
type TenantRow = (i64, Uuid, bool, bool, Option<i32>);

fn key_state((id, tenant, scopes, expires_at, is_revoked): KeyRow) -> KeyState {
    KeyState {
        id: ApiKeyId::from_uuid(id),
        tenant: TenantNumber(tenant),
        scopes: Scopes::from_names(&scopes),
        expires_at: maybe_from(expires_at),
        is_revoked,
    }
}

fn tenant_state((number, id, is_sandbox, is_suspended, limit): TenantRow) -> TenantState {
    TenantState {
        number: TenantNumber(number),
        id: TenantId::from_uuid(id),
        is_sandbox,
        is_suspended,
        requests_per_second: limit.and_then(|limit| u32::try_from(limit).ok()),
    }
}

pub(super) async fn secret_hash(
    on: &impl OnControl,
    id: ApiKeyId,
) -> Result<Option<String>, DbError> {
    let rows = SecretHash { id: id.uuid() }.all(on).await?;
    Ok(rows.into_iter().next().map(|(hash,)| hash))
}

pub(super) async fn key_and_tenant(
    on: &impl OnControl,
    id: ApiKeyId,
) -> Result<Option<(KeyState, TenantState)>, DbError> {
    let Some(row) = KeyById { id: id.uuid() }.all(on).await?.pop() else {
        return Ok(None);
    };
    let key = key_state(row);
    let TenantNumber(number) = key.tenant;
    let tenant = TenantByNumber { number }.all(on).await?.pop();
    Ok(tenant.map(|row| (key, tenant_state(row))))
}

pub(super) async fn changed_keys(on: &ControlConn) -> Result<Vec<KeyState>, DbError> {
    let rows = ChangedKeys {}.all(on).await?;
    Ok(rows.into_iter().map(key_state).collect())
}

pub(super) async fn changed_tenants(on: &ControlConn) -> Result<Vec<TenantState>, DbError> {
    let rows = ChangedTenants {}.all(on).await?;
    Ok(rows.into_iter().map(tenant_state).collect())
}
