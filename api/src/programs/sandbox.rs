//! Programs between a live tenant and its sandbox: what is in force on one side becomes the draft of the other, to
//! be looked at and published there.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::Value;

use crate::app::App;
use crate::audit::Actor;
use crate::auth::Caller;
use crate::auth::scope::ProgramWrite;
use crate::body::Body;
use crate::db::{Db, TenantNumber};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::revision::{IfMatch, etag};

use super::save_draft::{SavedDraft, record, replace, require};
use super::{parsed, store};

/// Copy to the sandbox
///
/// Makes the program in force the draft of the sandbox. Called with a key of the live tenant; stores that the program
/// names must exist in the sandbox. `If-Match`, the sandbox draft's `ETag`, is required once something was saved there.
#[utoipa::path(
    post,
    path = "/v1/program/copy-to-sandbox",
    operation_id = "copy_program_to_sandbox",
    tag = "program",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` of the draft that is replaced.")),
    responses((status = 200, description = "The sandbox's draft and its warnings.", body = SavedDraft), Problems),
    extensions(("x-scopes" = json!(["program:write"])))
)]
pub(crate) async fn copy_to_sandbox(
    app: Data<App>,
    caller: Caller<ProgramWrite>,
    condition: IfMatch,
    body: Body,
) -> Result<HttpResponse, Problem> {
    body.nothing().await?;
    carry(&app, &caller, condition, Direction::ToSandbox).await
}

/// Promote from the sandbox
///
/// Makes the program in force in the sandbox the draft of the live tenant; publish it when you have looked at it.
/// Called with a key of the live tenant. `If-Match`, the live draft's `ETag`, is required once something was saved.
#[utoipa::path(
    post,
    path = "/v1/program/promote-from-sandbox",
    operation_id = "promote_program_from_sandbox",
    tag = "program",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` of the draft that is replaced.")),
    responses((status = 200, description = "The live tenant's draft and its warnings.", body = SavedDraft), Problems),
    extensions(("x-scopes" = json!(["program:write"])))
)]
pub(crate) async fn promote_from_sandbox(
    app: Data<App>,
    caller: Caller<ProgramWrite>,
    condition: IfMatch,
    body: Body,
) -> Result<HttpResponse, Problem> {
    body.nothing().await?;
    carry(&app, &caller, condition, Direction::FromSandbox).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToSandbox,
    FromSandbox,
}

impl Direction {
    const fn action(self) -> &'static str {
        match self {
            Self::ToSandbox => "program.copied_to_sandbox",
            Self::FromSandbox => "program.promoted_from_sandbox",
        }
    }
}

async fn carry(
    app: &App,
    caller: &Caller<ProgramWrite>,
    condition: IfMatch,
    direction: Direction,
) -> Result<HttpResponse, Problem> {
    if caller.is_test {
        let detail = "Call with a key of the live tenant; a sandbox does not reach out of itself.";
        return Err(Problem::new(ProblemKind::InsufficientScope, detail));
    }
    let (db, live, actor) = (app.db.clone(), caller.tenant, Actor::caller(caller));
    let carried = app.db.run(async move {
        let sandbox = sandbox_of(&db, live).await?;
        let (from, to) = match direction {
            Direction::ToSandbox => (live, sandbox),
            Direction::FromSandbox => (sandbox, live),
        };
        let document = in_force(&db, from).await?;
        let tx = db.tenant(to).await?;
        let before = store::locked_draft(&tx).await?;
        let present = before.as_ref().map(|(revision, _)| *revision);
        require(&condition, present)?;
        let saved = replace(&tx, present, document).await?;
        let before = before.map(|(_, text)| text);
        record(&tx, (actor, direction.action()), before, &saved).await?;
        tx.commit().await?;
        Ok::<_, Problem>(saved)
    });
    let (revision, saved) = carried.await??;
    Ok(HttpResponse::Ok().insert_header(etag(revision)).json(saved))
}

async fn sandbox_of(db: &Db, live: TenantNumber) -> Result<TenantNumber, Problem> {
    let control = db.control().await?;
    let found = store::sandbox_of(&control, live).await?;
    control.commit().await?;
    found.ok_or_else(|| Problem::internal(&"the tenant has no sandbox"))
}

async fn in_force(db: &Db, tenant: TenantNumber) -> Result<Value, Problem> {
    let tx = db.tenant(tenant).await?;
    let found = store::in_force(&tx).await?;
    tx.commit().await?;
    match found {
        Some((_version, document)) => parsed(&document),
        None => {
            let detail = "No program is in force on the side to copy from; publish one there.";
            Err(Problem::new(ProblemKind::InvalidState, detail))
        }
    }
}
