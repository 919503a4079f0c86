//! Reads of recorded receipts.

use diesel::sql_types::{BigInt, Date, Nullable, Text, Uuid as SqlUuid};
use domain::decide::PurchaseOutcome;
use domain::id::PurchaseId;
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::Db;
use crate::db::time::SqlDate;
use crate::problem::Problem;
use crate::statement;

statement! {
    /// What was answered for one purchase.
    tenant PurchaseById = "select outcome from purchases where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { String => Text }
}

statement! {
    /// Purchases of the tenant, newest first by the time they were recorded.
    tenant LatestPurchases = "select p.id, p.outcome from purchases p
        left join stores s on s.tenant_id = $1 and s.id = p.store_id
        where p.tenant_id = $1 and ($2 is null or p.id < $2) and ($3 is null or s.code = $3)
          and ($4 is null or p.business_date >= $4) and ($5 is null or p.business_date <= $5)
        order by p.id desc limit $6";
    { tenant: i64 => BigInt, before: Option<Uuid> => Nullable<SqlUuid>, store: Option<String> => Nullable<Text>,
      from: Option<SqlDate> => Nullable<Date>, to: Option<SqlDate> => Nullable<Date>, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text }
}

statement! {
    /// Purchases of one member, newest first: the member's transactions lead to them.
    tenant LatestPurchasesOfMember = "select p.id, p.outcome
        from ledger_transactions t join purchases p on p.tenant_id = $1 and p.id = t.subject
        left join stores s on s.tenant_id = $1 and s.id = p.store_id
        where t.tenant_id = $1 and t.member_id = $2 and t.kind = 'purchase'
          and ($3 is null or p.id < $3) and ($4 is null or s.code = $4)
          and ($5 is null or p.business_date >= $5) and ($6 is null or p.business_date <= $6)
        order by p.id desc limit $7";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, before: Option<Uuid> => Nullable<SqlUuid>,
      store: Option<String> => Nullable<Text>, from: Option<SqlDate> => Nullable<Date>,
      to: Option<SqlDate> => Nullable<Date>, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text }
}

statement! {
    /// The code of the store of one purchase.
    tenant StoreOfPurchase = "select s.code from purchases p join stores s on s.tenant_id = $1 and s.id = p.store_id
        where p.tenant_id = $1 and p.id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { String => Text }
}

/// What was answered for one purchase; 404 when the tenant has none of this id, 403 when the caller
/// is for other stores.
pub(super) async fn recorded(
    db: &Db,
    caller: &Principal,
    purchase: PurchaseId,
) -> Result<PurchaseOutcome, Problem> {
    let (reads, caller) = (db.clone(), caller.clone());
    let row = db.run(async move {
        let tx = reads.snapshot(caller.tenant).await?;
        let row = PurchaseById {
            tenant: tx.number(),
            id: purchase.uuid(),
        }
        .all(&tx)
        .await?
        .pop();
        if row.is_some() && caller.restrictions.stores.is_some() {
            let (tenant, id) = (tx.number(), purchase.uuid());
            let store = StoreOfPurchase { tenant, id }.all(&tx).await?.pop();
            caller.check_named_store(store.as_ref().map(|(code,)| code.as_str()))?;
        }
        tx.commit().await?;
        Ok::<_, Problem>(row)
    });
    let (outcome,) = row.await??.ok_or_else(Problem::not_found)?;
    serde_json::from_str(&outcome).map_err(|error| Problem::internal(&error))
}
