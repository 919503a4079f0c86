//! Routes of the program: draft, publication, versions and the way through the sandbox.

use actix_web::web::{ServiceConfig, get, post, put, resource};

use crate::programs;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/v1/program").route(get().to(programs::in_force::in_force)))
        .service(
            resource("/v1/program/draft")
                .route(get().to(programs::draft::draft))
                .route(put().to(programs::save_draft::save)),
        )
        .service(resource("/v1/program/publish").route(post().to(programs::publish::publish)))
        .service(resource("/v1/program/rollback").route(post().to(programs::rollback::rollback)))
        .service(
            resource("/v1/program/copy-to-sandbox")
                .route(post().to(programs::sandbox::copy_to_sandbox)),
        )
        .service(
            resource("/v1/program/promote-from-sandbox")
                .route(post().to(programs::sandbox::promote_from_sandbox)),
        )
        .service(
            resource("/v1/program/versions/{a}/diff/{b}").route(get().to(programs::diff::diff)),
        )
        .service(resource("/v1/program/versions").route(get().to(programs::versions::versions)))
        .service(
            resource("/v1/program/versions/{version}").route(get().to(programs::version::version)),
        );
}
