//! Every route, one line each: the table of contents.

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, get, patch, post, resource, to};

use crate::problem::Problem;
use crate::{balances, health, members, purchases, redemptions};

/// Attach every route. A path that is known but not with that method answers 405 with `Allow`.
pub fn routes(config: &mut ServiceConfig) {
    config
        // For those who run the service.
        .service(resource("/livez").route(get().to(health::live)))
        .service(resource("/readyz").route(get().to(health::ready)))
        .service(resource("/metrics").route(get().to(health::metrics)))
        // Members.
        .service(
            resource("/v1/members")
                .route(post().to(members::enrol::enrol_member))
                .route(get().to(members::find::find_members)),
        )
        .service(resource("/v1/members/lookup").route(post().to(members::find::look_up_member)))
        .service(
            resource("/v1/members/{id}")
                .route(get().to(members::get::read_member))
                .route(patch().to(members::patch::change_member)),
        )
        .service(
            resource("/v1/members/{id}/balances").route(get().to(balances::read::read_balances)),
        )
        .service(
            resource("/v1/members/{id}/expirations")
                .route(get().to(balances::expirations::list_expirations)),
        )
        .service(
            resource("/v1/members/{id}/transactions")
                .route(get().to(balances::transactions::list_transactions)),
        )
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
