//! Give points back that were taken.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::decide::RedemptionChange;
use domain::id::RedemptionId;

use super::answer::Redemption;
use super::change::{Asked, GiveBack, change};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::RedemptionsWrite;
use crate::body::Body;
use crate::config::MAX_BODY_BYTES;
use crate::idempotency::IdempotencyKey;
use crate::problem::{Problem, Problems};

/// Give points back that were taken.
///
/// All of them, to the lots that they were taken from; those of a lot that is over by then expire at
/// once, and a deficit is repaid first.
#[utoipa::path(
    post,
    path = "/v1/redemptions/{id}/reverse",
    operation_id = "reverse_redemption",
    tag = "redemptions",
    params(
        ("id" = RedemptionId, Path, description = "Id of the redemption"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
    ),
    request_body(content = Option<GiveBack>, description = "When; may be left out"),
    responses((status = 200, description = "Given back; also the answer to a repeat with the same key", body = Redemption), Problems),
    extensions(("x-scopes" = json!(["redemptions:write"])))
)]
pub(crate) async fn reverse(
    app: Data<App>,
    caller: Caller<RedemptionsWrite>,
    path: Path<String>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let body: GiveBack = body.optional_json(MAX_BODY_BYTES).await?;
    let asked = Asked {
        path: &path,
        step: "reverse",
        body: &body.occurred_at,
        change: RedemptionChange::Reverse,
        occurred_at: body.occurred_at,
    };
    change(&app, &caller, &key, asked).await
}
