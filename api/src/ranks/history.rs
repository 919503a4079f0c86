//! Every change of a member's ranks, with the numbers that caused it.

use actix_web::web::{Data, Json, Path};
use domain::id::{MemberId, PurchaseId};
use domain::rank::{Cause, Number};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::store::{HasMember, RankChangesOf};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::MembersRead;
use crate::db::{DbError, TenantConn};
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

const ROUTE: &str = "rank_history";

/// A change of a rank.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RankChange {
    /// Code of the ladder.
    #[schema(example = "main")]
    ladder: String,
    /// Counts up within the member's ladder; left out are steps that spending made beneath a rank set by hand.
    #[schema(example = 1)]
    number: i32,
    /// Code of the step after it; null below the lowest.
    #[schema(example = "silver")]
    code: Option<String>,
    /// Code of the step before it.
    #[schema(example = "bronze")]
    previous: Option<String>,
    /// From when on it counts.
    effective_at: Timestamp,
    /// When it was recorded.
    recorded_at: Timestamp,
    /// Why.
    cause: Cause,
    /// The receipt that made it.
    purchase_id: Option<PurchaseId>,
    /// The last business date of a rank that somebody set.
    valid_until: Option<Date>,
    /// What somebody said who set it.
    reason: Option<String>,
    /// What the step asks for that was reached or lost, and what there was.
    numbers: Vec<Number>,
    /// The program that decided it.
    #[schema(example = 7)]
    program_version: i32,
}

/// List the changes of a member's ranks, the newest first.
///
/// Each with the numbers that caused it.
#[utoipa::path(
    get,
    path = "/v1/members/{id}/rank/history",
    operation_id = "list_rank_changes",
    tag = "ranks",
    params(("id" = MemberId, Path, description = "Id of the member"), PageQuery),
    responses((status = 200, description = "One page of changes", body = Page<RankChange>), Problems),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn list_rank_changes(
    app: Data<App>,
    caller: Caller<MembersRead>,
    path: Path<String>,
    Query(PageQuery { limit, cursor }): Query<PageQuery>,
) -> Result<Json<Page<RankChange>>, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    let filters = member.to_string();
    let list = app.cursors.of(caller.tenant.0, ROUTE, &filters);
    let before: Option<(Timestamp, String, i32)> = list.decode(cursor.as_deref())?;
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let found = app
        .db
        .run(async move {
            let tx = db.snapshot(tenant).await?;
            let found = changes(&tx, member, before, limit.and_one_more()).await?;
            tx.commit().await?;
            Ok::<_, DbError>(found)
        })
        .await??;
    let entries = found.ok_or_else(Problem::not_found)?;
    let page = Page::cut(entries, limit, &list, |last| {
        (last.recorded_at, last.ladder.clone(), last.number)
    })?;
    Ok(Json(page))
}

async fn changes(
    tx: &TenantConn,
    member: MemberId,
    before: Option<(Timestamp, String, i32)>,
    limit: i64,
) -> Result<Option<Vec<RankChange>>, DbError> {
    let (tenant, member) = (tx.number(), member.uuid());
    let (before, ladder, number) =
        before.unwrap_or_else(|| (Timestamp::MAX, String::new(), i32::MAX));
    let rows = RankChangesOf {
        tenant,
        member,
        before: before.into(),
        ladder,
        number,
        limit,
    };
    let rows = rows.all(tx).await?;
    if rows.is_empty() {
        let is_there = HasMember { tenant, member }.all(tx).await?.pop();
        return Ok((is_there == Some((true,))).then(Vec::new));
    }
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let (ladder, number, code, previous, effective_at, recorded_at, cause, ..) = row;
        let (purchase, until, reason, numbers, program_version) =
            (row.7, row.8, row.9, row.10, row.11);
        let unreadable = |error: serde_json::Error| DbError::Failed(error.to_string());
        changes.push(RankChange {
            ladder,
            number,
            code,
            previous,
            effective_at: effective_at.into(),
            recorded_at: recorded_at.into(),
            cause: serde_json::from_value(cause.into()).map_err(unreadable)?,
            purchase_id: purchase.map(PurchaseId::from_uuid),
            valid_until: until.map(Date::from),
            reason,
            numbers: serde_json::from_str(&numbers).map_err(unreadable)?,
            program_version,
        });
    }
    Ok(Some(changes))
}
