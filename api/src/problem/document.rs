//! A problem as it goes over the wire: RFC 9457, with the headers that belong to it.

use actix_web::HttpResponse;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use domain::fault::Fault;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Problem, ProblemKind};

/// Where the pages of the catalogue stand.
pub const DOCS_PATH: &str = "/docs/problems";

/// The header of an answer that was given before.
pub const REPLAYED: &str = "Idempotent-Replayed";

/// What went wrong, by RFC 9457. Programs decide by `code`; people read `title` and `detail`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// The page that explains this code.
    #[serde(rename = "type")]
    #[schema(examples("/docs/problems/insufficient_points"))]
    pub kind: String,
    /// A short text, the same for every occurrence of the code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable, machine-readable code.
    #[schema(examples("insufficient_points"))]
    pub code: String,
    /// What is wrong with this request and what to do about it.
    pub detail: String,
    /// The id under which the service logged this request.
    pub request_id: String,
    /// Every field that is wrong; empty when no field is.
    pub errors: Vec<Fault>,
    /// Only for token requests: the error code of RFC 6749.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("invalid_client"))]
    pub error: Option<String>,
    /// Whether a write took effect: `false` or `"unknown"`. Only with 503 and 504.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub applied: Option<serde_json::Value>,
}

impl Problem {
    /// The answer to the request with this id.
    pub fn render(&self, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(actix_web::ResponseError::status_code(self));
        if let Some(seconds) = self.retry_after_seconds() {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if let Some(methods) = &self.allow {
            response.insert_header((ALLOW, methods.as_str()));
        }
        if self.kind == ProblemKind::InvalidCredentials {
            // A client of the token endpoint identifies itself by Basic.
            let scheme = match self.oauth_error {
                Some(_) => "Basic realm=\"tamaru\"",
                None => "Bearer realm=\"tamaru\"",
            };
            response.insert_header((WWW_AUTHENTICATE, scheme));
        }
        if self.is_repeated {
            response.insert_header((REPLAYED, "true"));
        }
        let document = self.document(request_id);
        let body = serde_json::to_vec(&document).unwrap_or_default();
        response.content_type("application/problem+json").body(body)
    }

    /// What a caller reads about it.
    pub fn document(&self, request_id: &str) -> ProblemDocument {
        ProblemDocument {
            kind: format!("{DOCS_PATH}/{}", self.kind.code()),
            title: self.kind.title().to_owned(),
            status: self.kind.status(),
            code: self.kind.code().to_owned(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
            error: self.oauth_error.map(str::to_owned),
            applied: self.applied(),
        }
    }
}
