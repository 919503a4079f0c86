//! Read the draft.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::ProgramRead;
use crate::db::DbError;
use crate::problem::{Problem, Problems};
use crate::revision::etag;

use super::{ProgramDocument, store};

/// Read the draft
///
/// The whole document as it was saved; `{}` while nothing was. Its version stands in the `ETag`.
#[utoipa::path(
    get,
    path = "/v1/program/draft",
    operation_id = "get_program_draft",
    tag = "program",
    responses((status = 200, description = "The draft.", body = ProgramDocument), Problems),
    extensions(("x-scopes" = json!(["program:read"])))
)]
pub(crate) async fn draft(
    app: Data<App>,
    caller: Caller<ProgramRead>,
) -> Result<HttpResponse, Problem> {
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let found = store::draft(&tx).await?;
        tx.commit().await?;
        Ok::<_, DbError>(found)
    };
    let found = app.db.run(read).await??;
    let (revision, document) = found.unwrap_or_else(|| (0, "{}".to_owned()));
    Ok(HttpResponse::Ok()
        .insert_header(etag(revision))
        .content_type("application/json")
        .body(document))
}
