//! Goods that come back: by lines, quantities or an amount.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, HttpResponseBuilder};
use domain::amount::Amount;
use domain::decide::{Command, Outcome, ReturnGoods, ReturnLine, ReturnedGoods};
use domain::fault::{Fault, FaultCode};
use domain::id::PurchaseId;
use domain::receipt::{MAX_LINES, MAX_TEXT_LENGTH, MAX_TOTAL, Quantity, strict_timestamp_option};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

use super::returned::Return;
use super::store::{Recorded, recorded};
use crate::app::App;
use crate::auth::scope::PurchasesWrite;
use crate::auth::{Caller, Principal};
use crate::body::{Body, check_text};
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::idempotency::{self, IdempotencyKey};
use crate::ledger::Submission;
use crate::problem::{Problem, Problems};
use crate::roster::LookUp;

/// What comes back: `lines`, or an `amount` where the till knows none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReturn {
    /// Lines of the receipt, or parts of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Option<Vec<NewReturnLine>>,
    /// So much money's worth of the goods, in minor units, after the program's discounts and before points
    /// paid. It is spread over what is left by its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// When it happened; now when left out, never before the purchase.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub occurred_at: Option<Timestamp>,
    /// Why, for the member's statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub reason: Option<String>,
}

/// A line that comes back: without `quantity` and `amount` all that is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReturnLine {
    /// The place of the line in the receipt, from 0.
    #[schema(minimum = 0, maximum = 499)]
    pub line: u32,
    /// Pieces as an integer, or weight as a decimal string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// So much money's worth of the line, in minor units, after the program's discounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
}

impl NewReturn {
    /// No receipt and no line is worth more, so that more is no matter of what is left.
    fn check_amounts(&self, at: &str, faults: &mut Vec<Fault>) {
        check_amount(format!("{at}/amount"), self.amount, MAX_TOTAL, faults);
        let lines = self.lines.iter().flatten().take(MAX_LINES).enumerate();
        for (index, line) in lines {
            let pointer = format!("{at}/lines/{index}/amount");
            check_amount(pointer, line.amount, Amount::MAX, faults);
        }
    }

    /// What comes back, checked as far as the receipt need not be known.
    pub(crate) fn goods(&self, at: &str) -> Result<ReturnedGoods, Problem> {
        let mut faults = Vec::new();
        if let Some(reason) = &self.reason {
            faults.extend(check_text(&format!("{at}/reason"), reason, MAX_TEXT_LENGTH));
        }
        self.check_amounts(at, &mut faults);
        let goods = match (&self.lines, self.amount) {
            (Some(lines), None) => {
                check_count(at, lines.len(), &mut faults);
                let lines = lines.iter().map(|wish| ReturnLine {
                    line: usize::try_from(wish.line).unwrap_or(usize::MAX),
                    quantity: wish.quantity,
                    amount: wish.amount,
                });
                ReturnedGoods::Lines(lines.collect())
            }
            (None, Some(amount)) => ReturnedGoods::Amount(amount),
            (None, None) => {
                let detail = "Give `lines`, or `amount` where the till knows none.";
                faults.push(Fault::new(
                    format!("{at}/lines"),
                    FaultCode::Required,
                    detail,
                ));
                ReturnedGoods::Lines(Vec::new())
            }
            (Some(_), Some(_)) => {
                let detail = "Give `lines` or `amount`, not both.";
                faults.push(Fault::new(
                    format!("{at}/amount"),
                    FaultCode::InvalidValue,
                    detail,
                ));
                ReturnedGoods::Lines(Vec::new())
            }
        };
        if faults.is_empty() {
            Ok(goods)
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

fn check_amount(pointer: String, amount: Option<Amount>, most: Amount, faults: &mut Vec<Fault>) {
    if amount.is_some_and(|amount| amount > most) {
        let detail = format!("Give at most {most}.");
        faults.push(Fault::new(pointer, FaultCode::OutOfRange, detail));
    }
}

fn check_count(at: &str, lines: usize, faults: &mut Vec<Fault>) {
    let pointer = format!("{at}/lines");
    if lines == 0 {
        let detail = "Give at least one line.";
        faults.push(Fault::new(pointer, FaultCode::Empty, detail));
    } else if lines > MAX_LINES {
        let detail = format!("Give at most {MAX_LINES} lines.");
        faults.push(Fault::new(pointer, FaultCode::TooMany, detail));
    }
}

/// Return goods.
///
/// What the goods earned is taken back and what points paid for them is given back, by the rules and numbers of
/// the purchase, whatever changed since. Several returns, in any order, sum to the whole.
#[utoipa::path(
    post,
    path = "/v1/purchases/{id}/returns",
    operation_id = "return_purchase",
    tag = "purchases",
    params(
        ("id" = PurchaseId, Path, description = "Id of the purchase"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
    ),
    request_body(content = NewReturn, description = "What comes back"),
    responses((status = 201, description = "Recorded; also the answer to a repeat with the same key", body = Return), Problems),
    extensions(("x-scopes" = json!(["purchases:write"])))
)]
pub(crate) async fn return_goods(
    app: Data<App>,
    caller: Caller<PurchasesWrite>,
    path: Path<String>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let purchase: PurchaseId = path.parse().map_err(|_not_an_id| Problem::not_found())?;
    let bought = recorded(&app.db, &caller, purchase).await?;
    let new: NewReturn = body.json(MAX_BODY_BYTES).await?;
    let goods = new.goods("")?;
    let content = idempotency::content(&format!("return {purchase}"), &new)?;
    let asked = (goods, new.occurred_at, new.reason);
    let response = HttpResponse::Created();
    let once = (key.hash(), content);
    take_back(&app, &caller, once, (bought, asked), response).await
}

/// What comes back, when and why.
pub(super) type Asked = (ReturnedGoods, Option<Timestamp>, Option<String>);

/// Takes goods back under a key and the hash of what was asked, and answers so.
pub(super) async fn take_back(
    app: &App,
    caller: &Principal,
    (key, content): (Uuid, Uuid),
    (bought, asked): (Recorded, Asked),
    mut response: HttpResponseBuilder,
) -> Result<HttpResponse, Problem> {
    let submission = Submission {
        tenant: caller.tenant,
        receipt: None,
        actor: caller.key,
        key,
        content,
        member: bought.member().map(LookUp::Id),
        command: command(clock::new_id(), bought, asked),
    };
    let answer = app.ledger.submit(submission).await?;
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    match answer.outcome {
        Outcome::Return(outcome) => Ok(response.json(Return::from(*outcome))),
        _ => Err(Problem::internal(
            &"a return was answered as something else",
        )),
    }
}

/// The command that takes goods back.
pub(super) fn command(
    seed: Uuid,
    bought: Recorded,
    (goods, occurred_at, reason): Asked,
) -> Command {
    Command::Return(Box::new(ReturnGoods {
        seed,
        purchase: Arc::new(bought.purchase),
        goods,
        occurred_at,
        reason,
    }))
}
