//! Give a purchase that was made without a card its member afterwards.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::decide::{ClaimPurchase, Command, Outcome};
use domain::id::PurchaseId;
use domain::receipt::{MemberRef, strict_timestamp_option};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

use super::answer::Purchase;
use super::detail::Wording;
use super::store::{recorded, with_money};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PurchasesWrite;
use crate::body::Body;
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::idempotency::{self, IdempotencyKey};
use crate::language::Language;
use crate::ledger::Submission;
use crate::problem::{Problem, Problems};

/// Who bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClaim {
    /// The member, by exactly one identifier.
    pub member: MemberRef,
    /// When the member came; now when left out, never before the purchase.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub occurred_at: Option<Timestamp>,
}

/// Claim a purchase for a member.
///
/// What is left of it earns as of its own time, with the rank and the counters of then. Its discounts stay what
/// they were.
#[utoipa::path(
    post,
    path = "/v1/purchases/{id}/claim",
    operation_id = "claim_purchase",
    tag = "purchases",
    params(
        ("id" = PurchaseId, Path, description = "Id of the purchase"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `ja`, by quality; the language of every `detail`"),
    ),
    request_body(content = NewClaim, description = "Who bought"),
    responses((status = 200, description = "Claimed; also the answer to a repeat with the same key", body = Purchase), Problems),
    extensions(("x-scopes" = json!(["purchases:write"])))
)]
pub(crate) async fn claim(
    app: Data<App>,
    caller: Caller<PurchasesWrite>,
    (path, language): (Path<String>, Language),
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id: PurchaseId = path.parse().map_err(|_not_an_id| Problem::not_found())?;
    let bought = recorded(&app.db, &caller, id).await?;
    let new: NewClaim = body.json(MAX_BODY_BYTES).await?;
    let content = idempotency::content(&format!("claim {id}"), &new)?;
    let money = bought.purchase.outcome.clone();
    let submission = Submission {
        tenant: caller.tenant,
        receipt: None,
        actor: caller.key,
        key: key.hash(),
        content,
        member: Some(app.look_ups.look_up(caller.tenant, &new.member)?),
        command: Command::Claim(Box::new(ClaimPurchase {
            seed: clock::new_id(),
            purchase: Arc::new(bought.purchase),
            occurred_at: new.occurred_at,
        })),
    };
    let wording = Wording::of(&app, caller.tenant, language).await?;
    let answer = app.ledger.submit(submission).await?;
    let Outcome::Claim(outcome) = answer.outcome else {
        return Err(Problem::internal(&"a claim was answered as something else"));
    };
    let mut response = HttpResponse::Ok();
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    language.name_in(&mut response);
    let told = with_money(money, *outcome);
    Ok(response.json(Purchase::told(told, &wording)))
}
