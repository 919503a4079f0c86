//! Reads of adjustments.

use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use domain::decide::{AdjustmentOutcome, AdjustmentReviewed};
use domain::id::{AdjustmentId, ApiKeyId};
use uuid::Uuid;

use crate::db::{Db, DbError, TenantNumber};
use crate::problem::Problem;
use crate::statement;

statement! {
    /// What was answered for one adjustment, and for what was said to it last.
    tenant AdjustmentById = "select a.outcome, (
            select o.outcome from operations o
            where o.tenant_id = $1 and o.subject = a.id order by o.number desc limit 1)
        from operations a where a.tenant_id = $1 and a.id = $2 and a.kind = 'adjustment'";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { String => Text, Option<String> => Nullable<Text> }
}

statement! {
    /// The first of the keys that replaced each other by rotation up to this one; of a partner's keys the partner.
    control LineageOfKey = "select coalesce(lineage, id) from api_keys where tenant_id = $1 and id = $2
        union all select id from partners where key_id = $2
        union all select partner_id from replaced_partner_keys where id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid }
}

/// Whose hand a key is, however often it was rotated.
pub(super) async fn lineage(
    db: &Db,
    TenantNumber(tenant): TenantNumber,
    key: ApiKeyId,
) -> Result<ApiKeyId, Problem> {
    let reads = db.clone();
    let found = db.run(async move {
        let control = reads.control().await?;
        let id = key.uuid();
        let found = LineageOfKey { tenant, id }.all(&control).await?.pop();
        control.commit().await?;
        Ok::<_, DbError>(found)
    });
    Ok(found
        .await??
        .map_or(key, |(first,)| ApiKeyId::from_uuid(first)))
}

/// The adjustment as it was first answered; 404 when the tenant has none of this id.
pub(super) async fn recorded(
    db: &Db,
    tenant: TenantNumber,
    id: AdjustmentId,
) -> Result<AdjustmentOutcome, Problem> {
    let (recorded, _) = read(db, tenant, id).await?;
    serde_json::from_str(&recorded).map_err(|error| Problem::internal(&error))
}

/// The adjustment as it stands; 404 when the tenant has none of this id.
pub(super) async fn present(
    db: &Db,
    tenant: TenantNumber,
    id: AdjustmentId,
) -> Result<AdjustmentOutcome, Problem> {
    let (recorded, last) = read(db, tenant, id).await?;
    let present = match last {
        Some(last) => {
            serde_json::from_str::<AdjustmentReviewed>(&last).map(|reviewed| reviewed.adjustment)
        }
        None => serde_json::from_str(&recorded),
    };
    present.map_err(|error| Problem::internal(&error))
}

async fn read(
    db: &Db,
    tenant: TenantNumber,
    id: AdjustmentId,
) -> Result<(String, Option<String>), Problem> {
    let reads = db.clone();
    let row = db.run(async move {
        let tx = reads.snapshot(tenant).await?;
        let row = AdjustmentById {
            tenant: tx.number(),
            id: id.uuid(),
        }
        .all(&tx)
        .await?
        .pop();
        tx.commit().await?;
        Ok::<_, Problem>(row)
    });
    row.await??.ok_or_else(Problem::not_found)
}
