//! What orchestrators and monitoring ask: alive, ready, and how much of what.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::principal::is_operator;
use crate::db::DbError;
use crate::problem::Problem;

mod books;
mod store;

/// Whether the parts that requests need can be used.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ready` when requests can be served.
    pub(crate) status: &'static str,
    /// `up` when Postgres takes writes.
    pub(crate) postgres: &'static str,
    /// `up`, `down` or `absent`; without Redis the service is slower, not worse.
    pub(crate) redis: &'static str,
}

/// The process runs.
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"status": "alive"}))
}

/// Requests can be served.
pub(crate) async fn ready(app: Data<App>) -> HttpResponse {
    let db = app.db.clone();
    let is_writable = async move {
        let control = db.control().await?;
        let found = store::is_writable(&control).await?;
        control.commit().await?;
        Ok::<_, DbError>(found)
    };
    let is_writable: Result<bool, DbError> = app.db.run(is_writable).await.and_then(|inner| inner);
    let redis = match (app.redis.is_configured(), app.redis.is_up().await) {
        (false, _) => "absent",
        (true, true) => "up",
        (true, false) => "down",
    };
    match is_writable {
        Ok(true) => HttpResponse::Ok().json(Health {
            status: "ready",
            postgres: "up",
            redis,
        }),
        _ => HttpResponse::ServiceUnavailable().json(Health {
            status: "unavailable",
            postgres: "down",
            redis,
        }),
    }
}

/// Where a text in the `OpenMetrics` format ends.
const END: &str = "# EOF\n";

/// Counters of this process in the `OpenMetrics` format, and what was found in the books; without a database the former
/// alone. For the operator; for everybody else there is nothing here.
pub(crate) async fn metrics(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if !is_operator(&request) {
        return Err(Problem::not_found());
    }
    let unwritable = |error: std::fmt::Error| Problem::internal(&error);
    let mut text = app.metrics.text().map_err(unwritable)?;
    let db = app.db.clone();
    let found = async move {
        let control = db.control().await?;
        let found = store::found_in_books(&control).await?;
        control.commit().await?;
        Ok::<_, DbError>(found)
    };
    if let Ok(Ok(found)) = app.db.run(found).await {
        text.truncate(text.strip_suffix(END).map_or(text.len(), str::len));
        text.push_str(&books::text(found).map_err(unwritable)?);
    }
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text))
}
