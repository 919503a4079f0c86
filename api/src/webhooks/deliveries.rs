//! What became of events on their way to an endpoint.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::{EventId, WebhookEndpointId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::WebhooksAdmin;
use crate::db::TenantNumber;
use crate::page::{Page, PageSize, Query};
use crate::problem::{Problem, Problems};

use super::{endpoint_id, store};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryStatus {
    /// It will be tried, or tried again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// It was tried for the last time; `POST /v1/events/{id}/redeliver` tries again.
    Failed,
}

impl DeliveryStatus {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    pub(super) fn named(text: &str) -> Self {
        match text {
            "delivered" => Self::Delivered,
            "failed" => Self::Failed,
            _ => Self::Pending,
        }
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// The event.
    pub(crate) event_id: EventId,
    /// Its type.
    #[schema(example = "purchase.recorded")]
    pub(crate) r#type: String,
    /// Where it stands.
    pub(crate) status: DeliveryStatus,
    /// How often it was tried.
    pub(crate) attempts: i32,
    /// When it is tried next; null unless it waits.
    pub(crate) next_attempt_at: Option<Timestamp>,
    /// When it was tried last.
    pub(crate) last_attempt_at: Option<Timestamp>,
    /// The status of the last answer; null when there was none.
    pub(crate) response_status: Option<i32>,
    /// The beginning of that answer.
    pub(crate) response_body: Option<String>,
    /// Why the last try failed: `dns`, `blocked_ip`, `connect`, `tls`, `timeout`, `protocol`, `response_too_large`,
    /// `redirect` or `status`; null when it did not.
    pub(crate) error: Option<String>,
}

/// What is listed.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesQuery {
    /// Only deliveries that stand there.
    status: Option<DeliveryStatus>,
    /// Entries per page, 1 to 200.
    #[serde(default)]
    #[param(value_type = PageSize, required = false)]
    limit: PageSize,
    /// The `next_cursor` of the page before; left out for the first page.
    cursor: Option<String>,
}

/// List deliveries
///
/// Of events to one endpoint, latest event first. They are kept for 30 days.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{id}/deliveries",
    operation_id = "list_webhook_deliveries",
    tag = "webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint."), DeliveriesQuery),
    responses((status = 200, description = "One page.", body = Page<Delivery>), Problems),
    extensions(("x-scopes" = json!(["webhooks:admin"])))
)]
pub(crate) async fn list(
    app: Data<App>,
    caller: Caller<WebhooksAdmin>,
    id: Path<String>,
    Query(query): Query<DeliveriesQuery>,
) -> Result<HttpResponse, Problem> {
    let id = endpoint_id(&id)?;
    let TenantNumber(number) = caller.tenant;
    let route = format!("/v1/webhook-endpoints/{id}/deliveries");
    let filter = query.status.map_or("", DeliveryStatus::as_str);
    let cursors = app.cursors.of(number, &route, filter);
    let before = cursors
        .decode(query.cursor.as_deref())?
        .unwrap_or(Uuid::max());
    let (db, tenant, limit) = (app.db.clone(), caller.tenant, query.limit.and_one_more());
    let status = query.status;
    let read = async move {
        let tx = db.tenant(tenant).await?;
        if store::by_id(&tx, id).await?.is_none() {
            return Err(Problem::not_found());
        }
        let found = store::deliveries_before(&tx, id, (before, limit), status).await?;
        tx.commit().await?;
        Ok(found)
    };
    let found = app.db.run(read).await??;
    let page = Page::cut(found, query.limit, &cursors, |delivery| {
        delivery.event_id.uuid()
    })?;
    Ok(HttpResponse::Ok().json(page))
}
