//! Routes of members: who they are, what they have, and how they stand.

use actix_web::web::{ServiceConfig, delete, get, patch, post, put, resource};

use crate::{balances, discounts, members, ranks};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
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
        .service(resource("/v1/members/{id}/close").route(post().to(members::close::close_member)))
        .service(
            resource("/v1/members/{id}/export").route(get().to(members::export::export_member)),
        )
        .service(
            resource("/v1/members/{id}/personal-data")
                .route(delete().to(members::erase::erase_personal_data)),
        )
        .service(
            resource("/v1/members/{id}/rank")
                .route(get().to(ranks::read::read_rank))
                .route(put().to(ranks::set::write_rank)),
        )
        .service(
            resource("/v1/members/{id}/rank/history")
                .route(get().to(ranks::history::list_rank_changes)),
        )
        .service(
            resource("/v1/members/{id}/balances").route(get().to(balances::read::read_balances)),
        )
        .service(
            resource("/v1/members/{id}/discount").route(get().to(discounts::read::read_discount)),
        )
        .service(
            resource("/v1/members/{id}/expirations")
                .route(get().to(balances::expirations::list_expirations)),
        )
        .service(
            resource("/v1/members/{id}/transactions")
                .route(get().to(balances::transactions::list_transactions)),
        );
}
