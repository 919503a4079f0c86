//! Keys of one tenant: made, listed, rotated, revoked.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod rotate;
mod store;

use domain::id::ApiKeyId;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::api_key::Mode;
use crate::auth::restrictions::Restrictions;
use crate::auth::scope::{Scope, Scopes};
use crate::problem::{Problem, ProblemKind};

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    /// Its id.
    pub(crate) id: ApiKeyId,
    /// What people call it.
    pub(crate) name: String,
    /// The last four characters of the secret.
    pub(crate) last_four: String,
    /// What it may do.
    pub(crate) scopes: Vec<Scope>,
    /// What it may not although its scopes allow it.
    #[serde(flatten)]
    pub(crate) restrictions: Restrictions,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it ends by itself; null: never.
    pub(crate) expires_at: Option<Timestamp>,
    /// When it was revoked; null while it is not.
    pub(crate) revoked_at: Option<Timestamp>,
}

/// A key that was just made. The secret is shown this once and can't be read again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CreatedApiKey {
    /// The key as it is listed.
    #[serde(flatten)]
    pub(crate) key: ApiKey,
    /// What goes into `Authorization: Bearer`.
    pub(crate) secret: String,
}

/// The mode of a caller's keys.
const fn mode(is_test: bool) -> Mode {
    if is_test { Mode::Test } else { Mode::Live }
}

/// When a key ends that a key with `own` makes: with it, unless an earlier time is named. A later one would let its
/// holder live on.
fn ends_with(
    own: Option<Timestamp>,
    wanted: Option<Timestamp>,
) -> Result<Option<Timestamp>, Problem> {
    match (own, wanted) {
        (Some(own), Some(wanted)) if wanted > own => Err(Problem::new(
            ProblemKind::NotGranted,
            format!("The calling key ends at {own}, so it can't make one that ends later."),
        )),
        (own, wanted) => Ok(wanted.or(own)),
    }
}

/// A key can't hand out what it lacks.
fn check_grant(own: Scopes, wanted: Scopes) -> Result<(), Problem> {
    let missing = wanted
        .to_vec()
        .into_iter()
        .find(|scope| !own.contains(*scope));
    match missing {
        None => Ok(()),
        Some(scope) => Err(Problem::new(
            ProblemKind::InsufficientScope,
            format!(
                "The calling key lacks `{}`, so it can't grant it.",
                scope.as_str()
            ),
        )),
    }
}

fn key_id(text: &str) -> Result<ApiKeyId, Problem> {
    text.parse().map_err(|_other| Problem::not_found())
}
