//! The only thing a client sees when something is wrong: RFC 9457 with a stable code.
//! The whole catalogue stands in one table, so that codes, statuses and titles can't drift apart.

mod document;

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use domain::fault::{Fault, FaultCode, escape_pointer};
use serde::{Deserialize, Serialize};

pub use document::{DOCS_PATH, ProblemDocument, REPLAYED};

/// The most of a parameter's name that is shown back.
const MAX_NAME_CHARACTERS: usize = 64;

/// Declares the catalogue: variant, code, status, title.
macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident $code:literal $status:literal $title:literal;)*) => {
        /// Every kind of problem there is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ProblemKind {
            $($(#[$doc])* #[doc = $title] $name,)*
        }

        impl ProblemKind {
            /// The whole catalogue, in order of status.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable, machine-readable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The short text for a person.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

catalogue! {
    MalformedJson "malformed_json" 400 "The body is not valid JSON";
    DuplicateKey "duplicate_key" 400 "A key stands twice in one JSON object";
    InvalidCursor "invalid_cursor" 400 "The cursor is not one of this list";
    InvalidParameter "invalid_parameter" 400 "A query parameter or header is not valid";
    IdempotencyKeyRequired "idempotency_key_required" 400 "This operation needs an Idempotency-Key header";
    InvalidCredentials "invalid_credentials" 401 "The credentials are missing or not valid";
    InsufficientScope "insufficient_scope" 403 "The key lacks the scope for this operation";
    SecondPersonRequired "second_person_required" 403 "Another key has to approve this";
    NotGranted "not_granted" 403 "This key was not granted that";
    AddressNotAllowed "address_not_allowed" 403 "The key does not work from this address";
    SandboxOnly "sandbox_only" 403 "Only a sandbox tenant can do this";
    TenantSuspended "tenant_suspended" 403 "The tenant is suspended";
    NotFound "not_found" 404 "There is no such thing here";
    MethodNotAllowed "method_not_allowed" 405 "This path does not take that method";
    RequestTimeout "request_timeout" 408 "The request took too long to arrive";
    InsufficientPoints "insufficient_points" 409 "The member has too few points";
    ReceiptNumberUsed "receipt_number_used" 409 "The till already sent another receipt under this number";
    IdempotencyInProgress "idempotency_in_progress" 409 "A request with this key is still running";
    OverReturned "over_returned" 409 "More is given back than is left of the purchase";
    AlreadyClaimed "already_claimed" 409 "The purchase has a member already";
    LateClaimWindowClosed "late_claim_window_closed" 409 "The purchase is too old to get its member";
    InvalidState "invalid_state" 409 "The state of the thing forbids this";
    AwardCancelled "award_cancelled" 409 "The points waited too long and were cancelled";
    ClockBackwards "clock_backwards" 409 "The clock only goes forward";
    MemberClosed "member_closed" 409 "The member is closed";
    MemberMerged "member_merged" 409 "The member was merged into another";
    IdentifierTaken "identifier_taken" 409 "Another member already has this identifier";
    CodeTaken "code_taken" 409 "The code is already used";
    ReferenceUsed "reference_used" 409 "The reference was already used for something else";
    LimitReached "limit_reached" 409 "A limit is reached";
    BalanceLimit "balance_limit" 409 "The balance would exceed the largest that can be held";
    QuotaExceeded "quota_exceeded" 409 "There are too many of these already";
    VersionConflict "version_conflict" 412 "It was changed since you read it";
    BodyTooLarge "body_too_large" 413 "The body is too large";
    UriTooLong "uri_too_long" 414 "The URI is too long";
    UnsupportedMediaType "unsupported_media_type" 415 "The body must be application/json";
    ValidationFailed "validation_failed" 422 "The request was understood, but is not valid";
    IdempotencyKeyReused "idempotency_key_reused" 422 "The key was already used with another content";
    NoProgram "no_program" 422 "No program was in force at that time";
    OccurredInFuture "occurred_in_future" 422 "The receipt lies in the future";
    ReceiptTooOld "receipt_too_old" 422 "The receipt is older than the tenant accepts";
    BeforeEnrolment "before_enrolment" 422 "The receipt is older than the member";
    BelowMinimum "below_minimum" 422 "Fewer points than the smallest redemption";
    NotAStep "not_a_step" 422 "The points are not a multiple of the step";
    OverMaximum "over_maximum" 422 "More points than may be paid on this receipt";
    UnknownStore "unknown_store" 422 "The tenant has no such store";
    UrlNotAllowed "url_not_allowed" 422 "The URL may not be called";
    Unsupported "unsupported" 422 "This part is not supported";
    PreconditionRequired "precondition_required" 428 "This update needs an If-Match header";
    RateLimited "rate_limited" 429 "Too many requests";
    Internal "internal" 500 "Something went wrong on our side";
    LedgerUnavailable "ledger_unavailable" 503 "The ledger can't be reached; nothing was written";
    StorageFull "storage_full" 503 "The ledger's storage is full; nothing was written";
    ShuttingDown "shutting_down" 503 "The server is shutting down; nothing was written";
    OutcomeUnknown "outcome_unknown" 504 "It is not known whether this was written; repeat it with the same key";
}

/// A problem on its way to the client. Public text and internal cause are separate: the cause is logged where it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which one.
    pub kind: ProblemKind,
    /// What exactly is wrong and what to do, for the developer who reads it.
    pub detail: String,
    /// One entry per wrong field.
    pub errors: Vec<Fault>,
    /// For 405: the methods that the path takes.
    pub allow: Option<String>,
    /// For a token request: the code of RFC 6749 that stands beside ours.
    pub oauth_error: Option<&'static str>,
    /// Seconds until a repeat makes sense, where that is known exactly.
    pub retry_after: Option<u32>,
    /// Whether it was told before under the same idempotency key.
    pub is_repeated: bool,
}

impl Problem {
    /// A problem with its own explanation.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            allow: None,
            oauth_error: None,
            retry_after: None,
            is_repeated: false,
        }
    }

    /// Fields that are wrong, all at once. The code of a lone `unsupported` or `unknown_store` is the problem's own.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        let kind = match errors.as_slice() {
            [] => ProblemKind::ValidationFailed,
            all if all.iter().all(|fault| fault.code == FaultCode::Unsupported) => {
                ProblemKind::Unsupported
            }
            all if all
                .iter()
                .all(|fault| fault.code == FaultCode::UnknownStore) =>
            {
                ProblemKind::UnknownStore
            }
            _ => ProblemKind::ValidationFailed,
        };
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.detail.clone(),
            [only] => format!("{}: {}", only.pointer, only.detail),
            all => format!(
                "{} fields are not valid; each stands in `errors`.",
                all.len()
            ),
        };
        Self {
            kind,
            detail,
            errors,
            allow: None,
            oauth_error: None,
            retry_after: None,
            is_repeated: false,
        }
    }

    /// The same once more, under the same idempotency key.
    #[must_use]
    pub const fn repeated(mut self) -> Self {
        self.is_repeated = true;
        self
    }

    /// A query parameter that is wrong, by its name.
    pub fn parameter(name: &str, code: FaultCode, detail: impl Into<String>) -> Self {
        let name: String = name.chars().take(MAX_NAME_CHARACTERS).collect();
        let mut problem = Self::new(ProblemKind::InvalidParameter, detail);
        let pointer = match name.as_str() {
            "" => String::new(),
            name => format!("/{}", escape_pointer(name)),
        };
        problem.errors = vec![Fault::new(pointer, code, problem.detail.clone())];
        problem
    }

    /// Something of ours failed: the cause goes to the log, never to the client.
    pub fn internal(cause: &dyn fmt::Display) -> Self {
        tracing::error!(cause = %cause, "a request failed with an internal error");
        Self::new(
            ProblemKind::Internal,
            "The failure was logged under the request id.",
        )
    }

    /// A path or id that leads nowhere; the same answer for another tenant's thing.
    pub fn not_found() -> Self {
        Self::new(
            ProblemKind::NotFound,
            "Nothing is known under this path or id.",
        )
    }

    /// Seconds after which a repeat makes sense.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        if self.retry_after.is_some() {
            return self.retry_after;
        }
        match self.kind {
            ProblemKind::StorageFull => Some(30),
            ProblemKind::LedgerUnavailable
            | ProblemKind::ShuttingDown
            | ProblemKind::OutcomeUnknown
            | ProblemKind::RateLimited
            | ProblemKind::IdempotencyInProgress => Some(1),
            _ => None,
        }
    }

    /// Whether a write took effect, where that is the question: `false`, or `"unknown"`.
    pub fn applied(&self) -> Option<serde_json::Value> {
        match self.kind {
            ProblemKind::LedgerUnavailable
            | ProblemKind::StorageFull
            | ProblemKind::ShuttingDown => Some(serde_json::Value::Bool(false)),
            ProblemKind::OutcomeUnknown => Some(serde_json::Value::from("unknown")),
            _ => None,
        }
    }
}

/// The id under which the request is logged, for answers that hold problems of their parts.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// What every operation may answer instead; one set for all, so that it stands in the document once.
#[derive(Debug, Clone, Copy)]
pub struct Problems;

impl utoipa::IntoResponses for Problems {
    fn responses()
    -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
        let problem = |text: &str| utoipa::openapi::RefOr::T(utoipa::openapi::Response::new(text));
        std::collections::BTreeMap::from([
            (
                "4XX".to_owned(),
                problem("The request is wrong, or the state forbids it"),
            ),
            ("5XX".to_owned(), problem("Something failed on our side")),
        ])
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.code(), self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body is written by the outermost layer, which knows the request's id.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.clone());
        response
    }
}
