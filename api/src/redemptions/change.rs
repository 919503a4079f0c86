//! What is done to a redemption after it was made, the same way for every step.

use actix_web::HttpResponse;
use domain::decide::{ChangeRedemption, Command, Outcome, RedemptionChange};
use domain::id::RedemptionId;
use domain::receipt::strict_timestamp_option;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Redemption;
use super::store::recorded;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::RedemptionsWrite;
use crate::clock;
use crate::idempotency::{self, IdempotencyKey};
use crate::ledger::Submission;
use crate::problem::Problem;
use crate::roster::LookUp;

/// What is to be done to which redemption.
pub(super) struct Asked<'a, T> {
    pub(super) path: &'a str,
    pub(super) step: &'static str,
    pub(super) body: &'a T,
    pub(super) change: RedemptionChange,
    pub(super) occurred_at: Option<Timestamp>,
}

/// When points are given back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiveBack {
    /// When it happened; now when left out, never before the redemption.
    #[serde(default, deserialize_with = "strict_timestamp_option")]
    pub occurred_at: Option<Timestamp>,
}

/// Do it, once per key.
pub(super) async fn change<T: Serialize>(
    app: &App,
    caller: &Caller<RedemptionsWrite>,
    key: &IdempotencyKey,
    asked: Asked<'_, T>,
) -> Result<HttpResponse, Problem> {
    let id: RedemptionId = asked
        .path
        .parse()
        .map_err(|_not_an_id| Problem::not_found())?;
    // Its first answer never changes.
    let redemption = recorded(&app.db, caller, id).await?;
    let operation = format!("{} redemption {id}", asked.step);
    let submission = Submission {
        tenant: caller.tenant,
        receipt: None,
        actor: caller.key,
        key: key.hash(),
        content: idempotency::content(&operation, asked.body)?,
        member: Some(LookUp::Id(redemption.member_id)),
        command: Command::ChangeRedemption(Box::new(ChangeRedemption {
            seed: clock::new_id(),
            redemption,
            change: asked.change,
            occurred_at: asked.occurred_at,
        })),
    };
    let answer = app.ledger.submit(submission).await?;
    let Outcome::RedemptionChanged(changed) = answer.outcome else {
        return Err(Problem::internal(
            &"a change of a redemption was answered as something else",
        ));
    };
    let mut response = HttpResponse::Ok();
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    Ok(response.json(Redemption::from(changed.redemption)))
}
