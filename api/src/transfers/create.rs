//! Let points go from one member to another.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::amount::Points;
use domain::decide::{Command, Outcome, TransferOutcome, TransferPoints, TransferSide};
use domain::fault::{Fault, FaultCode};
use domain::id::{MemberId, TransferId};
use domain::receipt::{MAX_TEXT_LENGTH, strict_timestamp_option};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::party::Party;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PointsAdjust;
use crate::body::{Body, check_text};
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::db::TenantNumber;
use crate::idempotency::{self, IdempotencyKey};
use crate::ledger::{Submission, unknown_member};
use crate::problem::{Problem, Problems};
use crate::roster::LookUp;
use crate::roster::store::member_of;

/// Points to go to another member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTransfer {
    /// Who sends them.
    pub from: Party,
    /// Who gets them.
    pub to: Party,
    /// Code of the wallet.
    #[schema(example = "points", max_length = 200)]
    pub wallet: String,
    /// How many; at least 1.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub points: Points,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub reason: Option<String>,
    /// When it happened; now when left out.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub occurred_at: Option<Timestamp>,
}

/// Points that went from one member to another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Transfer {
    /// The transfer.
    pub id: TransferId,
    /// Who sent them.
    pub from: TransferSide,
    /// Who got them.
    pub to: TransferSide,
    /// Code of the wallet.
    pub wallet: String,
    /// How many.
    pub points: Points,
    /// Why.
    pub reason: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
}

impl From<TransferOutcome> for Transfer {
    fn from(outcome: TransferOutcome) -> Self {
        Self {
            id: outcome.id,
            from: outcome.from,
            to: outcome.to,
            wallet: outcome.wallet,
            points: outcome.points,
            reason: outcome.reason,
            occurred_at: outcome.occurred_at,
        }
    }
}

impl NewTransfer {
    fn check(&self) -> Result<(), Problem> {
        let mut faults = check_text("/wallet", &self.wallet, MAX_TEXT_LENGTH);
        if let Some(reason) = &self.reason {
            faults.extend(check_text("/reason", reason, MAX_TEXT_LENGTH));
        }
        if !(Points::new(1)..=Points::MAX_BALANCE).contains(&self.points) {
            let detail = "Must be at least 1 and at most 2^53 - 1.";
            faults.push(Fault::new("/points", FaultCode::OutOfRange, detail));
        }
        if self.from.member == self.to.member {
            let detail = "Name another member; points can't go to the one that they come from.";
            faults.push(Fault::new("/to/member", FaultCode::InvalidValue, detail));
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

/// Let points go from one member to another.
///
/// From the sender's lots that expire first; they end when they would have ended there, and repay a
/// deficit of the receiver first. Both sides are written together or not at all.
#[utoipa::path(
    post,
    path = "/v1/transfers",
    operation_id = "create_transfer",
    tag = "transfers",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255)),
    request_body(content = NewTransfer, description = "From whom to whom, and how many"),
    responses((status = 201, description = "Transferred; also the answer to a repeat with the same key", body = Transfer), Problems),
    extensions(("x-scopes" = json!(["points:adjust"])))
)]
pub(crate) async fn create(
    app: Data<App>,
    caller: Caller<PointsAdjust>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewTransfer = body.json(MAX_BODY_BYTES).await?;
    let sides = [("/from", new.from.clone()), ("/to", new.to.clone())];
    let as_sent = |problem| {
        let sides = sides.iter();
        sides.fold(problem, |problem, (at, side)| side.as_sent(at, problem))
    };
    new.check().map_err(as_sent)?;
    caller.check_named_store(None)?;
    let from = app.look_ups.look_up(caller.tenant, &new.from.member);
    let from = from.map_err(|problem| as_sent(within("/from", problem)))?;
    let to = app.look_ups.look_up(caller.tenant, &new.to.member);
    let to = to.map_err(|problem| as_sent(within("/to", problem)))?;
    let content = idempotency::content("transfer", &new)?;
    let to = receiver(&app, caller.tenant, to).await.map_err(as_sent)?;
    let submission = Submission {
        tenant: caller.tenant,
        receipt: None,
        actor: caller.key,
        key: key.hash(),
        content,
        member: Some(from),
        command: Command::Transfer(TransferPoints {
            seed: clock::new_id(),
            to,
            wallet: new.wallet,
            points: new.points,
            reason: new.reason,
            occurred_at: new.occurred_at,
        }),
    };
    let answer = app.submit_counted(&caller, new.points, submission).await;
    let answer = answer.map_err(as_sent)?;
    let Outcome::Transfer(outcome) = answer.outcome else {
        return Err(Problem::internal(
            &"a transfer was answered as something else",
        ));
    };
    let mut response = HttpResponse::Created();
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    Ok(response.json(Transfer::from(outcome)))
}

/// What is wrong with a side, named from the body's root.
fn within(side: &str, mut problem: Problem) -> Problem {
    for fault in &mut problem.errors {
        fault.pointer.insert_str(0, side);
    }
    problem
}

/// Who gets the points. The ledger locks both members at once, so that it has to know who they are.
async fn receiver(app: &App, tenant: TenantNumber, named: LookUp) -> Result<MemberId, Problem> {
    if let LookUp::Id(member) = named {
        return Ok(member);
    }
    let found = member_of(&app.db, tenant, named).await?;
    found.ok_or_else(|| unknown_member("/to/member"))
}
