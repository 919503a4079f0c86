//! Undo a purchase: everything that is left of it comes back, and the visit with it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::decide::ReturnedGoods;
use domain::id::PurchaseId;
use domain::receipt::{MAX_TEXT_LENGTH, strict_timestamp_option};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::return_goods::take_back;
use super::returned::Return;
use super::store::recorded;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PurchasesWrite;
use crate::body::{Body, check_text};
use crate::config::MAX_BODY_BYTES;
use crate::idempotency::{self, IdempotencyKey};
use crate::problem::{Problem, Problems};

/// When and why a purchase is undone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVoid {
    /// When it happened; now when left out, never before the purchase.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub occurred_at: Option<Timestamp>,
    /// Why, for the member's statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub reason: Option<String>,
}

/// Void a purchase.
///
/// Like a return of everything that is left; the visit is taken back as well. A till's receipt number stays used.
#[utoipa::path(
    post,
    path = "/v1/purchases/{id}/void",
    operation_id = "void_purchase",
    tag = "purchases",
    params(
        ("id" = PurchaseId, Path, description = "Id of the purchase"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
    ),
    request_body(content = Option<NewVoid>, description = "When and why; may be left out"),
    responses((status = 200, description = "Undone; also the answer to a repeat with the same key", body = Return), Problems),
    extensions(("x-scopes" = json!(["purchases:write"])))
)]
pub(crate) async fn void(
    app: Data<App>,
    caller: Caller<PurchasesWrite>,
    path: Path<String>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let purchase: PurchaseId = path.parse().map_err(|_not_an_id| Problem::not_found())?;
    let bought = recorded(&app.db, &caller, purchase).await?;
    let new: NewVoid = body.optional_json(MAX_BODY_BYTES).await?;
    if let Some(reason) = &new.reason {
        let faults = check_text("/reason", reason, MAX_TEXT_LENGTH);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
    }
    let content = idempotency::content(&format!("void {purchase}"), &new)?;
    let asked = (ReturnedGoods::Void, new.occurred_at, new.reason);
    let once = (key.hash(), content);
    take_back(&app, &caller, once, (bought, asked), HttpResponse::Ok()).await
}
