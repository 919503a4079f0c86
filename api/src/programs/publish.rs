//! Publish the draft.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::fault::{Fault, FaultCode};
use domain::id::ApiKeyId;
use domain::program::Program;
use domain::receipt::strict_timestamp_option;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::ProgramWrite;
use crate::body::Body;
use crate::catalog::{self, BumpRevision};
use crate::config::MAX_BODY_BYTES;
use crate::db::{Db, DbError, TenantConn, TenantNumber};
use crate::outbox::{self, Event, EventType};
use crate::problem::{Problem, ProblemKind, Problems};

use super::save_draft::store_codes;
use super::store::InsertVersion;
use super::{ProgramVersion, PublishedProgram, dropped, parsed, store};

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
/// Makes a version of the draft that never changes. Where two are published at once, or would begin at the same
/// instant, one is 409 `invalid_state`.
#[utoipa::path(
    post,
    path = "/v1/program/publish",
    operation_id = "publish_program",
    tag = "program",
    request_body = Option<Publication>,
    responses((status = 201, description = "The new version.", body = NewVersion), Problems),
    extensions(("x-scopes" = json!(["program:write"])))
)]
pub(crate) async fn publish(
    app: Data<App>,
    caller: Caller<ProgramWrite>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let publication: Publication = body.optional_json(MAX_BODY_BYTES).await?;
    let publisher = Publisher {
        tenant: caller.tenant,
        key: caller.key,
        actor: Actor::caller(&caller),
        effective_from: publication.effective_from,
        source: Source::Draft,
    };
    publisher.publish(&app).await
}

/// A version that was just published.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct NewVersion {
    /// The version and its document.
    #[serde(flatten)]
    pub(crate) program: PublishedProgram,
    /// What is allowed, but probably not meant.
    pub(crate) warnings: Vec<Fault>,
}

/// What a new version is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The draft.
    Draft,
    /// The document of an older version.
    Version(i32),
}

/// Somebody who makes a version.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) tenant: TenantNumber,
    pub(super) key: ApiKeyId,
    pub(super) actor: Actor,
    pub(super) effective_from: Option<Timestamp>,
    pub(super) source: Source,
}

impl Publisher {
    /// Publish, and say what came of it.
    pub(super) async fn publish(self, app: &App) -> Result<HttpResponse, Problem> {
        let db = app.db.clone();
        let made = app.db.run(async move { self.write(&db).await }).await??;
        let number = made.program.version.version;
        tracing::info!(program.version = number, "a program version was published");
        Ok(HttpResponse::Created()
            .insert_header(("Location", format!("/v1/program/versions/{number}")))
            .json(made))
    }

    /// Versions never change, so their documents need not be kept twice.
    fn entry(&self, version: &ProgramVersion) -> Entry {
        let (action, source) = match self.source {
            Source::Draft => ("program.published", None),
            Source::Version(number) => ("program.rolled_back", Some(number)),
        };
        let after = serde_json::json!({
            "version": version.version,
            "effective_from": version.effective_from,
            "source_version": source,
        });
        Entry::new(self.actor.clone(), action, &version.version).made(after)
    }

    async fn write(self, db: &Db) -> Result<NewVersion, Problem> {
        let tx = db.tenant(self.tenant).await?;
        let seen = store::next_version(&tx).await?;
        // The anchor first: it puts publications of one tenant in a row.
        let bump = BumpRevision {
            tenant: tx.number(),
        };
        if bump.run(&tx).await? != 1 {
            return Err(Problem::internal(&"the tenant has no anchor row"));
        }
        let next = store::next_version(&tx).await?;
        if next != seen {
            return Err(published_meanwhile());
        }
        let head = catalog::head(&tx).await?;
        let now = head.now;
        let text = match self.source {
            Source::Draft => draft(&tx).await?,
            Source::Version(number) => document_of(&tx, number).await?,
        };
        // Checked once more: stores may have come since it was saved.
        let document = parsed(&text)?;
        let stores = store_codes(&tx).await?;
        let (program, mut warnings) =
            Program::parse(&document, &stores).map_err(Problem::invalid)?;
        warnings.extend(dropped::warnings(&tx, &program).await?);
        let effective_from = self.effective_from.unwrap_or(now);
        if effective_from < now {
            // Ids carry real time, which says nothing of what a tenant with its own clock records.
            let is_real = head.now == head.database_now;
            let first_id = if is_real {
                first_id(effective_from)
            } else {
                Uuid::nil()
            };
            refuse_recorded(&tx, effective_from, first_id).await?;
        }
        if store::begins_at(&tx, effective_from).await? {
            return Err(begins_already());
        }
        let version = ProgramVersion {
            version: next,
            effective_from,
            published_at: now,
            published_by: self.key,
        };
        insert(&tx, &version, text).await?;
        if head.has_webhooks {
            let event = Event::new(EventType::ProgramPublished, now)
                .with("version", version.version)
                .with("effective_from", effective_from);
            outbox::write(&tx, vec![event]).await?;
        }
        audit::record(&tx, self.entry(&version)).await?;
        tx.commit().await?;
        let program = PublishedProgram { version, document };
        Ok(NewVersion { program, warnings })
    }
}

/// Of two that publish at once, neither saw what the other made.
fn published_meanwhile() -> Problem {
    let detail = "Another version was published at the same time; look at it, then publish again.";
    Problem::new(ProblemKind::InvalidState, detail)
}

/// Of two versions that begin together, one would never count.
fn begins_already() -> Problem {
    let detail = "A version begins at this very instant already; use another `effective_from`.";
    Problem::new(ProblemKind::InvalidState, detail)
}

async fn draft(tx: &TenantConn) -> Result<String, Problem> {
    let found = store::draft(tx).await?;
    let (_revision, text) = found.ok_or_else(|| {
        let detail = "Save a draft first, by PUT /v1/program/draft.";
        Problem::new(ProblemKind::InvalidState, detail)
    })?;
    Ok(text)
}

async fn document_of(tx: &TenantConn, number: i32) -> Result<String, Problem> {
    let found = store::by_number(tx, number).await?;
    let (_version, text) = found.ok_or_else(|| {
        let detail = "There is no version of this number; GET /v1/program/versions lists them.";
        let fault = Fault::new("/version", FaultCode::UnknownReference, detail);
        Problem::invalid(vec![fault])
    })?;
    Ok(text)
}

async fn refuse_recorded(tx: &TenantConn, since: Timestamp, first_id: Uuid) -> Result<(), Problem> {
    if !store::is_recorded_since(tx, since, first_id).await? {
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
