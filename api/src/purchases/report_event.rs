//! What happened to a recorded purchase, such as its delivery: points that waited for it become
//! spendable.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::amount::Points;
use domain::decide::{ActivatedPoints, Command, EventOutcome, Outcome, ReportEvent};
use domain::id::{MemberId, PurchaseEventId, PurchaseId, TransactionId};
use domain::ledger::Balance;
use domain::receipt::{MAX_TEXT_LENGTH, strict_timestamp_option};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::recorded;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PurchasesWrite;
use crate::body::{Body, check_text};
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::idempotency::{self, IdempotencyKey};
use crate::ledger::Submission;
use crate::problem::{Problem, Problems};
use crate::roster::LookUp;

/// Something that happened to a purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPurchaseEvent {
    /// What happened, in the words of the program's activations.
    #[schema(example = "delivered", min_length = 1, max_length = 200)]
    pub event: String,
    /// When it happened; now when left out, never before the purchase.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub occurred_at: Option<Timestamp>,
}

/// What an event did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PurchaseEvent {
    /// The event.
    pub id: PurchaseEventId,
    /// The member's transaction.
    pub transaction_id: TransactionId,
    /// The purchase.
    pub purchase_id: PurchaseId,
    /// Whose purchase.
    pub member_id: MemberId,
    /// What happened.
    pub event: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The points that waited for it and are spendable now; empty when none did.
    pub activated: Vec<Activated>,
    /// The member's wallets afterwards.
    pub balances: Vec<Balance>,
    /// The member's version afterwards.
    pub version: i64,
}

/// Points that became spendable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Activated {
    /// Code of the wallet.
    pub wallet: String,
    /// Code of the rule that granted them.
    pub rule: String,
    /// How many; what repaid a deficit counts.
    pub points: Points,
    /// From when on they are not spendable; null = never.
    pub expires_at: Option<Timestamp>,
}

impl From<EventOutcome> for PurchaseEvent {
    fn from(outcome: EventOutcome) -> Self {
        let activated = |part: ActivatedPoints| Activated {
            wallet: part.wallet,
            rule: part.rule,
            points: part.points,
            expires_at: part.expires_at,
        };
        Self {
            id: outcome.id,
            transaction_id: outcome.transaction_id,
            purchase_id: outcome.purchase_id,
            member_id: outcome.member_id,
            event: outcome.event,
            occurred_at: outcome.occurred_at,
            activated: outcome.activated.into_iter().map(activated).collect(),
            balances: outcome.balances,
            version: outcome.version,
        }
    }
}

/// Report what happened to a purchase.
///
/// Points that wait for the event become spendable, and their time begins. An event that nothing
/// waits for is noted and changes nothing; one that comes after the points were cancelled is
/// refused with `award_cancelled`.
#[utoipa::path(
    post,
    path = "/v1/purchases/{id}/events",
    operation_id = "report_purchase_event",
    tag = "purchases",
    params(
        ("id" = PurchaseId, Path, description = "Id of the purchase"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
    ),
    request_body(content = NewPurchaseEvent, description = "What happened"),
    responses((status = 200, description = "Noted; also the answer to a repeat with the same key", body = PurchaseEvent), Problems),
    extensions(("x-scopes" = json!(["purchases:write"])))
)]
pub(crate) async fn report_event(
    app: Data<App>,
    caller: Caller<PurchasesWrite>,
    path: Path<String>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let purchase: PurchaseId = path.parse().map_err(|_not_an_id| Problem::not_found())?;
    // Its member and time never change.
    let bought = recorded(&app.db, &caller, purchase).await?;
    let new: NewPurchaseEvent = body.json(MAX_BODY_BYTES).await?;
    let faults = check_text("/event", &new.event, MAX_TEXT_LENGTH);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let operation = format!("purchase event {purchase}");
    let submission = Submission {
        tenant: caller.tenant,
        receipt: None,
        actor: caller.key,
        key: key.hash(),
        content: idempotency::content(&operation, &new)?,
        member: bought.member().map(LookUp::Id),
        command: Command::Event(ReportEvent {
            seed: clock::new_id(),
            purchase,
            purchased_at: bought.purchase.outcome.occurred_at,
            event: new.event,
            occurred_at: new.occurred_at,
        }),
    };
    let answer = app.ledger.submit(submission).await?;
    let Outcome::Event(outcome) = answer.outcome else {
        return Err(Problem::internal(
            &"an event was answered as something else",
        ));
    };
    let mut response = HttpResponse::Ok();
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    Ok(response.json(PurchaseEvent::from(outcome)))
}
