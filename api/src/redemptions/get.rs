//! One redemption.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::RedemptionId;

use super::answer::Redemption;
use super::store::present;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::RedemptionsWrite;
use crate::problem::{Problem, Problems};

/// Get a redemption.
///
/// As it stands, with the balances as its last change left them.
#[utoipa::path(
    get,
    path = "/v1/redemptions/{id}",
    operation_id = "get_redemption",
    tag = "redemptions",
    params(("id" = RedemptionId, Path, description = "Id of the redemption")),
    responses((status = 200, description = "The redemption", body = Redemption), Problems),
    extensions(("x-scopes" = json!(["redemptions:write"])))
)]
pub(crate) async fn get(
    app: Data<App>,
    caller: Caller<RedemptionsWrite>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: RedemptionId = id.parse().map_err(|_not_an_id| Problem::not_found())?;
    let outcome = present(&app.db, &caller, id).await?;
    Ok(HttpResponse::Ok().json(Redemption::from(outcome)))
}
