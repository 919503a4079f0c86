//! Give or take points by hand.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::amount::Points;
use domain::decide::{AdjustPoints, Command, Outcome};
use domain::fault::{Fault, FaultCode};
use domain::receipt::{MAX_TEXT_LENGTH, MemberRef, strict_timestamp_option};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Adjustment;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PointsAdjust;
use crate::body::{Body, check_text};
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::idempotency::{self, IdempotencyKey};
use crate::ledger::Submission;
use crate::problem::{Problem, Problems};

/// Points to be given or taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAdjustment {
    /// Whose points.
    pub member: MemberRef,
    /// Code of the wallet.
    #[schema(example = "points", max_length = 200)]
    pub wallet: String,
    /// How many to give, or to take when negative; not 0.
    #[schema(example = -50, minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    pub points: Points,
    /// Why.
    #[schema(example = "goodwill", min_length = 1, max_length = 200)]
    pub reason: String,
    /// From when on given points are not spendable; by the wallet's terms when left out.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub expires_at: Option<Timestamp>,
    /// When given points become spendable; at once when left out.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub activates_at: Option<Timestamp>,
    /// When it happened; now when left out.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub occurred_at: Option<Timestamp>,
}

impl NewAdjustment {
    fn check(&self) -> Result<(), Problem> {
        let mut faults = check_text("/wallet", &self.wallet, MAX_TEXT_LENGTH);
        faults.extend(check_text("/reason", &self.reason, MAX_TEXT_LENGTH));
        let most = Points::MAX_BALANCE.get().unsigned_abs();
        let magnitude = self.points.get().unsigned_abs();
        if !(1..=most).contains(&magnitude) {
            faults.push(Fault::new(
                "/points",
                FaultCode::OutOfRange,
                "Give points above 0, or take some with a number below 0; at most 2^53 - 1.",
            ));
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

/// Give or take points by hand.
///
/// Given points repay a deficit first. Taken ones leave the lots that expire first; beyond what can be
/// spent the wallet's `on_shortage` decides. Above the tenant's `adjustments.two_person_above` nothing
/// moves until another key approves it, and the answer's `state` is `pending_approval`.
#[utoipa::path(
    post,
    path = "/v1/adjustments",
    operation_id = "create_adjustment",
    tag = "adjustments",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255)),
    request_body(content = NewAdjustment, description = "Whose points, how many, and why"),
    responses((status = 201, description = "Adjusted, or waiting for approval; also the answer to a repeat with the same key", body = Adjustment), Problems),
    extensions(("x-scopes" = json!(["points:adjust"])))
)]
pub(crate) async fn create(
    app: Data<App>,
    caller: Caller<PointsAdjust>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewAdjustment = body.json(MAX_BODY_BYTES).await?;
    new.check()?;
    caller.check_named_store(None)?;
    let moved = Points::new(new.points.get().saturating_abs());
    let submission = Submission {
        tenant: caller.tenant,
        receipt: None,
        actor: caller.key,
        key: key.hash(),
        content: idempotency::content("adjustment", &new)?,
        member: Some(app.look_ups.look_up(caller.tenant, &new.member)?),
        command: Command::Adjust(Box::new(AdjustPoints {
            seed: clock::new_id(),
            actor: caller.key,
            wallet: new.wallet,
            points: new.points,
            reason: new.reason,
            expires_at: new.expires_at,
            activates_at: new.activates_at,
            occurred_at: new.occurred_at,
        })),
    };
    let answer = app.submit_audited(&caller, moved, submission).await?;
    let Outcome::Adjustment(outcome) = answer.outcome else {
        return Err(Problem::internal(
            &"an adjustment was answered as something else",
        ));
    };
    let mut response = HttpResponse::Created();
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    Ok(response.json(Adjustment::from(outcome)))
}
