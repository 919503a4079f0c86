//! Go back to an older version, by publishing its document again.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::receipt::strict_timestamp_option;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::Actor;
use crate::auth::Caller;
use crate::auth::scope::ProgramWrite;
use crate::body::Body;
use crate::config::MAX_BODY_BYTES;
use crate::problem::{Problem, Problems};

use super::publish::{NewVersion, Publisher, Source};

/// Which version comes back, and when.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rollback {
    /// The version whose document counts again.
    #[schema(minimum = 1)]
    pub(crate) version: i32,
    /// The instant from which it counts, inclusive; now when left out. It may lie in the past while nothing is
    /// recorded after it.
    #[serde(default, deserialize_with = "strict_timestamp_option")]
    pub(crate) effective_from: Option<Timestamp>,
}

/// Roll back
///
/// Makes a new version of the document of an older one. The draft stays as it is.
#[utoipa::path(
    post,
    path = "/v1/program/rollback",
    operation_id = "roll_back_program",
    tag = "program",
    request_body = Rollback,
    responses((status = 201, description = "The new version.", body = NewVersion), Problems),
    extensions(("x-scopes" = json!(["program:write"])))
)]
pub(crate) async fn rollback(
    app: Data<App>,
    caller: Caller<ProgramWrite>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let rollback: Rollback = body.json(MAX_BODY_BYTES).await?;
    let publisher = Publisher {
        tenant: caller.tenant,
        key: caller.key,
        actor: Actor::caller(&caller),
        effective_from: rollback.effective_from,
        source: Source::Version(rollback.version),
    };
    publisher.publish(&app).await
}
