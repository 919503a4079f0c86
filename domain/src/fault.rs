//! What is wrong with a document, as data: where, which kind, and what to do about it. All faults
//! are reported at once, so that nobody mends them one by one.

use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// The kind of a fault; stable, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// A field that the document does not have.
    UnknownField,
    /// A field that must be given.
    Required,
    /// A number where text is wanted, and the like.
    InvalidType,
    /// The right type, but not one of the allowed values or forms.
    InvalidValue,
    /// Below the smallest or above the largest allowed number.
    OutOfRange,
    /// Objects and lists inside each other, more than can be read.
    TooDeep,
    /// A text above its maximum length.
    TooLong,
    /// A list above its maximum length.
    TooMany,
    /// A list or text that must not be empty.
    Empty,
    /// A control or direction-changing character in a text.
    ControlCharacter,
    /// A name that nothing in the document or tenant carries.
    UnknownReference,
    /// A store code that the tenant does not have.
    UnknownStore,
    /// The same name twice.
    Duplicate,
    /// The first tier does not start at 0.
    TiersStart,
    /// A tier does not lie above the one before it.
    TiersOrder,
    /// A period that ends before it starts.
    PeriodEmpty,
    /// A known part that this version can't do.
    Unsupported,
    /// A rule that can never fire; a warning.
    NeverFires,
    /// A wallet with points that the program no longer has; a warning.
    WalletDropped,
}

impl FaultCode {
    /// The code as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownField => "unknown_field",
            Self::Required => "required",
            Self::InvalidType => "invalid_type",
            Self::InvalidValue => "invalid_value",
            Self::OutOfRange => "out_of_range",
            Self::TooDeep => "too_deep",
            Self::TooLong => "too_long",
            Self::TooMany => "too_many",
            Self::Empty => "empty",
            Self::ControlCharacter => "control_character",
            Self::UnknownReference => "unknown_reference",
            Self::UnknownStore => "unknown_store",
            Self::Duplicate => "duplicate",
            Self::TiersStart => "tiers_start",
            Self::TiersOrder => "tiers_order",
            Self::PeriodEmpty => "period_empty",
            Self::Unsupported => "unsupported",
            Self::NeverFires => "never_fires",
            Self::WalletDropped => "wallet_dropped",
        }
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON pointer to the place, for example `/earn_rules/0/award/amount`.
    pub pointer: String,
    /// The kind, for programs.
    pub code: FaultCode,
    /// For a person: what to do.
    pub detail: String,
}

impl Fault {
    /// A fault at `pointer`.
    pub fn new(pointer: impl Into<String>, code: FaultCode, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        }
    }
}

/// One step of a JSON pointer: `~` and `/` escaped as RFC 6901 asks.
#[must_use]
pub fn escape_pointer(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}
