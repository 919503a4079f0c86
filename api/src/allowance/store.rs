//! Rows of what keys moved by hand.

use diesel::sql_types::{BigInt, Date as SqlDateType, Uuid as SqlUuid};
use jiff::civil::Date;
use uuid::Uuid;

use crate::db::time::SqlDate;
use crate::db::{DbError, TenantConn};
use crate::statement;

use super::Use;

statement! {
    /// The key's row of the day, made where it is missing and locked until the transaction ends.
    tenant LockDay = "insert into key_days (tenant_id, key_id, business_date, points)
        select k.tenant_id, $2, $3, 0 from tenant_keys k where k.tenant_id = $1
        on conflict (tenant_id, key_id, business_date) do update set points = key_days.points
        returning points";
    { tenant: i64 => BigInt, key: Uuid => SqlUuid, date: SqlDate => SqlDateType }
    -> { i64 => BigInt }
}

statement! {
    /// What is counted under an idempotency key.
    tenant UseByKey = "select points from key_uses where tenant_id = $1 and key_id = $2 and idempotency_key = $3";
    { tenant: i64 => BigInt, key: Uuid => SqlUuid, idempotency_key: Uuid => SqlUuid }
    -> { i64 => BigInt }
}

statement! {
    /// Count points under an idempotency key.
    tenant InsertUse = "insert into key_uses (tenant_id, key_id, idempotency_key, business_date, points)
        select k.tenant_id, $2, $3, $4, $5 from tenant_keys k where k.tenant_id = $1";
    { tenant: i64 => BigInt, key: Uuid => SqlUuid, idempotency_key: Uuid => SqlUuid, date: SqlDate => SqlDateType, points: i64 => BigInt }
}

statement! {
    /// Count them no more.
    tenant DeleteUse = "delete from key_uses where tenant_id = $1 and key_id = $2 and idempotency_key = $3";
    { tenant: i64 => BigInt, key: Uuid => SqlUuid, idempotency_key: Uuid => SqlUuid }
}

statement! {
    /// Add to the sum of a day, or take from it.
    tenant AddToDay = "update key_days set points = points + $4 where tenant_id = $1 and key_id = $2 and business_date = $3";
    { tenant: i64 => BigInt, key: Uuid => SqlUuid, date: SqlDate => SqlDateType, points: i64 => BigInt }
}

statement! {
    /// Forget what was counted before a date.
    tenant ForgetUses = "delete from key_uses where tenant_id = $1 and key_id = $2 and business_date < $3";
    { tenant: i64 => BigInt, key: Uuid => SqlUuid, before: SqlDate => SqlDateType }
}

/// The points of the day so far; nobody else counts for this key until the transaction ends.
pub(super) async fn lock_day(tx: &TenantConn, used: Use) -> Result<i64, DbError> {
    let day = LockDay {
        tenant: tx.number(),
        key: used.key,
        date: used.date.into(),
    };
    let row = day.all(tx).await?.pop();
    let (points,) = row.ok_or_else(|| DbError::Failed("the tenant has no anchor row".into()))?;
    Ok(points)
}

/// Whether something is counted under the idempotency key.
pub(super) async fn is_counted(tx: &TenantConn, used: Use) -> Result<bool, DbError> {
    let found = UseByKey {
        tenant: tx.number(),
        key: used.key,
        idempotency_key: used.idempotency_key,
    };
    Ok(!found.all(tx).await?.is_empty())
}

/// Count it.
pub(super) async fn add(tx: &TenantConn, used: Use) -> Result<(), DbError> {
    let insert = InsertUse {
        tenant: tx.number(),
        key: used.key,
        idempotency_key: used.idempotency_key,
        date: used.date.into(),
        points: used.points,
    };
    insert.run(tx).await?;
    add_to_day(tx, used, used.points).await
}

/// Count it no more.
pub(super) async fn remove(tx: &TenantConn, used: Use) -> Result<(), DbError> {
    let delete = DeleteUse {
        tenant: tx.number(),
        key: used.key,
        idempotency_key: used.idempotency_key,
    };
    match delete.run(tx).await? {
        0 => Ok(()),
        _ => add_to_day(tx, used, used.points.saturating_neg()).await,
    }
}

async fn add_to_day(tx: &TenantConn, used: Use, points: i64) -> Result<(), DbError> {
    let add = AddToDay {
        tenant: tx.number(),
        key: used.key,
        date: used.date.into(),
        points,
    };
    add.run(tx).await?;
    Ok(())
}

/// Forget what no repeat will ask for any more.
pub(super) async fn forget(tx: &TenantConn, key: Uuid, before: Date) -> Result<(), DbError> {
    let forget = ForgetUses {
        tenant: tx.number(),
        key,
        before: before.into(),
    };
    forget.run(tx).await?;
    Ok(())
}
