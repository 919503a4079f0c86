//! Record what a till sold while it was offline: many receipts in one call, each judged alone.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, ReqData};
use domain::amount::Points;
use domain::fault::{Fault, FaultCode};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::answer::Purchase;
use super::batch_item::BatchReceipt;
use super::detail::Wording;
use super::record::{purchase, status_of, submission};
use crate::allowance::Held;
use crate::app::{App, settled};
use crate::auth::scope::PurchasesWrite;
use crate::auth::{Caller, Principal};
use crate::body::Body;
use crate::config::{MAX_BATCH, MAX_RECEIPT_BATCH_BYTES, REQUEST_DEADLINE};
use crate::idempotency::{self, IdempotencyKey};
use crate::language::Language;
use crate::ledger::{Answer, Line, Pending, Submission};
use crate::problem::{Problem, ProblemDocument, ProblemKind, Problems, RequestId};

/// The most receipts of one batch.
const MAX_RECEIPTS: usize = 1_000;
/// Receipts of one call that wait in the ledger's queue at once: as many as it writes together.
const WAVE: usize = MAX_BATCH;
/// How long a wave is handed in again while the ledger gives receipts back.
const PATIENCE: Duration = REQUEST_DEADLINE;
/// Pause before a wave is handed in again.
const PAUSE: Duration = Duration::from_millis(100);

/// The receipts of an offline till.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "the shape of the body, which is read entry by entry"
)]
pub(crate) struct NewPurchases {
    /// In the order in which those of one member are to take effect.
    #[schema(max_items = 1000)]
    purchases: Vec<BatchReceipt>,
}

/// The same with entries that nobody has read yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envelope {
    purchases: Vec<IgnoredAny>,
}

/// What became of each receipt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchResults {
    /// One per receipt, in their order.
    pub results: Vec<BatchResult>,
}

/// What became of one receipt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchResult {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The status that it would have had alone.
    #[schema(minimum = 200, maximum = 599)]
    pub status: u16,
    /// The recorded purchase, with 201 and 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase: Option<Box<Purchase>>,
    /// Why it was not recorded; its pointers start at the receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Box<ProblemDocument>>,
}

/// Record a batch of receipts.
///
/// For tills that were offline: up to 1,000 receipts in one call of at most 4 MiB. Each is recorded
/// or refused as if it had come alone, and one that is refused does not hinder the others. Receipts
/// of one member take effect in the order given. A receipt's idempotency key is the header's key,
/// `:` and its index from 0, unless it carries an `idempotency_key` of its own; the till identity
/// guards it as well. Repeat the call with the same key until no result has a status of 500 or
/// more: what was recorded is answered again and never takes effect twice.
#[utoipa::path(
    post,
    path = "/v1/purchases/batch",
    operation_id = "record_purchases",
    tag = "purchases",
    params(
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `ja`, by quality; the language of every `detail`"),
    ),
    request_body(content = NewPurchases, description = "What the till sold"),
    responses(
        (status = 200, description = "One result per receipt", body = BatchResults),
        Problems,
    ),
    extensions(("x-scopes" = json!(["purchases:write"])))
)]
pub(crate) async fn record_batch(
    app: Data<App>,
    caller: Caller<PurchasesWrite>,
    key: IdempotencyKey,
    request_id: ReqData<RequestId>,
    told: (Language, Body),
) -> Result<HttpResponse, Problem> {
    let (language, body) = told;
    let listing = body.listing::<Envelope>(MAX_RECEIPT_BATCH_BYTES).await?;
    if listing.envelope.purchases.len() > MAX_RECEIPTS {
        return Err(Problem::invalid(vec![Fault::new(
            "/purchases",
            FaultCode::TooMany,
            format!("A batch may have at most {MAX_RECEIPTS} receipts; send the rest in another."),
        )]));
    }
    let entries = listing.entries();
    let batch = Batch {
        app: &app,
        caller: &caller,
        key: &key,
        entries: &entries,
    };
    // Before anything is recorded: afterwards nothing may keep the till from its answer.
    let wording = Wording::of(&app, caller.tenant, language).await?;
    let answers = batch.write().await;
    let is_replay = |answer: &Result<Answer, Problem>| match answer {
        Ok(answer) => answer.replay.is_some(),
        Err(problem) => problem.is_repeated,
    };
    let mut response = HttpResponse::Ok();
    let is_replayed = !answers.is_empty() && answers.iter().all(is_replay);
    idempotency::tell_replay(&mut response, is_replayed);
    language.name_in(&mut response);
    let RequestId(request_id) = request_id.into_inner();
    let results = answers.into_iter().enumerate();
    let results =
        results.map(|(index, answer)| BatchResult::new(index, answer, &wording, &request_id));
    Ok(response.json(BatchResults {
        results: results.collect(),
    }))
}

impl BatchResult {
    fn new(
        index: usize,
        answer: Result<Answer, Problem>,
        wording: &Wording,
        request_id: &str,
    ) -> Self {
        let told = answer.and_then(|answer| {
            let status = status_of(answer.replay).as_u16();
            Ok((status, purchase(answer.outcome, wording)?))
        });
        match told {
            Ok((status, purchase)) => Self {
                index,
                status,
                purchase: Some(Box::new(purchase)),
                problem: None,
            },
            Err(problem) => Self {
                index,
                status: problem.kind.status(),
                purchase: None,
                problem: Some(Box::new(problem.document(request_id))),
            },
        }
    }
}

/// The receipts of one call on their way to the ledger.
struct Batch<'a> {
    app: &'a App,
    caller: &'a Principal,
    key: &'a IdempotencyKey,
    entries: &'a [&'a [u8]],
}

impl Batch<'_> {
    /// Every receipt's own answer. A wave that can't be written in time ends the tries: what comes
    /// after it may not overtake it.
    async fn write(&self) -> Vec<Result<Answer, Problem>> {
        let mut answers = Vec::with_capacity(self.entries.len());
        while answers.len() < self.entries.len() {
            let from = answers.len();
            let to = from.saturating_add(WAVE).min(self.entries.len());
            let wave = self.write_wave((from..to).collect()).await;
            let is_stuck = wave.iter().any(is_given_back);
            answers.extend(wave);
            if is_stuck {
                let left = self.entries.len().saturating_sub(to);
                answers.extend(std::iter::repeat_with(|| Err(not_tried())).take(left));
            }
        }
        answers
    }

    /// A full queue gives receipts back; they and those behind them are handed in again, in order.
    async fn write_wave(&self, indexes: Vec<usize>) -> Vec<Result<Answer, Problem>> {
        let began = Instant::now();
        let mut answers = self.hand_in(&indexes).await;
        loop {
            let given_back = answers.iter().zip(&indexes);
            let again: Vec<usize> = given_back
                .filter(|(answer, _)| is_given_back(answer))
                .map(|(_, index)| *index)
                .collect();
            if again.is_empty() || began.elapsed() > PATIENCE {
                return answers;
            }
            tokio::time::sleep(PAUSE).await;
            let second = self.hand_in(&again).await;
            let open = answers.iter_mut().filter(|answer| is_given_back(answer));
            for (answer, second) in open.zip(second) {
                *answer = second;
            }
        }
    }

    /// Hand all in, one behind the other, and wait for all answers.
    async fn hand_in(&self, indexes: &[usize]) -> Vec<Result<Answer, Problem>> {
        let count = u32::try_from(indexes.len()).unwrap_or(u32::MAX);
        let _room = match self.app.ledger.room_for(count).await {
            Ok(room) => room,
            Err(problem) => return indexes.iter().map(|_| Err(problem.clone())).collect(),
        };
        let line = Line::default();
        let mut pending = Vec::with_capacity(indexes.len());
        for index in indexes {
            pending.push(self.begin(*index, &line).await);
        }
        let mut answers = Vec::with_capacity(indexes.len());
        for pending in pending {
            answers.push(match pending {
                Ok((held, pending)) => settled(held, pending.answer().await).await,
                Err(problem) => Err(problem),
            });
        }
        answers
    }

    /// Hand one in, when the points that pay for it are counted like those of a call of its own.
    async fn begin(&self, index: usize, line: &Line) -> Result<(Held, Pending), Problem> {
        let (submission, points) = self.submission(index)?;
        let allowances = &self.app.allowances;
        let held = allowances.hold(self.caller, submission.key, points).await;
        let held = held.inspect_err(|problem| {
            if problem.applied().is_some() {
                line.break_off();
            }
        })?;
        match self.app.ledger.hand_in(submission, Some(line.clone())) {
            Ok(pending) => Ok((held, pending)),
            Err(problem) => {
                held.settle(Err(&problem)).await;
                Err(problem)
            }
        }
    }

    fn submission(&self, index: usize) -> Result<(Submission, Points), Problem> {
        let entry = self.entries.get(index).copied().unwrap_or_default();
        let item = BatchReceipt::read(entry)?;
        let key = item.key(|| self.key.of_part(index).hash())?;
        let points = item.receipt.points_wished();
        let submission = submission(self.app, self.caller, key, item.receipt)?;
        Ok((submission, points))
    }
}

/// Whether handing it in again may help: certainly nothing was written, or only a repeat can tell.
fn is_given_back(answer: &Result<Answer, Problem>) -> bool {
    matches!(
        answer,
        Err(Problem {
            kind: ProblemKind::LedgerUnavailable | ProblemKind::OutcomeUnknown,
            ..
        })
    )
}

fn not_tried() -> Problem {
    Problem::new(
        ProblemKind::LedgerUnavailable,
        "Receipts before this one could not be written. Repeat the request with the same key.",
    )
}
