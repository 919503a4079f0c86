//! Reads a request's JSON under limits of size, time and depth. What can't be read is told apart
//! from what can be read and is wrong, and a wrong field is named by its JSON pointer.

mod fault;
mod list;
mod patch;
mod plain;
mod strict;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use domain::fault::{Fault, FaultCode};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use list::Listing;
pub use patch::merge_patch;

use crate::config::{BODY_TIMEOUT, MAX_BODY_BYTES};
use crate::problem::{Problem, ProblemKind};

/// RFC 7396.
const MERGE_PATCH: &str = "application/merge-patch+json";

/// An object without fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// A request's body, not yet read: scopes are decided first.
pub struct Body {
    payload: Payload,
    /// Why it is no JSON, by its headers.
    refusal: Option<Problem>,
    /// Whether it is a form, by its headers.
    is_form: bool,
    declared_bytes: Option<u64>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Body")
    }
}

impl FromRequest for Body {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = request.headers();
        ready(Ok(Self {
            payload: payload.take(),
            refusal: refused_media_type(headers, request.method() == Method::PATCH),
            is_form: is_form(headers),
            declared_bytes: headers
                .get(CONTENT_LENGTH)
                .and_then(|length| length.to_str().ok())
                .and_then(|length| length.parse().ok()),
        }))
    }
}

impl Body {
    /// A JSON object as a `T`; unknown fields are refused where `T` says so.
    pub async fn json<T: DeserializeOwned>(self, max_bytes: usize) -> Result<T, Problem> {
        parse(&self.read(max_bytes).await?)
    }

    /// Like [`Body::json`], for operations whose every field may be left out: no body at all counts as `{}`.
    pub async fn optional_json<T: DeserializeOwned + Default>(
        mut self,
        max_bytes: usize,
    ) -> Result<T, Problem> {
        if self.declared_bytes.unwrap_or(0) == 0 {
            self.refusal = None;
        }
        let bytes = self.read(max_bytes).await?;
        if bytes.is_empty() {
            return Ok(T::default());
        }
        parse(&bytes)
    }

    /// For operations that take nothing: no body at all, or `{}`.
    pub async fn nothing(self) -> Result<(), Problem> {
        let Nothing {} = self.optional_json(MAX_BODY_BYTES).await?;
        Ok(())
    }

    /// A JSON object as it stands, for documents that are validated elsewhere and for merge patches.
    pub async fn raw_json(self, max_bytes: usize) -> Result<Value, Problem> {
        parse(&self.read(max_bytes).await?)
    }

    /// A JSON object with one list, whose entries are read one by one: a wrong one spoils only itself.
    pub async fn listing<T: DeserializeOwned>(
        self,
        max_bytes: usize,
    ) -> Result<Listing<T>, Problem> {
        Listing::read(self.read(max_bytes).await?)
    }

    /// The text of a form, `application/x-www-form-urlencoded`.
    pub async fn form(mut self, max_bytes: usize) -> Result<String, Problem> {
        let detail = "Send a form with `Content-Type: application/x-www-form-urlencoded`.";
        let refusal = Problem::new(ProblemKind::UnsupportedMediaType, detail);
        self.refusal = (!self.is_form).then_some(refusal);
        let bytes = self.read(max_bytes).await?;
        String::from_utf8(bytes.to_vec()).map_err(|_not_utf8| {
            Problem::new(ProblemKind::InvalidParameter, "The form must be in UTF-8.")
        })
    }

    async fn read(mut self, max_bytes: usize) -> Result<Bytes, Problem> {
        if let Some(refusal) = self.refusal.take() {
            return Err(refusal);
        }
        let declared = self.declared_bytes.unwrap_or(0);
        if usize::try_from(declared).map_or(true, |declared| declared > max_bytes) {
            return Err(too_large(max_bytes));
        }
        let collected = tokio::time::timeout(BODY_TIMEOUT, collect(self.payload, max_bytes));
        collected.await.unwrap_or_else(|_elapsed| {
            Err(Problem::new(
                ProblemKind::RequestTimeout,
                "The body must arrive within 10 seconds.",
            ))
        })
    }
}

async fn collect(mut payload: Payload, max_bytes: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(
                ProblemKind::MalformedJson,
                format!("The body could not be read: {error}."),
            )
        })?;
        if bytes.len().saturating_add(chunk.len()) > max_bytes {
            return Err(too_large(max_bytes));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn too_large(max_bytes: usize) -> Problem {
    Problem::new(
        ProblemKind::BodyTooLarge,
        format!("The body may have at most {max_bytes} bytes."),
    )
}

/// What is sent with `PATCH` is a merge patch, and may be called so.
fn refused_media_type(headers: &HeaderMap, is_patch: bool) -> Option<Problem> {
    let refusal = |detail: &str| Some(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    let encoding = headers
        .get(CONTENT_ENCODING)
        .map(|value| value.to_str().unwrap_or("?").trim());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return refusal("Send the body without Content-Encoding.");
    }
    let mut types = headers.get_all(CONTENT_TYPE);
    let is_known = |value: &str| {
        is_in_utf8(value, "application/json") || (is_patch && is_in_utf8(value, MERGE_PATCH))
    };
    let is_json = types
        .next()
        .and_then(|value| value.to_str().ok())
        .is_some_and(is_known);
    if is_json && types.next().is_none() {
        None
    } else if is_patch {
        refusal(
            "Send the body with `Content-Type: application/json` or `application/merge-patch+json`, in UTF-8.",
        )
    } else {
        refusal("Send the body with `Content-Type: application/json`, in UTF-8.")
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE);
    let kind = types.next().and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|value| value.split(';').next());
    let is_form = kind.is_some_and(|kind| {
        kind.trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    });
    is_form && types.next().is_none() && !headers.contains_key(CONTENT_ENCODING)
}

/// Whether this is the media type `wanted`, without another character set.
fn is_in_utf8(value: &str, wanted: &str) -> bool {
    let mut parts = value.split(';');
    let is_wanted = parts
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted));
    is_wanted
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// Parse a whole body. The first pass refuses what is no JSON or means two things at once, the
/// second finds what is wrong with it; paths are only followed when something is. The usual body is right, and takes one
/// quick look instead of the first.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && plain::is_plain(text)
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    strict::check(bytes)?;
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Problem::invalid(vec![Fault::new(
            "",
            FaultCode::InvalidType,
            "The body must be a JSON object.",
        )]));
    }
    serde_json::from_slice(bytes).or_else(|_first| {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| Problem::invalid(vec![fault::from_data(&error)]))
    })
}

/// A document that was read and put together, as a `T`; what is wrong is named as in a body.
pub fn from_document<T: DeserializeOwned>(document: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(document)
        .map_err(|error| Problem::invalid(vec![fault::from_data(&error)]))
}

/// A text that people see: not empty, not too long, without characters that hide or turn it.
pub fn check_text(pointer: &str, text: &str, max_characters: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    if text.trim().is_empty() {
        faults.push(Fault::new(
            pointer,
            FaultCode::Empty,
            "This text must not be empty.",
        ));
    }
    if text.chars().count() > max_characters {
        faults.push(Fault::new(
            pointer,
            FaultCode::TooLong,
            format!("This text may have at most {max_characters} characters."),
        ));
    }
    domain::receipt::check_characters(text, || pointer.to_owned(), &mut faults);
    faults
}

#[cfg(test)]
mod tests;
