//! List events.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::WebhooksAdmin;
use crate::db::{DbError, TenantNumber};
use crate::outbox::EventType;
use crate::page::{Page, PageSize, Query};
use crate::problem::{Problem, Problems};

use super::{Event, store};

/// What is listed.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Only events of this type.
    r#type: Option<EventType>,
    /// Entries per page, 1 to 200.
    #[serde(default)]
    #[param(value_type = PageSize, required = false)]
    limit: PageSize,
    /// The `next_cursor` of the page before; left out for the first page.
    cursor: Option<String>,
}

/// List events
///
/// Latest first. Events are written while the tenant has an enabled webhook endpoint, and kept for 30 days.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "list_events",
    tag = "webhooks",
    params(EventsQuery),
    responses((status = 200, description = "One page.", body = Page<Event>), Problems),
    extensions(("x-scopes" = json!(["webhooks:admin"])))
)]
pub(crate) async fn list(
    app: Data<App>,
    caller: Caller<WebhooksAdmin>,
    Query(query): Query<EventsQuery>,
) -> Result<HttpResponse, Problem> {
    let TenantNumber(number) = caller.tenant;
    let kind = query.r#type.map(EventType::as_str);
    let cursors = app
        .cursors
        .of(number, "/v1/events", kind.unwrap_or_default());
    let before = cursors
        .decode(query.cursor.as_deref())?
        .unwrap_or(Uuid::max());
    let (db, tenant, limit) = (app.db.clone(), caller.tenant, query.limit.and_one_more());
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let found = store::before(&tx, before, kind, limit).await?;
        tx.commit().await?;
        Ok::<_, DbError>(found)
    };
    let found = app.db.run(read).await??;
    let page = Page::cut(found, query.limit, &cursors, |event| event.id.uuid())?;
    Ok(HttpResponse::Ok().json(page))
}
