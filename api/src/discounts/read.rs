//! Today's rates of a member: what the till would apply now, what is missing to the next step, and
//! how long it lasts.

use actix_web::web::{Data, Json, Path};
use domain::amount::{Amount, Points};
use domain::discount::{Outlook, outlooks};
use domain::id::MemberId;
use domain::ledger::DayDelta;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::store::{DaysOf, MemberHead};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::MembersRead;
use crate::catalog::Catalogs;
use crate::db::{DbError, TenantConn};
use crate::problem::{Problem, Problems};

/// What a member's discounts are today.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberDiscounts {
    /// Whose.
    member_id: MemberId,
    /// The member's version that they belong to.
    #[schema(example = 18)]
    version: i64,
    /// The tenant's business date of today.
    business_date: Date,
    /// Every progressive discount of the program in force, in the order in which they apply.
    discounts: Vec<Outlook>,
}

/// Read a member's progressive discounts.
///
/// Today's rate, spend or visits so far, what is missing to the next step, and the last business date on which the
/// rate lasts without another purchase.
#[utoipa::path(
    get,
    path = "/v1/members/{id}/discount",
    operation_id = "get_discount",
    tag = "balances",
    params(("id" = MemberId, Path, description = "Id of the member")),
    responses((status = 200, description = "What its discounts are today", body = MemberDiscounts), Problems),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn read_discount(
    app: Data<App>,
    caller: Caller<MembersRead>,
    path: Path<String>,
) -> Result<Json<MemberDiscounts>, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    let (db, catalogs, tenant) = (app.db.clone(), app.catalogs.clone(), caller.tenant);
    let found = app
        .db
        .run(async move {
            let tx = db.snapshot(tenant).await?;
            let found = read(&tx, &catalogs, member).await?;
            tx.commit().await?;
            Ok::<_, DbError>(found)
        })
        .await??;
    found.map(Json).ok_or_else(Problem::not_found)
}

/// None when the tenant has no such member.
async fn read(
    tx: &TenantConn,
    catalogs: &Catalogs,
    member_id: MemberId,
) -> Result<Option<MemberDiscounts>, DbError> {
    let (tenant, member) = (tx.number(), member_id.uuid());
    let head = MemberHead { tenant, member }.all(tx).await?.pop();
    let Some((enrolled_at, version, last_recorded_at)) = head else {
        return Ok(None);
    };
    let (catalog, now) = catalogs.for_transaction(tx).await?;
    let rows = DaysOf { tenant, member }.all(tx).await?.into_iter();
    let days = rows.map(
        |(business_date, spend, gross_spend, visits, points_earned)| DayDelta {
            business_date: business_date.into(),
            spend: Amount::new(spend),
            gross_spend: Amount::new(gross_spend),
            visits,
            points_earned: Points::new(points_earned),
        },
    );
    let days: Vec<DayDelta> = days.collect();
    // Time does not run backwards along a member's versions.
    let now = now.max(Timestamp::from(last_recorded_at));
    let outlooks = outlooks(&catalog, enrolled_at.into(), &days, now);
    let (business_date, discounts) =
        outlooks.map_err(|overflow| DbError::Failed(overflow.to_string()))?;
    Ok(Some(MemberDiscounts {
        member_id,
        version,
        business_date,
        discounts,
    }))
}
