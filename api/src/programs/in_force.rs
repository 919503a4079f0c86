//! Read the program in force.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::AnyScope;
use crate::problem::{Problem, Problems};

use super::{PublishedProgram, parsed, store};

/// Read the program in force
///
/// The version that counts now; 404 while none does.
#[utoipa::path(
    get,
    path = "/v1/program",
    operation_id = "get_program",
    tag = "program",
    responses((status = 200, description = "The version in force.", body = PublishedProgram), Problems),
    extensions(("x-scopes" = json!([])))
)]
pub(crate) async fn in_force(
    app: Data<App>,
    caller: Caller<AnyScope>,
) -> Result<HttpResponse, Problem> {
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let found = store::in_force(&tx).await?;
        tx.commit().await?;
        found.ok_or_else(Problem::not_found)
    };
    let (version, document) = app.db.run(read).await??;
    Ok(HttpResponse::Ok().json(PublishedProgram {
        version,
        document: parsed(&document)?,
    }))
}
