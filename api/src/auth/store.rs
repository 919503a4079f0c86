//! Keys, grants and tenants as authentication reads them.

use std::sync::Arc;

use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use domain::id::{ApiKeyId, PartnerGrantId, PartnerId, TenantId};
use uuid::Uuid;

use crate::db::tenant::OnControl;
use crate::db::time::{SqlInstant, maybe_from};
use crate::db::{ControlConn, DbError, TenantNumber};
use crate::statement;

use super::cache::{Changes, GrantState, Holder, KeyState, TenantState};
use super::restrictions::Restrictions;
use super::scope::Scopes;

statement! {
    /// The stored hash of one key, whoever holds it.
    control SecretHash = "select secret_hash from api_keys where id = $1
        union all select secret_hash from partners where key_id = $1
        union all select secret_hash from replaced_partner_keys where id = $1";
    { id: Uuid => SqlUuid }
    -> { String => Text }
}

/// The columns of [`KeyRow`]: a key of a tenant.
macro_rules! key_rows {
    ($condition:literal) => {
        concat!(
            "select id, tenant_id, scopes, restrictions::text, expires_at, revoked_at is not null, coalesce(lineage, id)
                from api_keys where ",
            $condition
        )
    };
}

statement! {
    /// One key of a tenant.
    control KeyById = key_rows!("id = $1");
    { id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, i64 => BigInt, Vec<String> => Array<Text>, String => Text,
         Option<SqlInstant> => Nullable<Timestamptz>, bool => Bool, Uuid => SqlUuid }
}

statement! {
    /// Keys that changed in the last seconds.
    control ChangedKeys = key_rows!("changed_at > now() - $1 * interval '1 second'");
    { seconds: i64 => BigInt }
    -> { Uuid => SqlUuid, i64 => BigInt, Vec<String> => Array<Text>, String => Text,
         Option<SqlInstant> => Nullable<Timestamptz>, bool => Bool, Uuid => SqlUuid }
}

/// The columns of [`PartnerRow`]: the newest key of a partner, and those that it took over from.
macro_rules! partner_rows {
    ($newest:literal, $replaced:literal) => {
        concat!(
            "select p.key_id, p.id, p.revoked_at is not null, null::timestamptz from partners p where ",
            $newest,
            " union all select k.id, p.id, p.revoked_at is not null, k.ends_at
                from replaced_partner_keys k join partners p on p.id = k.partner_id where ",
            $replaced
        )
    };
}

statement! {
    /// The partner whose key this is.
    control PartnerByKey = partner_rows!("p.key_id = $1", "k.id = $1");
    { id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, bool => Bool, Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// Keys of partners that changed in the last seconds.
    control ChangedPartners = partner_rows!("p.changed_at > now() - $1 * interval '1 second'",
        "p.changed_at > now() - $1 * interval '1 second'");
    { seconds: i64 => BigInt }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, bool => Bool, Option<SqlInstant> => Nullable<Timestamptz> }
}

/// The columns of [`GrantRow`]: what a tenant lets a partner do.
macro_rules! grant_rows {
    ($condition:literal) => {
        concat!(
            "select g.id, g.partner_id, g.tenant_id, g.scopes, g.stores, g.revoked_at is not null from partner_grants g ",
            $condition
        )
    };
}

statement! {
    /// One grant.
    control GrantById = grant_rows!("where g.id = $1");
    { id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, i64 => BigInt, Vec<String> => Array<Text>,
         Option<Vec<String>> => Nullable<Array<Text>>, bool => Bool }
}

statement! {
    /// The grant of a tenant to a partner that counts now.
    control GrantTo = grant_rows!("join tenants t on t.id = g.tenant_id
        where g.partner_id = $1 and t.public_id = $2 and g.revoked_at is null");
    { partner: Uuid => SqlUuid, tenant: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, i64 => BigInt, Vec<String> => Array<Text>,
         Option<Vec<String>> => Nullable<Array<Text>>, bool => Bool }
}

statement! {
    /// Grants that changed in the last seconds.
    control ChangedGrants = grant_rows!("where g.changed_at > now() - $1 * interval '1 second'");
    { seconds: i64 => BigInt }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, i64 => BigInt, Vec<String> => Array<Text>,
         Option<Vec<String>> => Nullable<Array<Text>>, bool => Bool }
}

statement! {
    /// One tenant's state.
    control TenantByNumber = "select id, public_id, sandbox_of is not null, status <> 'active', requests_per_second
        from tenants where id = $1";
    { number: i64 => BigInt }
    -> { i64 => BigInt, Uuid => SqlUuid, bool => Bool, bool => Bool, Option<i32> => Nullable<Integer> }
}

statement! {
    /// Tenants that changed in the last seconds.
    control ChangedTenants = "select id, public_id, sandbox_of is not null, status <> 'active', requests_per_second
        from tenants where changed_at > now() - $1 * interval '1 second'";
    { seconds: i64 => BigInt }
    -> { i64 => BigInt, Uuid => SqlUuid, bool => Bool, bool => Bool, Option<i32> => Nullable<Integer> }
}

statement! {
    /// Keep a new key, which is of the lineage of the one that it replaces.
    control InsertKey = "insert into api_keys (id, tenant_id, name, secret_hash, last_four, scopes, restrictions, created_at, created_by,
            expires_at, changed_at, lineage)
        values ($1, $2, $3, $4, $5, $6, $7::json, now(), $8, $9, now(),
            (select coalesce(o.lineage, o.id) from api_keys o where o.tenant_id = $2 and o.id = $10))
        returning created_at";
    { id: Uuid => SqlUuid, tenant: i64 => BigInt, name: String => Text, secret_hash: String => Text, last_four: String => Text,
      scopes: Vec<String> => Array<Text>, restrictions: String => Text, created_by: Option<Uuid> => Nullable<SqlUuid>,
      expires_at: Option<SqlInstant> => Nullable<Timestamptz>, replaces: Option<Uuid> => Nullable<SqlUuid> }
    -> { SqlInstant => Timestamptz }
}

type KeyRow = (
    Uuid,
    i64,
    Vec<String>,
    String,
    Option<SqlInstant>,
    bool,
    Uuid,
);
type PartnerRow = (Uuid, Uuid, bool, Option<SqlInstant>);
type GrantRow = (Uuid, Uuid, i64, Vec<String>, Option<Vec<String>>, bool);
type TenantRow = (i64, Uuid, bool, bool, Option<i32>);

/// Restrictions as they are stored. What can't be read must not be taken for none.
pub(crate) fn restrictions(text: &str) -> Result<Restrictions, DbError> {
    serde_json::from_str(text)
        .map_err(|error| DbError::Failed(format!("restrictions of a key: {error}")))
}

fn key_state(row: KeyRow) -> Result<KeyState, DbError> {
    let (id, tenant, scopes, restricted, expires_at, is_revoked, lineage) = row;
    Ok(KeyState {
        id: ApiKeyId::from_uuid(id),
        lineage: ApiKeyId::from_uuid(lineage),
        holder: Holder::Tenant(TenantNumber(tenant)),
        scopes: Scopes::from_names(&scopes),
        restrictions: Arc::new(restrictions(&restricted)?),
        expires_at: maybe_from(expires_at),
        is_revoked,
    })
}

fn partner_key((id, partner, is_revoked, ends_at): PartnerRow) -> KeyState {
    KeyState {
        id: ApiKeyId::from_uuid(id),
        // All keys that a partner ever has are one hand.
        lineage: ApiKeyId::from_uuid(partner),
        holder: Holder::Partner(PartnerId::from_uuid(partner)),
        scopes: Scopes::default(),
        restrictions: Arc::default(),
        expires_at: maybe_from(ends_at),
        is_revoked,
    }
}

fn grant_state((id, partner, tenant, scopes, stores, is_revoked): GrantRow) -> GrantState {
    GrantState {
        id: PartnerGrantId::from_uuid(id),
        partner: PartnerId::from_uuid(partner),
        tenant: TenantNumber(tenant),
        scopes: Scopes::from_names(&scopes),
        restrictions: Arc::new(Restrictions {
            stores,
            ..Restrictions::default()
        }),
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

/// One key, whoever holds it.
pub(super) async fn key(on: &impl OnControl, id: ApiKeyId) -> Result<Option<KeyState>, DbError> {
    let id = id.uuid();
    if let Some(row) = (KeyById { id }).all(on).await?.pop() {
        return key_state(row).map(Some);
    }
    let partner = PartnerByKey { id }.all(on).await?.pop();
    Ok(partner.map(partner_key))
}

pub(super) async fn grant(
    on: &impl OnControl,
    id: PartnerGrantId,
) -> Result<Option<GrantState>, DbError> {
    let row = GrantById { id: id.uuid() }.all(on).await?.pop();
    Ok(row.map(grant_state))
}

/// What a tenant lets a partner do now.
pub(super) async fn grant_to(
    on: &impl OnControl,
    partner: PartnerId,
    tenant: TenantId,
) -> Result<Option<GrantState>, DbError> {
    let grant = GrantTo {
        partner: partner.uuid(),
        tenant: tenant.uuid(),
    };
    Ok(grant.all(on).await?.pop().map(grant_state))
}

pub(super) async fn tenant(
    on: &impl OnControl,
    TenantNumber(number): TenantNumber,
) -> Result<Option<TenantState>, DbError> {
    let row = TenantByNumber { number }.all(on).await?.pop();
    Ok(row.map(tenant_state))
}

/// Whatever changed in the last seconds.
pub(super) async fn changes(on: &ControlConn, seconds: i64) -> Result<Changes, DbError> {
    let keys = ChangedKeys { seconds }.all(on).await?.into_iter();
    let mut keys = keys.map(key_state).collect::<Result<Vec<_>, _>>()?;
    let partners = ChangedPartners { seconds }.all(on).await?;
    keys.extend(partners.into_iter().map(partner_key));
    let grants = ChangedGrants { seconds }.all(on).await?;
    let tenants = ChangedTenants { seconds }.all(on).await?;
    Ok(Changes {
        keys,
        grants: grants.into_iter().map(grant_state).collect(),
        tenants: tenants.into_iter().map(tenant_state).collect(),
    })
}
