//! The program of a tenant: a draft that may change, and versions that never do.

pub(crate) mod diff;
pub(crate) mod draft;
mod dropped;
pub(crate) mod in_force;
pub(crate) mod publish;
pub(crate) mod rollback;
pub(crate) mod sandbox;
pub(crate) mod save_draft;
mod store;
pub(crate) mod version;
pub(crate) mod versions;

use domain::id::ApiKeyId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};

use crate::problem::Problem;

/// A published version without its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ProgramVersion {
    /// Counts up from 1.
    #[schema(minimum = 1)]
    pub(crate) version: i32,
    /// The instant from which it counts, inclusive.
    pub(crate) effective_from: Timestamp,
    /// When it was published.
    pub(crate) published_at: Timestamp,
    /// The key that published it.
    pub(crate) published_by: ApiKeyId,
}

/// A published version with its document as it was saved.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PublishedProgram {
    /// Which version.
    #[serde(flatten)]
    pub(crate) version: ProgramVersion,
    /// The document.
    #[schema(value_type = ProgramDocument)]
    pub(crate) document: Value,
}

/// The schema of a program document. It is read by the domain, not by a struct, so that every problem is found at once.
pub(crate) struct ProgramDocument;

impl utoipa::PartialSchema for ProgramDocument {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some(
                "The whole program: wallets, earning, bonuses and conditions. All lists are optional, every `code` is \
                 unique within the document, and the order is the order of evaluation. What is not supported answers \
                 422 `unsupported` with its pointer.",
            ))
            .into()
    }
}

impl ToSchema for ProgramDocument {}

fn parsed(document: &str) -> Result<Value, Problem> {
    serde_json::from_str(document).map_err(|error| Problem::internal(&error))
}
