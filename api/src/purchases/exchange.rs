//! Return goods and buy others in one call.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::decide::{Command, ExchangeGoods, ExchangeOutcome, Outcome, RecordPurchase};
use domain::fault::{Fault, FaultCode};
use domain::id::{ExchangeId, MemberId, PurchaseId};
use domain::receipt::{MemberRef, Purpose, Receipt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Purchase;
use super::detail::Wording;
use super::return_goods::{NewReturn, command};
use super::returned::Return;
use super::store::recorded;
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
use crate::roster::LookUp;
use crate::roster::store::member_of;

/// A return and the purchase that goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewExchange {
    /// What comes back.
    pub r#return: ReturnOf,
    /// What is bought, by the member whose goods come back; it need not be named again.
    pub purchase: Receipt,
}

/// What comes back of which purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ReturnOf {
    /// The purchase.
    pub purchase: PurchaseId,
    /// What comes back of it.
    #[serde(flatten)]
    pub goods: NewReturn,
}

/// What an exchange did; the purchase comes after the return.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Exchange {
    /// The exchange.
    pub id: ExchangeId,
    /// What came back.
    pub r#return: Return,
    /// What was bought.
    pub purchase: Purchase,
}

impl Exchange {
    fn told(outcome: ExchangeOutcome, wording: &Wording) -> Self {
        Self {
            id: outcome.id,
            r#return: Return::from(outcome.back),
            purchase: Purchase::told(outcome.bought, wording),
        }
    }
}

/// Exchange goods.
///
/// The return takes effect first, so that what it gives back can pay for the purchase. Both are written or neither
/// is; each is one step of the member's ledger.
#[utoipa::path(
    post,
    path = "/v1/exchanges",
    operation_id = "exchange_goods",
    tag = "purchases",
    params(
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `ja`, by quality; the language of every `detail`"),
    ),
    request_body(content = NewExchange, description = "What comes back, and what is bought"),
    responses((status = 201, description = "Recorded; also the answer to a repeat with the same key", body = Exchange), Problems),
    extensions(("x-scopes" = json!(["purchases:write"])))
)]
pub(crate) async fn exchange(
    app: Data<App>,
    caller: Caller<PurchasesWrite>,
    key: IdempotencyKey,
    language: Language,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewExchange = body.json(MAX_BODY_BYTES).await?;
    let content = idempotency::content("exchange", &new)?;
    let NewExchange { r#return, purchase } = new;
    let goods = r#return.goods.goods("/return")?;
    caller.check_store(&purchase.store)?;
    let bought = recorded(&app.db, &caller, r#return.purchase).await;
    let bought = bought.map_err(|problem| unknown_purchase(&problem))?;
    let owner = bought.member();
    let bought_by = Receipt {
        member: purchase.member.clone().or(owner.map(MemberRef::Id)),
        ..purchase.clone()
    };
    bought_by.check(Purpose::Purchase).map_err(|mut faults| {
        for fault in &mut faults {
            fault.pointer.insert_str(0, "/purchase");
        }
        Problem::invalid(faults)
    })?;
    let is_members = is_by(&app, &caller, purchase.member.as_ref(), owner).await?;
    let points = purchase.points_wished();
    let asked = (goods, r#return.goods.occurred_at, r#return.goods.reason);
    let submission = Submission {
        tenant: caller.tenant,
        receipt: None,
        actor: caller.key,
        key: key.hash(),
        content,
        member: owner.map(LookUp::Id),
        command: Command::Exchange(Box::new(ExchangeGoods {
            seed: clock::new_id(),
            back: command(clock::new_id(), bought, asked),
            bought: Command::Purchase(RecordPurchase {
                seed: clock::new_id(),
                receipt: purchase,
                quote: false,
            }),
            is_members,
        })),
    };
    let wording = Wording::of(&app, caller.tenant, language).await?;
    let answer = app.submit_counted(&caller, points, submission).await?;
    let Outcome::Exchange(outcome) = answer.outcome else {
        return Err(Problem::internal(
            &"an exchange was answered as something else",
        ));
    };
    let mut response = HttpResponse::Created();
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    language.name_in(&mut response);
    Ok(response.json(Exchange::told(*outcome, &wording)))
}

/// A purchase that is named in the body and is not there.
fn unknown_purchase(problem: &Problem) -> Problem {
    if problem.kind != crate::problem::ProblemKind::NotFound {
        return problem.clone();
    }
    let detail = "No purchase is known under this id.";
    let fault = Fault::new("/return/purchase", FaultCode::UnknownReference, detail);
    Problem::invalid(vec![fault])
}

/// Whether the purchase is by the member of the return, who need not be named; another one than that is refused.
async fn is_by(
    app: &App,
    caller: &Caller<PurchasesWrite>,
    named: Option<&MemberRef>,
    owner: Option<MemberId>,
) -> Result<bool, Problem> {
    let Some(named) = named else {
        return Ok(owner.is_some());
    };
    let invalid = |code, detail| {
        let fault = Fault::new("/purchase/member", code, detail);
        Problem::invalid(vec![fault])
    };
    let look_up = app.look_ups.look_up(caller.tenant, named)?;
    let found = member_of(&app.db, caller.tenant, look_up).await?;
    let unknown = "No member is known under this identifier.";
    let member = found.ok_or_else(|| invalid(FaultCode::UnknownReference, unknown))?;
    if Some(member) == owner {
        return Ok(true);
    }
    let other = "An exchange is by the member whose goods come back; leave the member out, or send a return and a \
                 purchase.";
    Err(invalid(FaultCode::InvalidValue, other))
}
