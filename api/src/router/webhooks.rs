//! Routes of webhooks: endpoints, what became of deliveries, and events.

use actix_web::web::{ServiceConfig, delete, get, post, resource};

use crate::{events, webhooks};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/v1/webhook-endpoints")
                .route(post().to(webhooks::create::create))
                .route(get().to(webhooks::list::list)),
        )
        .service(
            resource("/v1/webhook-endpoints/{id}")
                .route(get().to(webhooks::get::get))
                .route(delete().to(webhooks::delete::delete)),
        )
        .service(
            resource("/v1/webhook-endpoints/{id}/rotate-secret")
                .route(post().to(webhooks::rotate::rotate)),
        )
        .service(
            resource("/v1/webhook-endpoints/{id}/enable")
                .route(post().to(webhooks::enable::enable)),
        )
        .service(
            resource("/v1/webhook-endpoints/{id}/deliveries")
                .route(get().to(webhooks::deliveries::list)),
        )
        .service(resource("/v1/events").route(get().to(events::list::list)))
        .service(
            resource("/v1/events/{id}/redeliver").route(post().to(events::redeliver::redeliver)),
        );
}
