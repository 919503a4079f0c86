//! One member by its id.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::MemberId;

use super::document::Member;
use super::record;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::MembersRead;
use crate::problem::{Problem, Problems};
use crate::revision::etag;

/// Read a member.
///
/// The `ETag` goes into `If-Match` of a change.
#[utoipa::path(
    get,
    path = "/v1/members/{id}",
    operation_id = "get_member",
    tag = "members",
    params(("id" = MemberId, Path, description = "Id of the member")),
    responses(
        (status = 200, description = "The member", body = Member,
            headers(("ETag" = String, description = "For If-Match"))),
        Problems,
    ),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn read_member(
    app: Data<App>,
    caller: Caller<MembersRead>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    let (tenant, vault, db) = (caller.tenant, app.vault.clone(), app.db.clone());
    let stored = app
        .db
        .run(async move {
            let tx = db.snapshot(tenant).await?;
            let stored = record::load(&tx, &vault, member).await?;
            tx.commit().await?;
            Ok::<_, Problem>(stored)
        })
        .await??;
    let stored = stored.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(stored.revision))
        .json(stored.into_member()))
}
