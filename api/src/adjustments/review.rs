//! What a key says to an adjustment that waits, yes or no.

use actix_web::HttpResponse;
use domain::amount::Points;
use domain::decide::{Command, Outcome, ReviewAdjustment};
use domain::id::AdjustmentId;

use super::answer::Adjustment;
use super::store::{lineage, recorded};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PointsAdjust;
use crate::clock;
use crate::idempotency::{self, IdempotencyKey};
use crate::ledger::Submission;
use crate::problem::Problem;
use crate::roster::LookUp;

/// Say it, once per key.
pub(super) async fn review(
    app: &App,
    caller: &Caller<PointsAdjust>,
    key: &IdempotencyKey,
    (id, approves): (AdjustmentId, bool),
) -> Result<HttpResponse, Problem> {
    // Its first answer never changes.
    let adjustment = recorded(&app.db, caller.tenant, id).await?;
    if approves {
        caller.check_named_store(None)?;
    }
    let moved = match approves {
        true => Points::new(adjustment.wanted.get().saturating_abs()),
        false => Points::ZERO,
    };
    let asker = lineage(&app.db, caller.tenant, adjustment.requested_by).await?;
    let said = if approves { "approve" } else { "reject" };
    let submission = Submission {
        tenant: caller.tenant,
        receipt: None,
        actor: caller.key,
        key: key.hash(),
        content: idempotency::content(&format!("{said} adjustment {id}"), &())?,
        member: Some(LookUp::Id(adjustment.member_id)),
        command: Command::ReviewAdjustment(Box::new(ReviewAdjustment {
            seed: clock::new_id(),
            actor: caller.key,
            is_own: asker == caller.lineage,
            adjustment,
            approves,
        })),
    };
    let answer = app.submit_audited(caller, moved, submission).await?;
    let Outcome::AdjustmentReviewed(reviewed) = answer.outcome else {
        return Err(Problem::internal(
            &"a review of an adjustment was answered as something else",
        ));
    };
    let mut response = HttpResponse::Ok();
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    Ok(response.json(Adjustment::from(reviewed.adjustment)))
}
