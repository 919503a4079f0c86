//! One recorded receipt.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::PurchaseId;

use super::answer::Purchase;
use super::detail::Wording;
use super::store::recorded;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PurchasesRead;
use crate::language::Language;
use crate::page::{NoQuery, Query};
use crate::problem::{Problem, Problems};

/// Get a purchase.
///
/// The answer that the till got when it was recorded.
#[utoipa::path(
    get,
    path = "/v1/purchases/{id}",
    operation_id = "get_purchase",
    tag = "purchases",
    params(
        ("id" = PurchaseId, Path, description = "Id of the purchase"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `ja`, by quality; the language of every `detail`"),
    ),
    responses((status = 200, description = "The purchase", body = Purchase), Problems),
    extensions(("x-scopes" = json!(["purchases:read"])))
)]
pub(crate) async fn get(
    app: Data<App>,
    caller: Caller<PurchasesRead>,
    id: Path<String>,
    language: Language,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id: PurchaseId = id.parse().map_err(|_not_an_id| Problem::not_found())?;
    let outcome = recorded(&app.db, &caller, id).await?;
    let wording = Wording::of(&app, caller.tenant, language).await?;
    let mut response = HttpResponse::Ok();
    language.name_in(&mut response);
    Ok(response.json(Purchase::told(outcome, &wording)))
}
