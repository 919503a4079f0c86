//! Routes of keys, tokens and partners.

use actix_web::web::{ServiceConfig, delete, get, post, resource};

use crate::{api_keys, partner_grants, partners, tokens};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/v1/api-keys")
                .route(post().to(api_keys::create::create))
                .route(get().to(api_keys::list::list)),
        )
        .service(resource("/v1/api-keys/{id}").route(delete().to(api_keys::revoke::revoke)))
        .service(resource("/v1/api-keys/{id}/rotate").route(post().to(api_keys::rotate::rotate)))
        .service(
            resource("/v1/partners")
                .route(post().to(partners::create::create))
                .route(get().to(partners::list::list)),
        )
        .service(resource("/v1/partners/{id}").route(delete().to(partners::revoke::revoke)))
        .service(resource("/v1/partners/{id}/rotate").route(post().to(partners::rotate::rotate)))
        .service(
            resource("/v1/partner-grants")
                .route(post().to(partner_grants::create::create))
                .route(get().to(partner_grants::list::list)),
        )
        .service(
            resource("/v1/partner-grants/{id}").route(delete().to(partner_grants::revoke::revoke)),
        )
        .service(resource("/v1/oauth/token").route(post().to(tokens::create::create)))
        .service(resource("/.well-known/jwks.json").route(get().to(tokens::keys::list)));
}
