//! The public keys, for whoever verifies tokens by himself, e.g. a gateway.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::signing::PublicKey;
use crate::page::{NoQuery, Query};
use crate::problem::{Problem, Problems};

/// A new key is listed for an hour before it signs, so this may be remembered for less than that.
const REMEMBERED: &str = "public, max-age=900";

/// Keys by RFC 7517.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicKeys {
    /// Newest first.
    pub(crate) keys: Vec<PublicKey>,
}

/// List the keys that sign tokens
///
/// Ed25519 keys by RFC 7517 and 8037. A key is listed for an hour before it signs and for an hour after the last token
/// it signed was made; a new one comes every 30 days. Needs no credential.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "list_token_keys",
    tag = "tokens",
    responses((status = 200, description = "The keys.", body = PublicKeys), Problems),
    extensions(("x-scopes" = json!([])), ("x-public" = json!(true)))
)]
pub(crate) async fn list(app: Data<App>, _query: Query<NoQuery>) -> Result<HttpResponse, Problem> {
    let keys = app.keys.public_keys().await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, REMEMBERED))
        .json(PublicKeys { keys }))
}
