//! Record a receipt: discounts, points paid and points earned, all or nothing.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use domain::decide::{Command, Outcome, RecordPurchase};
use domain::receipt::{Purpose, Receipt};
use uuid::Uuid;

use super::answer::Purchase;
use super::detail::Wording;
use crate::app::App;
use crate::auth::scope::PurchasesWrite;
use crate::auth::{Caller, Principal};
use crate::body::Body;
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::idempotency::{self, IdempotencyKey};
use crate::json;
use crate::language::Language;
use crate::ledger::{Replay, Submission, WrittenReceipt};
use crate::problem::{Problem, Problems};

/// Record a receipt.
///
/// Discounts, points paid, points earned, counters and the receipt itself are written together or
/// not at all; the answer comes after they are safe on disk. Repeat the request with the same
/// `Idempotency-Key` until there is an answer: it takes effect once. The till identity (store,
/// terminal, receipt number, business date) guards it as well.
#[utoipa::path(
    post,
    path = "/v1/purchases",
    operation_id = "record_purchase",
    tag = "purchases",
    params(
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `ja`, by quality; the language of every `detail`"),
    ),
    request_body(content = Receipt, description = "What the till sold"),
    responses(
        (status = 201, description = "Recorded; also the answer to a repeat with the same key", body = Purchase),
        (status = 200, description = "Recorded before under the same till identity, with the same content", body = Purchase),
        Problems,
    ),
    extensions(("x-scopes" = json!(["purchases:write"])))
)]
pub(crate) async fn record(
    app: Data<App>,
    caller: Caller<PurchasesWrite>,
    key: IdempotencyKey,
    language: Language,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let receipt: Receipt = body.json(MAX_BODY_BYTES).await?;
    let points = receipt.points_wished();
    let submission = submission(&app, &caller, key.hash(), receipt)?;
    // Before it is recorded: afterwards nothing may keep the till from its answer.
    let wording = Wording::of(&app, caller.tenant, language).await?;
    let answer = app.submit_counted(&caller, points, submission).await?;
    let status = status_of(answer.replay);
    let mut response = HttpResponse::build(status);
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    language.name_in(&mut response);
    let told = json::bytes(&purchase(answer.outcome, &wording)?);
    let told = told.map_err(|error| Problem::internal(&error))?;
    Ok(response.content_type(ContentType::json()).body(told))
}

/// A checked receipt on its way to the ledger.
pub(super) fn submission(
    app: &App,
    caller: &Principal,
    key: Uuid,
    receipt: Receipt,
) -> Result<Submission, Problem> {
    receipt.check(Purpose::Purchase).map_err(Problem::invalid)?;
    caller.check_store(&receipt.store)?;
    let member = receipt
        .member
        .as_ref()
        .map(|member| app.look_ups.look_up(caller.tenant, member));
    let written = WrittenReceipt::of(&receipt).map_err(|error| Problem::internal(&error))?;
    Ok(Submission {
        tenant: caller.tenant,
        actor: caller.key,
        key,
        content: written.content("purchase"),
        receipt: Some(written),
        member: member.transpose()?,
        command: Command::Purchase(RecordPurchase {
            seed: clock::new_id(),
            receipt,
            quote: false,
        }),
    })
}

/// A repeat under its key is answered as the first time, one under the till identity as known.
pub(super) const fn status_of(replay: Option<Replay>) -> StatusCode {
    match replay {
        Some(Replay::OfIdentity) => StatusCode::OK,
        Some(Replay::OfKey) | None => StatusCode::CREATED,
    }
}

/// What the ledger recorded, as the till reads it.
pub(super) fn purchase(outcome: Outcome, wording: &Wording) -> Result<Purchase, Problem> {
    match outcome {
        Outcome::Purchase(outcome) => Ok(Purchase::told(*outcome, wording)),
        // The till sent it once more while it was part of an exchange.
        Outcome::Exchange(outcome) => Ok(Purchase::told(outcome.bought, wording)),
        _ => Err(Problem::internal(
            &"a receipt was answered as something else",
        )),
    }
}
