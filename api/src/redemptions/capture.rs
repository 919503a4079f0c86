//! Take points that are held.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::amount::Points;
use domain::decide::RedemptionChange;
use domain::fault::{Fault, FaultCode};
use domain::id::RedemptionId;
use domain::receipt::strict_timestamp_option;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Redemption;
use super::change::{Asked, change};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::RedemptionsWrite;
use crate::body::Body;
use crate::config::MAX_BODY_BYTES;
use crate::idempotency::IdempotencyKey;
use crate::problem::{Problem, Problems};

/// How much of a reservation is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Capture {
    /// How many points, at least 1; all when left out. The rest is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub points: Option<Points>,
    /// When it happened; now when left out, never before the redemption.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub occurred_at: Option<Timestamp>,
}

/// Take points that are held.
///
/// All, or some in the order of spending; the rest is released in the same transaction, also points that buy no whole
/// unit of money. A reservation
/// ends once: one that was captured or released, or whose time is over, is refused with
/// `invalid_state`.
#[utoipa::path(
    post,
    path = "/v1/redemptions/{id}/capture",
    operation_id = "capture_redemption",
    tag = "redemptions",
    params(
        ("id" = RedemptionId, Path, description = "Id of the redemption"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
    ),
    request_body(content = Option<Capture>, description = "How much; everything may be left out"),
    responses((status = 200, description = "Taken; also the answer to a repeat with the same key", body = Redemption), Problems),
    extensions(("x-scopes" = json!(["redemptions:write"])))
)]
pub(crate) async fn capture(
    app: Data<App>,
    caller: Caller<RedemptionsWrite>,
    path: Path<String>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let body: Capture = body.optional_json(MAX_BODY_BYTES).await?;
    if body.points.is_some_and(|points| points.get() < 1) {
        let fault = Fault::new("/points", FaultCode::OutOfRange, "Must be at least 1.");
        return Err(Problem::invalid(vec![fault]));
    }
    let asked = Asked {
        path: &path,
        step: "capture",
        body: &body,
        change: RedemptionChange::Capture {
            points: body.points,
        },
        occurred_at: body.occurred_at,
    };
    change(&app, &caller, &key, asked).await
}
