//! One redemption.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::decide::RedemptionOutcome;
use domain::id::RedemptionId;

use super::answer::Redemption;
use super::store::RedemptionById;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::RedemptionsWrite;
use crate::page::{NoQuery, Query};
use crate::problem::{Problem, Problems};

/// Get a redemption.
///
/// The answer that its caller got.
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
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id: RedemptionId = id.parse().map_err(|_not_an_id| Problem::not_found())?;
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let row = app.db.run(async move {
        let tx = db.snapshot(tenant).await?;
        let row = RedemptionById {
            tenant: tx.number(),
            id: id.uuid(),
        }
        .all(&tx)
        .await?
        .pop();
        tx.commit().await?;
        Ok::<_, Problem>(row)
    });
    let (outcome,) = row.await??.ok_or_else(Problem::not_found)?;
    let outcome: RedemptionOutcome =
        serde_json::from_str(&outcome).map_err(|error| Problem::internal(&error))?;
    Ok(HttpResponse::Ok().json(Redemption::from(outcome)))
}
