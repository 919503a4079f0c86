//! One recorded receipt.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::decide::{ReturnKind, ReturnOutcome};
use domain::id::PurchaseId;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Purchase;
use super::detail::Wording;
use super::returned::Return;
use super::store::{recorded, returns_of};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PurchasesRead;
use crate::language::Language;
use crate::problem::{Problem, Problems};

/// A purchase with what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PurchaseDetail {
    /// As it was recorded.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// What became of it.
    pub status: PurchaseStatus,
    /// Goods that came back, in their order.
    pub returns: Vec<Return>,
}

/// What became of a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PurchaseStatus {
    /// Nothing came back.
    Recorded,
    /// Some of it came back.
    PartlyReturned,
    /// All of it came back.
    Returned,
    /// It was undone.
    Voided,
}

fn status_of(returns: &[ReturnOutcome]) -> PurchaseStatus {
    match returns.last() {
        None => PurchaseStatus::Recorded,
        Some(last) if last.kind == ReturnKind::Void => PurchaseStatus::Voided,
        Some(last) if last.complete => PurchaseStatus::Returned,
        Some(_) => PurchaseStatus::PartlyReturned,
    }
}

/// Get a purchase.
///
/// The answer that the till got when it was recorded, with the points of its claim if its member came afterwards,
/// and everything that came back since.
#[utoipa::path(
    get,
    path = "/v1/purchases/{id}",
    operation_id = "get_purchase",
    tag = "purchases",
    params(
        ("id" = PurchaseId, Path, description = "Id of the purchase"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `ja`, by quality; the language of every `detail`"),
    ),
    responses((status = 200, description = "The purchase", body = PurchaseDetail), Problems),
    extensions(("x-scopes" = json!(["purchases:read"])))
)]
pub(crate) async fn get(
    app: Data<App>,
    caller: Caller<PurchasesRead>,
    id: Path<String>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let id: PurchaseId = id.parse().map_err(|_not_an_id| Problem::not_found())?;
    let bought = recorded(&app.db, &caller, id).await?;
    let returns = returns_of(&app.db, caller.tenant, id).await?;
    let wording = Wording::of(&app, caller.tenant, language).await?;
    let mut response = HttpResponse::Ok();
    language.name_in(&mut response);
    Ok(response.json(PurchaseDetail {
        status: status_of(&returns),
        returns: returns.into_iter().map(Return::from).collect(),
        purchase: Purchase::told(bought.told(), &wording),
    }))
}
