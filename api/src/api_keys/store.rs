//! Rows of keys as a tenant's administrator sees them; always by tenant, since the table is a control table.

use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::id::ApiKeyId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::auth::scope::Scopes;
use crate::auth::store::restrictions;
use crate::db::tenant::OnControl;
use crate::db::time::{SqlInstant, maybe_from};
use crate::db::{DbError, TenantNumber};
use crate::statement;

use super::ApiKey;

type KeyRow = (
    Uuid,
    String,
    String,
    Vec<String>,
    String,
    SqlInstant,
    Option<SqlInstant>,
    Option<SqlInstant>,
);

statement! {
    /// Keys of a tenant after an id.
    control KeysAfter = "select id, name, last_four, scopes, restrictions::text, created_at, expires_at, revoked_at
        from api_keys where tenant_id = $1 and id > $2 order by id limit $3";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text, String => Text, Vec<String> => Array<Text>, String => Text, SqlInstant => Timestamptz,
         Option<SqlInstant> => Nullable<Timestamptz>, Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// One key, kept from changing until the transaction ends.
    control LockedKey = "select id, name, last_four, scopes, restrictions::text, created_at, expires_at, revoked_at
        from api_keys where tenant_id = $1 and id = $2 for no key update";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, String => Text, Vec<String> => Array<Text>, String => Text, SqlInstant => Timestamptz,
         Option<SqlInstant> => Nullable<Timestamptz>, Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// How many keys of a tenant still work.
    control CountUsable = "select count(*) from api_keys
        where tenant_id = $1 and revoked_at is null and (expires_at is null or expires_at > now())";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt }
}

statement! {
    /// End a key at once.
    control RevokeKey = "update api_keys set revoked_at = now(), changed_at = now()
        where tenant_id = $1 and id = $2 and revoked_at is null";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
}

statement! {
    /// Let a key end when its successor has taken over, never later than it would anyway.
    control ReplaceKey = "update api_keys set expires_at = least(expires_at, $3), replaced_by = $4, changed_at = now()
        where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid, at: SqlInstant => Timestamptz, successor: Uuid => SqlUuid }
}

statement! {
    /// The key that takes the place of one, if any does.
    control SuccessorOf = "select replaced_by from api_keys where tenant_id = $1 and id = $2 and replaced_by is not null";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid }
}

fn key(row: KeyRow) -> Result<ApiKey, DbError> {
    let (id, name, last_four, scopes, restricted, created_at, expires_at, revoked_at) = row;
    Ok(ApiKey {
        id: ApiKeyId::from_uuid(id),
        name,
        last_four,
        scopes: Scopes::from_names(&scopes).to_vec(),
        restrictions: restrictions(&restricted)?,
        created_at: created_at.into(),
        expires_at: maybe_from(expires_at),
        revoked_at: maybe_from(revoked_at),
    })
}

pub(super) async fn after(
    on: &impl OnControl,
    TenantNumber(tenant): TenantNumber,
    after: Uuid,
    limit: i64,
) -> Result<Vec<ApiKey>, DbError> {
    let page = KeysAfter {
        tenant,
        after,
        limit,
    };
    page.all(on).await?.into_iter().map(key).collect()
}

pub(super) async fn locked(
    on: &impl OnControl,
    TenantNumber(tenant): TenantNumber,
    id: ApiKeyId,
) -> Result<Option<ApiKey>, DbError> {
    let rows = LockedKey {
        tenant,
        id: id.uuid(),
    };
    rows.all(on).await?.pop().map(key).transpose()
}

pub(super) async fn count_usable(
    on: &impl OnControl,
    TenantNumber(tenant): TenantNumber,
) -> Result<i64, DbError> {
    let rows = CountUsable { tenant }.all(on).await?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

pub(super) async fn revoke(
    on: &impl OnControl,
    TenantNumber(tenant): TenantNumber,
    id: ApiKeyId,
) -> Result<(), DbError> {
    let id = id.uuid();
    RevokeKey { tenant, id }.run(on).await?;
    Ok(())
}

/// The same, with the key that takes its place, if any does.
pub(super) async fn locked_with_successor(
    on: &impl OnControl,
    tenant: TenantNumber,
    id: ApiKeyId,
) -> Result<Option<(ApiKey, Option<ApiKeyId>)>, DbError> {
    let Some(key) = locked(on, tenant, id).await? else {
        return Ok(None);
    };
    let successor = SuccessorOf {
        tenant: tenant.0,
        id: id.uuid(),
    };
    let successor = successor.all(on).await?.pop();
    Ok(Some((key, successor.map(|(id,)| ApiKeyId::from_uuid(id)))))
}

/// Let a successor take the place of a key at an instant.
pub(super) async fn replace(
    on: &impl OnControl,
    (TenantNumber(tenant), id): (TenantNumber, ApiKeyId),
    at: Timestamp,
    successor: ApiKeyId,
) -> Result<(), DbError> {
    let replace = ReplaceKey {
        tenant,
        id: id.uuid(),
        at: at.into(),
        successor: successor.uuid(),
    };
    replace.run(on).await?;
    Ok(())
}
