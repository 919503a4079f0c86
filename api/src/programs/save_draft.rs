//! Save the draft.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::fault::Fault;
use domain::program::Program;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::ProgramWrite;
use crate::body::Body;
use crate::catalog::AllStores;
use crate::config::MAX_PROGRAM_BYTES;
use crate::db::{Db, DbError, TenantConn, TenantNumber};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::revision::{IfMatch, etag};

use super::store::{InsertDraft, UpdateDraft};
use super::{ProgramDocument, dropped, parsed, store};

/// A draft that was saved.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SavedDraft {
    /// The document.
    #[schema(value_type = ProgramDocument)]
    pub(crate) document: Value,
    /// What is allowed, but probably not meant, e.g. a rule that can never fire.
    pub(crate) warnings: Vec<Fault>,
}

/// Save the draft
///
/// Replaces the whole document. Every problem is answered at once with its JSON pointer, and then nothing is saved.
/// `If-Match` is required once something was saved.
#[utoipa::path(
    put,
    path = "/v1/program/draft",
    operation_id = "save_program_draft",
    tag = "program",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = ProgramDocument,
    responses((status = 200, description = "The saved draft and its warnings.", body = SavedDraft), Problems),
    extensions(("x-scopes" = json!(["program:write"])))
)]
pub(crate) async fn save(
    app: Data<App>,
    caller: Caller<ProgramWrite>,
    condition: IfMatch,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let document = body.raw_json(MAX_PROGRAM_BYTES).await?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let save = async move { write(&db, tenant, (&condition, document), actor).await };
    let (revision, saved) = app.db.run(save).await??;
    Ok(HttpResponse::Ok().insert_header(etag(revision)).json(saved))
}

async fn write(
    db: &Db,
    tenant: TenantNumber,
    (condition, document): (&IfMatch, Value),
    actor: Actor,
) -> Result<(i64, SavedDraft), Problem> {
    let tx = db.tenant(tenant).await?;
    let before = store::locked_draft(&tx).await?;
    let present = before.as_ref().map(|(revision, _)| *revision);
    require(condition, present)?;
    let saved = replace(&tx, present, document).await?;
    let before = before.map(|(_, text)| text);
    record(&tx, (actor, "program.draft_saved"), before, &saved).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Nothing that was saved is replaced unread.
pub(super) fn require(condition: &IfMatch, present: Option<i64>) -> Result<(), Problem> {
    match present {
        Some(revision) => condition.require(revision),
        None => condition.check(0),
    }
}

/// Note in the log of the tenant what became of its draft.
pub(super) async fn record(
    tx: &TenantConn,
    (actor, action): (Actor, &'static str),
    before: Option<String>,
    (revision, saved): &(i64, SavedDraft),
) -> Result<(), Problem> {
    let before = before.as_deref().map(parsed).transpose()?;
    let before = before.unwrap_or_else(|| serde_json::json!({}));
    let entry = Entry::new(actor, action, &revision).changed(before, &saved.document);
    Ok(audit::record(tx, entry).await?)
}

/// Replace the draft, of which the caller has locked the present revision, if there is one.
pub(super) async fn replace(
    tx: &TenantConn,
    present: Option<i64>,
    document: Value,
) -> Result<(i64, SavedDraft), Problem> {
    let stores = store_codes(tx).await?;
    let (program, mut warnings) = Program::parse(&document, &stores).map_err(Problem::invalid)?;
    warnings.extend(dropped::warnings(tx, &program).await?);
    let text = document.to_string();
    let tenant = tx.number();
    let (written, revision) = match present {
        Some(revision) => {
            let update = UpdateDraft {
                tenant,
                document: text,
            };
            (update.run(tx).await?, revision.saturating_add(1))
        }
        None => {
            let insert = InsertDraft {
                tenant,
                document: text,
            };
            (insert.run(tx).await.map_err(saved_meanwhile)?, 1)
        }
    };
    if written != 1 {
        return Err(Problem::internal(&"the tenant has no anchor row"));
    }
    Ok((revision, SavedDraft { document, warnings }))
}

fn saved_meanwhile(error: DbError) -> Problem {
    match error {
        DbError::Duplicate(_) => Problem::new(
            ProblemKind::VersionConflict,
            "Another draft was saved at the same time; read it and repeat the change.",
        ),
        other => other.into(),
    }
}

/// The codes that conditions may name.
pub(super) async fn store_codes(tx: &TenantConn) -> Result<BTreeSet<String>, DbError> {
    let tenant = tx.number();
    let stores = AllStores { tenant }.all(tx).await?;
    Ok(stores.into_iter().map(|(_, code, _)| code).collect())
}
