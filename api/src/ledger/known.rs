//! What was recorded before under the same key, till identity or reference, so that a repeat gets
//! the first answer and never a second effect.

use std::collections::HashMap;

use domain::calendar::business_date;
use domain::catalog::Catalog;
use domain::decide::{Command, Outcome};
use domain::receipt::Receipt;
use uuid::Uuid;

use super::kept::{PURCHASE, REDEMPTION, read_outcome, unreadable};
use super::statements::{KnownReceipts, KnownReferences};
use super::{Answer, Replay, Submission};
use crate::db::{DbError, TenantConn};
use crate::idempotency::{KnownKeys, Refused, digest};
use crate::problem::{Problem, ProblemKind};

/// What happened under a key, till identity or reference.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    content: Uuid,
    result: Result<Outcome, Refused>,
    /// What a repeat under the same key is: the first answer may have been one under the identity already.
    replay: Replay,
}

/// What this batch just did under a key, till identity or reference.
#[derive(Debug, Clone, Copy)]
struct Noted {
    content: Uuid,
    /// Which of the batch's answers.
    answer: usize,
}

/// The answers of a batch so far, in its order.
pub(super) type Answers = Vec<Result<Answer, Problem>>;

/// Everything that was recorded before and could be meant again.
#[derive(Debug, Default)]
pub(super) struct Known {
    keys: HashMap<Uuid, Recorded>,
    identities: HashMap<Uuid, Recorded>,
    noted_keys: HashMap<Uuid, Noted>,
    noted_identities: HashMap<Uuid, Noted>,
}

/// The till's own key: store, terminal, receipt number and business date. None for a store that
/// is not there, or a receipt without a number.
pub fn till_identity(catalog: &Catalog, receipt: &Receipt) -> Option<Uuid> {
    let store = catalog.store(&receipt.store)?;
    let number = receipt.receipt_number.as_ref()?;
    let zone = store
        .time_zone
        .as_ref()
        .unwrap_or(&catalog.settings.time_zone);
    let date = business_date(receipt.occurred_at, zone, catalog.settings.cutovers());
    Some(digest(&[
        b"till",
        store.id.uuid().as_bytes(),
        receipt.terminal.as_bytes(),
        number.as_bytes(),
        date.to_string().as_bytes(),
    ]))
}

/// The identity that a command has beside its key.
pub(super) fn identity(catalog: &Catalog, command: &Command) -> Option<Uuid> {
    match command {
        Command::Purchase(purchase) => till_identity(catalog, &purchase.receipt),
        Command::Exchange(exchange) => identity(catalog, &exchange.bought),
        Command::Redeem(redeem) => redeem.reference.as_deref().map(reference),
        _ => None,
    }
}

/// What is kept of a redemption's reference.
pub(super) fn reference(text: &str) -> Uuid {
    digest(&[b"reference", text.as_bytes()])
}

impl Known {
    /// Look all keys up.
    pub(super) async fn add_keys(
        &mut self,
        tx: &TenantConn,
        keys: Vec<Uuid>,
    ) -> Result<(), DbError> {
        if keys.is_empty() {
            return Ok(());
        }
        for (key, content, refusal, is_repeat, kind, outcome) in (KnownKeys {
            tenant: tx.number(),
            keys,
        })
        .all(tx)
        .await?
        {
            let result = match (refusal, kind.zip(outcome)) {
                (Some(refusal), _) => {
                    Err(serde_json::from_str(&refusal).map_err(|error| unreadable(&error))?)
                }
                (None, Some((kind, outcome))) => Ok(read_outcome(&kind, &outcome)?),
                (None, None) => Err(another_operation()),
            };
            let replay = if is_repeat {
                Replay::OfIdentity
            } else {
                Replay::OfKey
            };
            let recorded = Recorded {
                content,
                result,
                replay,
            };
            self.keys.insert(key, recorded);
        }
        Ok(())
    }

    /// Look till identities and references up.
    pub(super) async fn add_identities(
        &mut self,
        tx: &TenantConn,
        receipts: Vec<Uuid>,
        references: Vec<Uuid>,
    ) -> Result<(), DbError> {
        let tenant = tx.number();
        let receipts = async {
            match receipts.is_empty() {
                true => Ok(Vec::new()),
                false => {
                    let identities = receipts;
                    KnownReceipts { tenant, identities }.all(tx).await
                }
            }
        };
        let references = async {
            match references.is_empty() {
                true => Ok(Vec::new()),
                false => KnownReferences { tenant, references }.all(tx).await,
            }
        };
        let (rows, more) = tokio::try_join!(biased; receipts, references)?;
        let rows = rows.into_iter().map(|row| (PURCHASE, row));
        let rows = rows.chain(more.into_iter().map(|row| (REDEMPTION, row)));
        for (kind, (identity, content, outcome)) in rows {
            let result = Ok(read_outcome(kind, &outcome)?);
            let replay = Replay::OfIdentity;
            let recorded = Recorded {
                content,
                result,
                replay,
            };
            self.identities.insert(identity, recorded);
        }
        Ok(())
    }

    /// Add what was found under identities.
    pub(super) fn join(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.identities.extend(other.identities);
    }

    /// Whether something was recorded under one of the identities.
    pub(super) fn has_identities(&self) -> bool {
        !self.identities.is_empty()
    }

    /// The answer to a command whose key was used before.
    pub(super) fn by_key(
        &self,
        submission: &Submission,
        answers: &Answers,
    ) -> Option<Result<Answer, Problem>> {
        let noted = self.noted_keys.get(&submission.key);
        let noted = noted.and_then(|noted| noted.recorded(answers));
        let recorded = noted.as_ref().or_else(|| self.keys.get(&submission.key))?;
        if recorded.content != submission.content {
            return Some(Err(another_operation().into()));
        }
        Some(match &recorded.result {
            Ok(outcome) => Ok(Answer {
                outcome: outcome.clone(),
                replay: Some(recorded.replay),
            }),
            Err(refused) => Err(Problem::from(refused.clone()).repeated()),
        })
    }

    /// The answer to a command whose till identity or reference was used before.
    pub(super) fn by_identity(
        &self,
        submission: &Submission,
        identity: Option<Uuid>,
        answers: &Answers,
    ) -> Option<Result<Answer, Problem>> {
        let identity = identity?;
        let noted = self.noted_identities.get(&identity);
        let noted = noted.and_then(|noted| noted.recorded(answers));
        let recorded = noted.as_ref().or_else(|| self.identities.get(&identity))?;
        if recorded.content != submission.content {
            return Some(Err(already_used(&submission.command)));
        }
        let outcome = recorded.result.clone().ok()?;
        Some(Ok(Answer {
            outcome,
            replay: Some(Replay::OfIdentity),
        }))
    }

    /// Note that this batch's answer number `answer` is what a repeat within the batch gets.
    pub(super) fn note(&mut self, submission: &Submission, identity: Option<Uuid>, answer: usize) {
        let noted = Noted {
            content: submission.content,
            answer,
        };
        if let Some(identity) = identity {
            self.noted_identities.insert(identity, noted);
        }
        self.noted_keys.insert(submission.key, noted);
    }
}

impl Noted {
    fn recorded(self, answers: &Answers) -> Option<Recorded> {
        let (result, replay) = match answers.get(self.answer)? {
            Ok(answer) => (Ok(answer.outcome.clone()), answer.replay),
            Err(problem) => (Err(Refused::of(problem)), None),
        };
        Some(Recorded {
            content: self.content,
            result,
            replay: replay.unwrap_or(Replay::OfKey),
        })
    }
}

/// The key guards something else, be it of this operation or of another one.
fn another_operation() -> Refused {
    Refused {
        kind: ProblemKind::IdempotencyKeyReused,
        detail: "This Idempotency-Key was used for a request with another content. \
                 Use a fresh key for a new request."
            .into(),
    }
}

fn already_used(command: &Command) -> Problem {
    match command {
        Command::Purchase(_) | Command::Exchange(_) => Problem::new(
            ProblemKind::ReceiptNumberUsed,
            "The store's terminal already sent another receipt with this number on this business date.",
        ),
        _ => Problem::new(
            ProblemKind::ReferenceUsed,
            "This reference was already used for another redemption.",
        ),
    }
}
