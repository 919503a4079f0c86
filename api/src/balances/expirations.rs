//! Every lot that will expire, not just the next one: what a member should use first.

use actix_web::web::{Data, Json, Path};
use domain::id::{LotId, MemberId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::{LotsToExpire, MemberIsThere};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::MembersRead;
use crate::db::{DbError, TenantConn};
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

const ROUTE: &str = "expirations";

/// Points of one lot that expire together.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Expiration {
    /// The lot.
    lot_id: LotId,
    /// The wallet it belongs to.
    #[schema(example = "points")]
    wallet: String,
    /// What is left of it.
    #[schema(example = 120)]
    points: i64,
    /// From this instant on the points can't be spent.
    expires_at: Timestamp,
    /// When what earned them happened.
    granted_at: Timestamp,
    /// The rule that granted them.
    #[schema(example = "base")]
    rule: String,
}

/// List the points of a member that will expire, the soonest first.
///
/// Points that never expire are left out.
#[utoipa::path(
    get,
    path = "/v1/members/{id}/expirations",
    operation_id = "list_expirations",
    tag = "balances",
    params(("id" = MemberId, Path, description = "Id of the member"), PageQuery),
    responses((status = 200, description = "One page of lots", body = Page<Expiration>), Problems),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn list_expirations(
    app: Data<App>,
    caller: Caller<MembersRead>,
    path: Path<String>,
    Query(PageQuery { limit, cursor }): Query<PageQuery>,
) -> Result<Json<Page<Expiration>>, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    let filters = member.to_string();
    let list = app.cursors.of(caller.tenant.0, ROUTE, &filters);
    let after: Option<(Timestamp, LotId)> = list.decode(cursor.as_deref())?;
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let found = app
        .db
        .run(async move {
            let tx = db.snapshot(tenant).await?;
            let found = expirations(&tx, member, after, limit.and_one_more()).await?;
            tx.commit().await?;
            Ok::<_, DbError>(found)
        })
        .await??;
    let entries = found.ok_or_else(Problem::not_found)?;
    let page = Page::cut(entries, limit, &list, |last| (last.expires_at, last.lot_id))?;
    Ok(Json(page))
}

async fn expirations(
    tx: &TenantConn,
    member: MemberId,
    after: Option<(Timestamp, LotId)>,
    limit: i64,
) -> Result<Option<Vec<Expiration>>, DbError> {
    let (tenant, member) = (tx.number(), member.uuid());
    let (after, after_lot) = match after {
        Some((at, lot)) => (at, lot.uuid()),
        None => (Timestamp::UNIX_EPOCH, Uuid::nil()),
    };
    let lots = LotsToExpire {
        tenant,
        member,
        after: after.into(),
        after_lot,
        limit,
    };
    let rows = lots.all(tx).await?;
    if rows.is_empty() {
        let is_there = MemberIsThere { tenant, member }.all(tx).await?.pop();
        return Ok((is_there == Some((true,))).then(Vec::new));
    }
    let entries =
        rows.into_iter().map(
            |(lot, wallet, points, expires_at, granted_at, rule)| Expiration {
                lot_id: LotId::from_uuid(lot),
                wallet,
                points,
                expires_at: expires_at.into(),
                granted_at: granted_at.into(),
                rule,
            },
        );
    Ok(Some(entries.collect()))
}
