//! Reject an adjustment that waits.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::AdjustmentId;

use super::answer::Adjustment;
use super::review::review;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PointsAdjust;
use crate::body::Body;
use crate::idempotency::IdempotencyKey;
use crate::problem::{Problem, Problems};

/// Reject an adjustment that waits.
///
/// Nothing moves, now or later. Any key may, also the one that asked for it.
#[utoipa::path(
    post,
    path = "/v1/adjustments/{id}/reject",
    operation_id = "reject_adjustment",
    tag = "adjustments",
    params(
        ("id" = AdjustmentId, Path, description = "Id of the adjustment"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
    ),
    responses((status = 200, description = "Rejected; also the answer to a repeat with the same key", body = Adjustment), Problems),
    extensions(("x-scopes" = json!(["points:adjust"])))
)]
pub(crate) async fn reject(
    app: Data<App>,
    caller: Caller<PointsAdjust>,
    path: Path<String>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id: AdjustmentId = path.parse().map_err(|_not_an_id| Problem::not_found())?;
    body.nothing().await?;
    review(&app, &caller, &key, (id, false)).await
}
