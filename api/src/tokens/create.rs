//! Give a token for a key.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::pass::TokenRequest;
use crate::body::Body;
use crate::page::{NoQuery, Query};
use crate::problem::{Problem, ProblemKind, Problems};

use super::form::Form;

/// The longest form that is read.
const MAX_FORM_BYTES: usize = 8 * 1024;

/// A token request, as a form.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "the shape of the form, which is read field by field"
)]
pub(crate) struct NewToken {
    /// `client_credentials`.
    #[schema(examples("client_credentials"))]
    grant_type: String,
    /// The id of the key, where no Basic header has it.
    #[schema(examples("key_01k3z8q4v5e7r9t2y4a6b8c0d1"))]
    client_id: Option<String>,
    /// The whole key, `tmr_…`, where no Basic header has it.
    client_secret: Option<String>,
    /// The scopes that are needed, separated by spaces; left out: all that the key or the grant has.
    #[schema(examples("purchases:write members:read"))]
    scope: Option<String>,
    /// The id of the tenant for which a partner will act; only partners need it.
    tenant: Option<String>,
}

/// A token that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessToken {
    /// What goes into `Authorization: Bearer`.
    pub(crate) access_token: String,
    /// `Bearer`.
    pub(crate) token_type: &'static str,
    /// Seconds for which it is good, at most 900.
    pub(crate) expires_in: i64,
    /// The scopes that it has, separated by spaces.
    pub(crate) scope: String,
}

/// Get an access token
///
/// Client credentials by RFC 6749: the key's id and the key itself, in a Basic header or in the form. The token is good
/// for 15 minutes, and worth nothing as soon as the key is revoked, the grant ends or the tenant is suspended. A
/// partner names the `tenant` for which it will act and gets what that tenant granted. Errors are problems with the
/// `error` of RFC 6749 beside the `code`.
#[utoipa::path(
    post,
    path = "/v1/oauth/token",
    operation_id = "create_token",
    tag = "tokens",
    request_body(content = NewToken, content_type = "application/x-www-form-urlencoded", description = "Who asks, and for what"),
    responses((status = 200, description = "The token.", body = AccessToken), Problems),
    extensions(("x-scopes" = json!([])), ("x-public" = json!(true)))
)]
pub(crate) async fn create(
    app: Data<App>,
    request: HttpRequest,
    _query: Query<NoQuery>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    issue(&app, &request, body).await.map_err(named)
}

async fn issue(app: &App, request: &HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let text = body.form(MAX_FORM_BYTES).await?;
    let form = Form::parse(&text)?;
    let client = form.client(request.headers())?;
    let asked = TokenRequest {
        client_id: client.id,
        secret: client.secret,
        tenant: form.tenant(),
        scopes: form.scopes()?,
        client: app.keys.client_of(request),
    };
    let issued = app.keys.issue(asked).await?;
    let token = AccessToken {
        access_token: issued.token,
        token_type: "Bearer",
        expires_in: issued.expires_in,
        scope: issued.scopes.names().join(" "),
    };
    Ok(HttpResponse::Ok()
        .insert_header(("Pragma", "no-cache"))
        .json(token))
}

/// The problem with the code of RFC 6749 that says the same.
fn named(mut problem: Problem) -> Problem {
    let error = match problem.kind {
        ProblemKind::InvalidCredentials => "invalid_client",
        ProblemKind::InsufficientScope => "invalid_scope",
        ProblemKind::NotGranted
        | ProblemKind::AddressNotAllowed
        | ProblemKind::TenantSuspended
        | ProblemKind::InvalidState => "unauthorized_client",
        kind if kind.status() >= 500 => "server_error",
        ProblemKind::RateLimited => "temporarily_unavailable",
        _ => "invalid_request",
    };
    problem.oauth_error.get_or_insert(error);
    problem
}
