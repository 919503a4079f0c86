//! Rows of stores.

use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::id::StoreId;
use uuid::Uuid;

use crate::db::time::SqlInstant;
use crate::db::{DbError, TenantConn};
use crate::statement;

use super::Store;

type StoreRow = (Uuid, String, String, Option<String>, SqlInstant, i64);

statement! {
    /// How many stores have a code that reads like this one: of the same characters in other widths, other
    /// compositions or other shapes.
    tenant CountLookalikes = "select count(*) from stores where tenant_id = $1
        and regexp_replace(normalize(code, NFKC), '[\\u200D\\uFE00-\\uFE0F\\U000E0100-\\U000E01EF]', '', 'g')
          = regexp_replace(normalize($2, NFKC), '[\\u200D\\uFE00-\\uFE0F\\U000E0100-\\U000E01EF]', '', 'g')";
    { tenant: i64 => BigInt, code: String => Text }
    -> { i64 => BigInt }
}

statement! {
    /// Add a store. Nothing is added without the tenant's anchor.
    tenant InsertStore = "insert into stores (tenant_id, id, code, name, time_zone, created_at)
        select k.tenant_id, $2, $3, $4, $5, now() from tenant_keys k where k.tenant_id = $1
        returning created_at";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid, code: String => Text, name: String => Text, time_zone: Option<String> => Nullable<Text> }
    -> { SqlInstant => Timestamptz }
}

statement! {
    /// How many stores the tenant has.
    tenant CountStores = "select count(*) from stores where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt }
}

statement! {
    /// Stores after a code, by code.
    tenant StoresAfter = "select id, code, name, time_zone, created_at, revision from stores
        where tenant_id = $1 and code > $2 order by code limit $3";
    { tenant: i64 => BigInt, after: String => Text, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text, String => Text, Option<String> => Nullable<Text>, SqlInstant => Timestamptz, i64 => BigInt }
}

statement! {
    /// One store.
    tenant StoreById = "select id, code, name, time_zone, created_at, revision from stores
        where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, String => Text, Option<String> => Nullable<Text>, SqlInstant => Timestamptz, i64 => BigInt }
}

statement! {
    /// One store, kept from changing until the transaction ends.
    tenant LockedStoreById = "select id, code, name, time_zone, created_at, revision from stores
        where tenant_id = $1 and id = $2 for no key update";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, String => Text, Option<String> => Nullable<Text>, SqlInstant => Timestamptz, i64 => BigInt }
}

statement! {
    /// Change what may change.
    tenant UpdateStore = "update stores set name = $3, time_zone = $4, revision = revision + 1
        where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid, name: String => Text, time_zone: Option<String> => Nullable<Text> }
}

fn store((id, code, name, time_zone, created_at, revision): StoreRow) -> Store {
    Store {
        id: StoreId::from_uuid(id),
        code,
        name,
        time_zone,
        created_at: created_at.into(),
        revision,
    }
}

/// How many stores the tenant has.
pub(super) async fn count(tx: &TenantConn) -> Result<i64, DbError> {
    let tenant = tx.number();
    let rows = CountStores { tenant }.all(tx).await?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// Stores after a code.
pub(super) async fn after(
    tx: &TenantConn,
    after: String,
    limit: i64,
) -> Result<Vec<Store>, DbError> {
    let tenant = tx.number();
    let page = StoresAfter {
        tenant,
        after,
        limit,
    };
    Ok(page.all(tx).await?.into_iter().map(store).collect())
}

/// One store.
pub(super) async fn by_id(tx: &TenantConn, id: StoreId) -> Result<Option<Store>, DbError> {
    let (tenant, id) = (tx.number(), id.uuid());
    Ok(StoreById { tenant, id }.all(tx).await?.pop().map(store))
}

/// One store, locked.
pub(super) async fn locked_by_id(tx: &TenantConn, id: StoreId) -> Result<Option<Store>, DbError> {
    let (tenant, id) = (tx.number(), id.uuid());
    let rows = LockedStoreById { tenant, id }.all(tx).await?;
    Ok(rows.into_iter().next().map(store))
}

/// Whether another store's code reads like this one.
pub(super) async fn has_lookalike(tx: &TenantConn, code: &str) -> Result<bool, DbError> {
    let look = CountLookalikes {
        tenant: tx.number(),
        code: code.to_owned(),
    };
    Ok(look
        .all(tx)
        .await?
        .first()
        .is_some_and(|(count,)| *count > 0))
}
