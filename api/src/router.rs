//! Every route, one line each: the table of contents.

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, get, post, resource, to};

use crate::problem::Problem;
use crate::{health, purchases, redemptions};

/// Attach every route. A path that is known but not with that method answers 405 with `Allow`.
pub fn routes(config: &mut ServiceConfig) {
    config
        // For those who run the service.
        .service(resource("/livez").route(get().to(health::live)))
        .service(resource("/readyz").route(get().to(health::ready)))
        .service(resource("/metrics").route(get().to(health::metrics)))
        // Receipts and points.
        .service(resource("/v1/quotes").route(post().to(purchases::quote::quote)))
        .service(
            resource("/v1/purchases")
                .route(post().to(purchases::record::record))
                .route(get().to(purchases::list::list)),
        )
        .service(resource("/v1/purchases/{id}").route(get().to(purchases::get::get)))
        .service(resource("/v1/redemptions").route(post().to(redemptions::create::create)))
        .service(resource("/v1/redemptions/{id}").route(get().to(redemptions::get::get)))
        .default_service(to(nothing_here));
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}
