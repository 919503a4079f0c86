//! Approve an adjustment that waits.

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

/// Approve an adjustment that waits.
///
/// Its points move now. The key that asked for it is refused with `second_person_required`.
#[utoipa::path(
    post,
    path = "/v1/adjustments/{id}/approve",
    operation_id = "approve_adjustment",
    tag = "adjustments",
    params(
        ("id" = AdjustmentId, Path, description = "Id of the adjustment"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
    ),
    responses((status = 200, description = "Approved; also the answer to a repeat with the same key", body = Adjustment), Problems),
    extensions(("x-scopes" = json!(["points:adjust"])))
)]
pub(crate) async fn approve(
    app: Data<App>,
    caller: Caller<PointsAdjust>,
    path: Path<String>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id: AdjustmentId = path.parse().map_err(|_not_an_id| Problem::not_found())?;
    body.nothing().await?;
    review(&app, &caller, &key, (id, true)).await
}
