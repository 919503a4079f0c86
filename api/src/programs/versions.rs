//! List the versions.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::ProgramRead;
use crate::db::{DbError, TenantNumber};
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

use super::{ProgramVersion, store};

/// List versions
///
/// Every published version without its document, newest first.
#[utoipa::path(
    get,
    path = "/v1/program/versions",
    operation_id = "list_program_versions",
    tag = "program",
    params(PageQuery),
    responses((status = 200, description = "One page of versions.", body = Page<ProgramVersion>), Problems),
    extensions(("x-scopes" = json!(["program:read"])))
)]
pub(crate) async fn versions(
    app: Data<App>,
    caller: Caller<ProgramRead>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let TenantNumber(number) = caller.tenant;
    let cursors = app.cursors.of(number, "/v1/program/versions", "");
    let before: i32 = cursors.decode(query.cursor.as_deref())?.unwrap_or(i32::MAX);
    let (db, tenant, limit) = (app.db.clone(), caller.tenant, query.limit.and_one_more());
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let versions = store::versions_before(&tx, before, limit).await?;
        tx.commit().await?;
        Ok::<_, DbError>(versions)
    };
    let versions = app.db.run(read).await??;
    let page = Page::cut(versions, query.limit, &cursors, |version| version.version)?;
    Ok(HttpResponse::Ok().json(page))
}
