//! One adjustment.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::AdjustmentId;

use super::answer::Adjustment;
use super::store::present;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PointsAdjust;
use crate::problem::{Problem, Problems};

/// Get an adjustment.
///
/// As it stands, with the balances as its last change left them.
#[utoipa::path(
    get,
    path = "/v1/adjustments/{id}",
    operation_id = "get_adjustment",
    tag = "adjustments",
    params(("id" = AdjustmentId, Path, description = "Id of the adjustment")),
    responses((status = 200, description = "The adjustment", body = Adjustment), Problems),
    extensions(("x-scopes" = json!(["points:adjust"])))
)]
pub(crate) async fn get(
    app: Data<App>,
    caller: Caller<PointsAdjust>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: AdjustmentId = id.parse().map_err(|_not_an_id| Problem::not_found())?;
    let outcome = present(&app.db, caller.tenant, id).await?;
    Ok(HttpResponse::Ok().json(Adjustment::from(outcome)))
}
