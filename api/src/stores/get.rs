//! Read a store.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::StoreId;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::AnyScope;
use crate::problem::{Problem, Problems};

use super::{Store, store, store_id};

/// Read a store
///
/// One branch, with its version in the `ETag`.
#[utoipa::path(
    get,
    path = "/v1/stores/{id}",
    operation_id = "get_store",
    tag = "stores",
    params(("id" = StoreId, Path, description = "The store.")),
    responses((status = 200, description = "The store.", body = Store), Problems),
    extensions(("x-scopes" = json!([])))
)]
pub(crate) async fn get(
    app: Data<App>,
    caller: Caller<AnyScope>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = store_id(&id)?;
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let found = store::by_id(&tx, id).await?;
        tx.commit().await?;
        found.ok_or_else(Problem::not_found)
    };
    let found = app.db.run(read).await??;
    Ok(found.answer())
}
