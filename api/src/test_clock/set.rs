//! Sets the clock of a sandbox tenant; everything that is due until then is done before the answer.

use actix_web::web::{Data, Json};
use domain::fault::{Fault, FaultCode};
use domain::receipt::strict_timestamp_option;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::Actor;
use crate::auth::Caller;
use crate::auth::scope::TenantAdmin;
use crate::body::Body;
use crate::config::MAX_BODY_BYTES;
use crate::jobs::{Moved, move_clock};
use crate::problem::{Problem, ProblemKind, Problems};

/// What time it shall be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTestClock {
    /// Any instant the first time, then only a later one.
    #[serde(default, deserialize_with = "strict_timestamp_option")]
    #[schema(required, nullable = false)]
    now: Option<Timestamp>,
}

/// What time it is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct TestClock {
    /// The tenant's time; it stands still until it is set again.
    now: Timestamp,
    /// How often a job ran for a business day on which something was due.
    #[schema(example = 24)]
    jobs_run: u64,
}

/// Set the clock of a sandbox tenant.
///
/// Only for sandbox tenants. Points that become spendable or end until then do so, day by day in
/// the order of time, before the answer. The same instant again changes nothing, and an earlier one
/// is refused with `clock_backwards`.
#[utoipa::path(
    post,
    path = "/v1/test-clock",
    operation_id = "set_test_clock",
    tag = "tenants",
    request_body(content = NewTestClock, description = "What time it shall be"),
    responses((status = 200, description = "It is that time now, and what was due is done", body = TestClock), Problems),
    extensions(("x-scopes" = json!(["tenant:admin"])))
)]
pub(crate) async fn set(
    app: Data<App>,
    caller: Caller<TenantAdmin>,
    body: Body,
) -> Result<Json<TestClock>, Problem> {
    if !caller.is_test {
        return Err(Problem::new(
            ProblemKind::SandboxOnly,
            "Only a sandbox tenant has a clock; use a key of the sandbox.",
        ));
    }
    let new: NewTestClock = body.json(MAX_BODY_BYTES).await?;
    let now = new.now.ok_or_else(|| {
        let detail = "Say what time it shall be.";
        Problem::invalid(vec![Fault::new("/now", FaultCode::Required, detail)])
    })?;
    let (db, catalogs, tenant) = (app.db.clone(), app.catalogs.clone(), caller.tenant);
    // In a task without a deadline: years with many members take their time, and a caller that
    // goes away leaves no half-done day behind.
    let actor = Actor::caller(&caller);
    let work = async move { move_clock(&db, &catalogs, tenant, (now, actor)).await };
    let moved = app.db.runtime().spawn(work).await;
    match moved.map_err(|error| Problem::internal(&error))?? {
        Moved::Done { jobs_run } => Ok(Json(TestClock { now, jobs_run })),
        Moved::Backwards { now } => Err(Problem::new(
            ProblemKind::ClockBackwards,
            format!("The clock stands at {now} and only goes forward; give a later time."),
        )),
    }
}
