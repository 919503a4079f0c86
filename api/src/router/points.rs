//! Receipts and points: what tills and servers call all day, and corrections by hand.

use actix_web::web::{ServiceConfig, get, post, resource};

use crate::{adjustments, balances, liability, purchases, redemptions, transfers};

/// Attach them.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/v1/quotes").route(post().to(purchases::quote::quote)))
        .service(
            resource("/v1/purchases")
                .route(post().to(purchases::record::record))
                .route(get().to(purchases::list::list)),
        )
        .service(
            resource("/v1/purchases/batch").route(post().to(purchases::record_batch::record_batch)),
        )
        .service(resource("/v1/purchases/{id}").route(get().to(purchases::get::get)))
        .service(resource("/v1/purchases/{id}/claim").route(post().to(purchases::claim::claim)))
        .service(
            resource("/v1/purchases/{id}/returns")
                .route(post().to(purchases::return_goods::return_goods)),
        )
        .service(resource("/v1/exchanges").route(post().to(purchases::exchange::exchange)))
        .service(resource("/v1/purchases/{id}/void").route(post().to(purchases::void::void)))
        .service(
            resource("/v1/purchases/{id}/events")
                .route(post().to(purchases::report_event::report_event)),
        )
        .service(resource("/v1/redemptions").route(post().to(redemptions::create::create)))
        .service(resource("/v1/redemptions/{id}").route(get().to(redemptions::get::get)))
        .service(
            resource("/v1/redemptions/{id}/capture")
                .route(post().to(redemptions::capture::capture)),
        )
        .service(
            resource("/v1/redemptions/{id}/release")
                .route(post().to(redemptions::release::release)),
        )
        .service(
            resource("/v1/redemptions/{id}/reverse")
                .route(post().to(redemptions::reverse::reverse)),
        )
        .configure(corrections);
}

/// Corrections by hand, and points that change hands.
fn corrections(config: &mut ServiceConfig) {
    config
        .service(resource("/v1/adjustments").route(post().to(adjustments::create::create)))
        .service(resource("/v1/adjustments/{id}").route(get().to(adjustments::get::get)))
        .service(
            resource("/v1/adjustments/{id}/approve")
                .route(post().to(adjustments::approve::approve)),
        )
        .service(
            resource("/v1/adjustments/{id}/reject").route(post().to(adjustments::reject::reject)),
        )
        .service(
            resource("/v1/transactions/{id}")
                .route(get().to(balances::transaction::get_transaction)),
        )
        .service(resource("/v1/liability").route(get().to(liability::read::read_liability)))
        .service(resource("/v1/transfers").route(post().to(transfers::create::create)));
}
