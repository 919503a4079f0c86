//! Every route, one line each: the table of contents.

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, get, resource, to};

use crate::health;
use crate::problem::Problem;

/// Attach every route. A path that is known but not with that method answers 405 with `Allow`.
pub fn routes(config: &mut ServiceConfig) {
    config
        // For those who run the service.
        .service(resource("/livez").route(get().to(health::live)))
        .service(resource("/readyz").route(get().to(health::ready)))
        .service(resource("/metrics").route(get().to(health::metrics)))
        .default_service(to(nothing_here));
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}
