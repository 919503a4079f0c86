//! Publish the draft.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::fault::{Fault, FaultCode};
use domain::id::ApiKeyId;
use domain::program::Program;
use domain::receipt::strict_timestamp_option;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::ProgramWrite;
use crate::body::Body;
use crate::catalog::{self, BumpRevision};
use crate::config::MAX_BODY_BYTES;
use crate::db::{Db, DbError, TenantConn, TenantNumber};
use crate::page::{NoQuery, Query};
use crate::problem::{Problem, ProblemKind, Problems};

use super::save_draft::store_codes;
use super::store::InsertVersion;
use super::{ProgramVersion, PublishedProgram, parsed, store};

/// A receipt is at most a week ahead of the moment at which its id was made, and clocks of nodes differ a little.
const AHEAD_OF_ID: SignedDuration = SignedDuration::from_hours(7 * 24 + 1);

/// When the draft begins to count.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publication {
    /// The instant from which the version counts, inclusive; now when left out. It may lie in the past while nothing
    /// is recorded after it.
    #[serde(default, deserialize_with = "strict_timestamp_option")]
    pub(crate) effective_from: Option<Timestamp>,
}

/// Publish the draft
///
/// Makes a version of the draft that never changes.
#[utoipa::path(
    post,
    path = "/v1/program/publish",
    operation_id = "publish_program",
    tag = "program",
    request_body = Option<Publication>,
    responses((status = 201, description = "The new version.", body = PublishedProgram), Problems),
    extensions(("x-scopes" = json!(["program:write"])))
)]
pub(crate) async fn publish(
    app: Data<App>,
    caller: Caller<ProgramWrite>,
    _query: Query<NoQuery>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let publication: Publication = body.optional_json(MAX_BODY_BYTES).await?;
    let publisher = Publisher {
        tenant: caller.tenant,
        key: caller.key,
        effective_from: publication.effective_from,
    };
    let db = app.db.clone();
    let (version, document) = app
        .db
        .run(async move { publisher.write(&db).await })
        .await??;
    let location = format!("/v1/program/versions/{}", version.version);
    tracing::info!(
        program.version = version.version,
        "a program version was published"
    );
    Ok(HttpResponse::Created()
        .insert_header(("Location", location))
        .json(PublishedProgram {
            version,
            document: parsed(&document)?,
        }))
}

struct Publisher {
    tenant: TenantNumber,
    key: ApiKeyId,
    effective_from: Option<Timestamp>,
}

impl Publisher {
    async fn write(self, db: &Db) -> Result<(ProgramVersion, String), Problem> {
        let tx = db.tenant(self.tenant).await?;
        // The anchor first: it puts publications of one tenant in a row.
        let bump = BumpRevision {
            tenant: tx.number(),
        };
        if bump.run(&tx).await? != 1 {
            return Err(Problem::internal(&"the tenant has no anchor row"));
        }
        let now = catalog::head(&tx).await?.now;
        let document = checked_draft(&tx).await?;
        let effective_from = self.effective_from.unwrap_or(now);
        if effective_from < now {
            refuse_recorded(&tx, effective_from).await?;
        }
        let version = ProgramVersion {
            version: store::next_version(&tx).await?,
            effective_from,
            published_at: now,
            published_by: self.key,
        };
        insert(&tx, &version, document.clone()).await?;
        tx.commit().await?;
        Ok((version, document))
    }
}

/// The draft, checked once more: stores may have come since it was saved.
async fn checked_draft(tx: &TenantConn) -> Result<String, Problem> {
    let Some((_revision, text)) = store::draft(tx).await? else {
        let detail = "Save a draft first, by PUT /v1/program/draft.";
        return Err(Problem::new(ProblemKind::InvalidState, detail));
    };
    let document: Value = serde_json::from_str(&text).map_err(|error| Problem::internal(&error))?;
    Program::parse(&document, &store_codes(tx).await?).map_err(Problem::invalid)?;
    Ok(text)
}

async fn refuse_recorded(tx: &TenantConn, since: Timestamp) -> Result<(), Problem> {
    if !store::is_recorded_since(tx, since, first_id(since)).await? {
        return Ok(());
    }
    Err(Problem::invalid(vec![Fault::new(
        "/effective_from",
        FaultCode::OutOfRange,
        "Something is recorded at or after this instant; use a later one, or leave it out.",
    )]))
}

/// The lowest id of anything that can have occurred at `since` or later.
fn first_id(since: Timestamp) -> Uuid {
    let earliest = since
        .checked_sub(AHEAD_OF_ID)
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let milliseconds = u64::try_from(earliest.as_millisecond()).unwrap_or(0);
    Uuid::from_u128(u128::from(milliseconds) << 80)
}

async fn insert(
    tx: &TenantConn,
    version: &ProgramVersion,
    document: String,
) -> Result<(), DbError> {
    let insert = InsertVersion {
        tenant: tx.number(),
        version: version.version,
        document,
        effective_from: version.effective_from.into(),
        published_at: version.published_at.into(),
        published_by: version.published_by.uuid(),
    };
    match insert.run(tx).await? {
        1 => Ok(()),
        added => Err(DbError::Failed(format!(
            "{added} versions were added instead of one"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::first_id;
    use crate::clock;

    #[test]
    fn ids_made_within_a_week_of_the_instant_are_looked_at() {
        let now = clock::now();
        let shifted = |days: i64| now + SignedDuration::from_hours(days * 24);
        let made_now = clock::new_id();
        assert!(made_now >= first_id(shifted(-1)));
        assert!(made_now >= first_id(shifted(7)));
        assert!(made_now < first_id(shifted(8)));
        assert!(first_id(Timestamp::MIN).is_nil());
    }
}
