//! A command under a new key whose till identity or reference is known: from then on the key stands for
//! what was said under it, like any other.

use diesel::sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid};
use domain::decide::Outcome;
use jiff::Timestamp;
use uuid::Uuid;

use super::Deciding;
use crate::db::time::SqlInstant;
use crate::db::{DbError, TenantConn};
use crate::ledger::append::exactly;
use crate::ledger::{Answer, Submission};
use crate::problem::Problem;
use crate::statement;

/// Keys of a batch under which something was said once more.
#[derive(Debug)]
pub(super) struct Repeated {
    keys: Vec<Uuid>,
    contents: Vec<Uuid>,
    repeats: Vec<Uuid>,
    /// The database's time, since keys are kept for real days.
    keyed_at: Timestamp,
}

impl Repeated {
    /// None yet.
    pub(super) const fn at(keyed_at: Timestamp) -> Self {
        Self {
            keys: Vec::new(),
            contents: Vec::new(),
            repeats: Vec::new(),
            keyed_at,
        }
    }

    fn add(&mut self, submission: &Submission, repeats: Uuid) {
        self.keys.push(submission.key);
        self.contents.push(submission.content);
        self.repeats.push(repeats);
    }

    /// Write them. Repeats are rare, so that they pay for a statement of their own.
    pub(super) async fn write(self, tx: &TenantConn) -> Result<(), DbError> {
        let rows = self.keys.len();
        let insert = InsertRepeats {
            tenant: tx.number(),
            key: self.keys,
            content: self.contents,
            repeats: self.repeats,
            recorded_at: self.keyed_at.into(),
        };
        exactly(rows, insert.run(tx)).await
    }
}

impl Deciding {
    /// The answer to a command whose till identity or reference was used before.
    pub(super) fn repeated(
        &mut self,
        submission: &Submission,
        identity: Option<Uuid>,
    ) -> Result<Option<Result<Answer, Problem>>, DbError> {
        match self.known.by_identity(submission, identity, &self.answers) {
            None => Ok(None),
            Some(Err(problem)) => self.refuse(submission, problem).map(Err).map(Some),
            Some(Ok(answer)) => {
                if let Some(id) = id_of(&answer.outcome) {
                    self.repeated.add(submission, id);
                    self.known.note(submission, None, self.answers.len());
                }
                Ok(Some(Ok(answer)))
            }
        }
    }
}

/// The bits of the id of what has an identity beside its key.
const fn id_of(outcome: &Outcome) -> Option<Uuid> {
    match outcome {
        Outcome::Purchase(outcome) => Some(outcome.id.uuid()),
        Outcome::Redemption(outcome) => Some(outcome.id.uuid()),
        _ => None,
    }
}

statement! {
    /// One row per key under which something was said once more.
    tenant InsertRepeats = "insert into idempotency_keys (tenant_id, key, content_hash, repeats, recorded_at)
        select k.tenant_id, u.*, $5 from tenant_keys k, unnest($2, $3, $4) as u (key, content_hash, repeats)
        where k.tenant_id = $1";
    { tenant: i64 => BigInt, key: Vec<Uuid> => Array<SqlUuid>, content: Vec<Uuid> => Array<SqlUuid>,
      repeats: Vec<Uuid> => Array<SqlUuid>, recorded_at: SqlInstant => Timestamptz }
}
