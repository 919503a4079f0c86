//! Every route, one line each: the table of contents.

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, delete, get, patch, post, redirect, resource, to};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::problem::{DOCS_PATH, Problem};
use crate::{audit_log, docs, health, openapi, stores, tenants, test_clock};

mod access;
mod members;
mod points;
mod program;
mod webhooks;

/// Attach every route. A path that is known but not with that method answers 405 with `Allow`. They are looked through in
/// this order, and each that has a place for an id costs a match, so that what tills call stands first.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(points::routes)
        .configure(members::routes)
        .configure(running)
        .configure(contract)
        .configure(operator)
        .configure(access::routes)
        .configure(configuration)
        .configure(program::routes)
        .configure(webhooks::routes)
        .default_service(to(nothing_here));
}

/// For those who run the service.
fn running(config: &mut ServiceConfig) {
    config
        .service(resource("/livez").route(get().to(health::live)))
        .service(resource("/readyz").route(get().to(health::ready)))
        .service(resource("/metrics").route(get().to(health::metrics)));
}

/// The contract, for programs and people.
fn contract(config: &mut ServiceConfig) {
    config
        .service(resource("/v1/openapi.json").route(get().to(openapi::serve)))
        .service(resource(DOCS_PATH).route(get().to(docs::problems)))
        .service(resource("/docs/problems/{code}").route(get().to(docs::problem)))
        .service(redirect("/docs", "/docs/"))
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/v1/openapi.json")));
}

/// Tenants, for the operator of the service.
fn operator(config: &mut ServiceConfig) {
    config
        .service(
            resource("/v1/tenants")
                .route(post().to(tenants::create::create))
                .route(get().to(tenants::list::list)),
        )
        .service(
            resource("/v1/tenants/{id}")
                .route(get().to(tenants::get::get))
                .route(patch().to(tenants::update::update))
                .route(delete().to(tenants::delete::delete)),
        )
        .service(resource("/v1/tenants/{id}/suspend").route(post().to(tenants::suspend::suspend)))
        .service(resource("/v1/tenants/{id}/resume").route(post().to(tenants::suspend::resume)));
}

/// What a tenant configures.
fn configuration(config: &mut ServiceConfig) {
    config
        .service(
            resource("/v1/tenant")
                .route(get().to(tenants::own::get))
                .route(patch().to(tenants::own::update)),
        )
        .service(resource("/v1/audit-log").route(get().to(audit_log::list::list)))
        .service(resource("/v1/test-clock").route(post().to(test_clock::set::set)))
        .service(
            resource("/v1/stores")
                .route(post().to(stores::create::create))
                .route(get().to(stores::list::list)),
        )
        .service(
            resource("/v1/stores/{id}")
                .route(get().to(stores::get::get))
                .route(patch().to(stores::update::update)),
        );
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}
