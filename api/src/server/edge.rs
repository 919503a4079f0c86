//! The outermost layer: every request gets an id, every answer a log line, and everything that
//! went wrong, a panic too, leaves as a problem document.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use domain::id::TenantId;
use futures_util::FutureExt;
use tracing::Instrument;

use crate::app::App;
use crate::auth::principal::CallingTenant;
use crate::clock;
use crate::problem::{Problem, ProblemKind, RequestId};
use crate::rate_limit::Admission;
use crate::telemetry::RequestLabels;

/// The longest path and query.
const MAX_URI_BYTES: usize = 8 * 1024;
/// The longest request id that is taken from a caller, in characters.
const MAX_REQUEST_ID_CHARACTERS: usize = 64;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps every request.
pub(super) async fn edge(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let request_id = request_id(request.headers());
    let method = request.method().to_string();
    answer_as_get(&mut request);
    let app = request.app_data::<Data<App>>().cloned();
    let span = tracing::info_span!("request", request.id = %request_id);
    request
        .extensions_mut()
        .insert(RequestId(request_id.clone()));
    let mut outcome = serve(request, next, &request_id)
        .instrument(span.clone())
        .await;
    if let Ok(response) = &mut outcome {
        tell_limits(response);
    }
    let (route, status, tenant) = match &outcome {
        Ok(response) => (
            response.request().match_pattern(),
            response.status(),
            response
                .request()
                .extensions()
                .get::<CallingTenant>()
                .copied(),
        ),
        Err(error) => (None, error.as_response_error().status_code(), None),
    };
    let answered = Answered {
        labels: RequestLabels {
            method,
            route: route.unwrap_or_else(|| "none".to_owned()),
            status: status.as_u16(),
        },
        tenant: tenant.map(|CallingTenant(id)| id),
        started,
    };
    span.in_scope(|| answered.note(app.as_ref()));
    outcome
}

/// What `HEAD` asks for is the answer to `GET` without its body, which the connection leaves out.
fn answer_as_get(request: &mut ServiceRequest) {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
}

async fn serve(
    request: ServiceRequest,
    next: Next<BoxBody>,
    request_id: &str,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let uri_bytes = request
        .uri()
        .path_and_query()
        .map_or(0, |part| part.as_str().len());
    if uri_bytes > MAX_URI_BYTES {
        let problem = Problem::new(
            ProblemKind::UriTooLong,
            "Path and query may have at most 8192 bytes.",
        );
        return Ok(request.into_response(finished(problem.render(request_id), request_id)));
    }
    let outcome = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    let problem = match outcome {
        Ok(Ok(response)) => return Ok(rendered(response, request_id)),
        Ok(Err(error)) => from_status(error.as_response_error().status_code(), None),
        Err(panic) => Problem::internal(&format!("a handler panicked: {}", said(&*panic))),
    };
    let request_id = request_id.to_owned();
    Err(Unrouted {
        problem,
        request_id,
    }
    .into())
}

/// A failure that lost its request on the way.
#[derive(Debug)]
struct Unrouted {
    problem: Problem,
    request_id: String,
}

impl std::fmt::Display for Unrouted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.problem.fmt(formatter)
    }
}

impl ResponseError for Unrouted {
    fn status_code(&self) -> StatusCode {
        self.problem.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        finished(self.problem.render(&self.request_id), &self.request_id)
    }
}

fn rendered(mut response: ServiceResponse<BoxBody>, request_id: &str) -> ServiceResponse<BoxBody> {
    let known = response.response_mut().extensions_mut().remove::<Problem>();
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    // The answer of `/readyz` says by itself what is wrong; the framework's errors say nothing.
    let is_ours = response.headers().get(CONTENT_TYPE) == Some(&JSON);
    let problem = match known {
        Some(problem) => problem,
        None if is_ours || !is_error => {
            finish(response.headers_mut(), request_id);
            return response;
        }
        None => from_status(status, response.headers().get(ALLOW)),
    };
    response.into_response(finished(problem.render(request_id), request_id))
}

/// What the framework refuses by itself has a status only.
fn from_status(status: StatusCode, allow: Option<&HeaderValue>) -> Problem {
    let kind = match status {
        StatusCode::METHOD_NOT_ALLOWED => ProblemKind::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemKind::UnsupportedMediaType,
        StatusCode::REQUEST_TIMEOUT => ProblemKind::RequestTimeout,
        StatusCode::BAD_REQUEST => ProblemKind::InvalidParameter,
        StatusCode::SERVICE_UNAVAILABLE => ProblemKind::LedgerUnavailable,
        status if status.is_client_error() => return Problem::not_found(),
        _ => return Problem::internal(&format!("the framework answered {status}")),
    };
    let mut problem = Problem::new(kind, format!("{}.", kind.title()));
    problem.allow = allow
        .and_then(|methods| methods.to_str().ok())
        .map(with_head);
    problem
}

/// Whatever may be read may be asked for its head.
fn with_head(methods: &str) -> String {
    let is_read = methods.split(", ").any(|method| method == "GET");
    if is_read {
        format!("{methods}, HEAD")
    } else {
        methods.to_owned()
    }
}

fn finished(mut response: HttpResponse, request_id: &str) -> HttpResponse {
    finish(response.headers_mut(), request_id);
    response
}

fn finish(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// What is left of the caller's limits, on every answer to a caller that has some.
fn tell_limits(response: &mut ServiceResponse<BoxBody>) {
    let admission = response.request().extensions_mut().remove::<Admission>();
    let Some((policies, limits)) = admission.and_then(|admission| admission.headers()) else {
        return;
    };
    for (name, text) in [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, limits)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(name, value);
        }
    }
}

/// The caller's id where it is harmless, else one of ours.
fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|value| is_harmless(value))
        .map_or_else(|| clock::new_id().simple().to_string(), str::to_owned)
}

fn is_harmless(value: &str) -> bool {
    (1..=MAX_REQUEST_ID_CHARACTERS).contains(&value.len())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn said(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}

struct Answered {
    labels: RequestLabels,
    tenant: Option<TenantId>,
    started: Instant,
}

impl Answered {
    fn note(&self, app: Option<&Data<App>>) {
        let duration = self.started.elapsed();
        if let Some(app) = app {
            app.metrics.note_request(&self.labels, duration);
        }
        let RequestLabels {
            method,
            route,
            status,
        } = &self.labels;
        tracing::info!(
            http.method = method,
            http.route = route,
            http.status = status,
            tenant.id = self.tenant.map(tracing::field::display),
            duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            "answered {method} {route} with {status}"
        );
    }
}

#[cfg(test)]
mod tests;
