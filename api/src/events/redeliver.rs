//! Send an event once more.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::EventId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::WebhooksAdmin;
use crate::body::Body;
use crate::problem::{Problem, Problems};

use super::store::{self, Redeliver};

/// What is sent once more.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct Redelivery {
    /// The event.
    pub(crate) event_id: EventId,
    /// To how many endpoints.
    #[schema(example = 1)]
    pub(crate) endpoints: usize,
}

/// Redeliver an event
///
/// To every enabled endpoint that wants to hear of its type, whether it took the event before or not.
#[utoipa::path(
    post,
    path = "/v1/events/{id}/redeliver",
    operation_id = "redeliver_event",
    tag = "webhooks",
    params(("id" = EventId, Path, description = "The event.")),
    responses((status = 200, description = "It is on its way.", body = Redelivery), Problems),
    extensions(("x-scopes" = json!(["webhooks:admin"])))
)]
pub(crate) async fn redeliver(
    app: Data<App>,
    caller: Caller<WebhooksAdmin>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let event_id: EventId = id.parse().map_err(|_other| Problem::not_found())?;
    body.nothing().await?;
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let again = async move {
        let tx = db.tenant(tenant).await?;
        if !store::has(&tx, event_id).await? {
            return Err(Problem::not_found());
        }
        let again = Redeliver {
            tenant: tx.number(),
            event: event_id.uuid(),
        };
        let endpoints = again.run(&tx).await?;
        tx.commit().await?;
        Ok(endpoints)
    };
    let endpoints = app.db.run(again).await??;
    Ok(HttpResponse::Ok().json(Redelivery {
        event_id,
        endpoints,
    }))
}
