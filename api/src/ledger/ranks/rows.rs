//! What a batch writes of ranks.

use std::collections::{BTreeMap, HashSet};

use domain::id::{MemberId, PurchaseId};
use domain::rank::{LadderState, RankChange, RankUpdate};
use jiff::Timestamp;
use uuid::Uuid;

use super::statements::{InsertRankChanges, InsertRanks, UpdateRanks};
use crate::db::time::maybe;
use crate::db::{DbError, TenantConn};
use crate::ledger::append::{exactly, told};
use crate::outbox;

/// A member's ladder.
type Key = (MemberId, String);

/// The rows of ranks of one batch.
#[derive(Debug, Default)]
pub(in crate::ledger) struct RankRows {
    there: HashSet<Key>,
    states: BTreeMap<Key, LadderState>,
    changes: Vec<ChangeRow>,
    is_told: bool,
}

#[derive(Debug)]
struct ChangeRow {
    member: MemberId,
    recorded_at: Timestamp,
    actor: Uuid,
    change: RankChange,
}

impl RankRows {
    /// Nothing yet; `there` are ladders that have a row.
    pub(in crate::ledger) fn after(there: HashSet<Key>) -> Self {
        Self {
            there,
            ..Self::default()
        }
    }

    /// The same rows, with an event for each change where somebody wants to hear of it.
    pub(in crate::ledger) fn told(mut self, is_told: bool) -> Self {
        self.is_told = is_told;
        self
    }

    /// Add what one decision changes.
    pub(in crate::ledger) fn add(
        &mut self,
        update: RankUpdate,
        recorded_at: Timestamp,
        actor: Uuid,
    ) {
        let member = update.member;
        for (ladder, state) in update.ladders {
            self.states.insert((member, ladder), state);
        }
        let changes = update.changes.into_iter();
        self.changes.extend(changes.map(|change| ChangeRow {
            member,
            recorded_at,
            actor,
            change,
        }));
    }

    /// Write what was added; the members are locked.
    pub(in crate::ledger) async fn write(self, tx: &TenantConn) -> Result<(), DbError> {
        let tenant = tx.number();
        let there = self.there;
        let states = self.states.into_iter();
        let (old, new): (Vec<_>, Vec<_>) = states.partition(|(key, _)| there.contains(key));
        let told = self.changes.iter();
        let told = told.filter(|row| self.is_told && row.change.is_seen());
        let told = told.map(|row| told::rank(row.member, &row.change, row.recorded_at));
        let told = told.collect();
        let (olds, news, changes) = (old.len(), new.len(), self.changes.len());
        let insert = insert_changes(tenant, self.changes)?;
        let written = tokio::join!(
            exactly(olds, update_ranks(tenant, old).run(tx)),
            exactly(news, insert_ranks(tenant, new).run(tx)),
            exactly(changes, insert.run(tx)),
            outbox::write(tx, told),
        );
        DbError::cause(<[_; 4]>::from(written))
    }
}

fn insert_ranks(tenant: i64, rows: Vec<(Key, LadderState)>) -> InsertRanks {
    let UpdateRanks {
        tenant,
        member,
        ladder,
        earned,
        earned_on,
        manual,
        manual_until,
        since,
        changes,
        reviewed_on,
        is_late,
    } = update_ranks(tenant, rows);
    InsertRanks {
        tenant,
        member,
        ladder,
        earned,
        earned_on,
        manual,
        manual_until,
        since,
        changes,
        reviewed_on,
        is_late,
    }
}

fn update_ranks(tenant: i64, rows: Vec<(Key, LadderState)>) -> UpdateRanks {
    let n = rows.len();
    let mut columns = UpdateRanks {
        tenant,
        member: Vec::with_capacity(n),
        ladder: Vec::with_capacity(n),
        earned: Vec::with_capacity(n),
        earned_on: Vec::with_capacity(n),
        manual: Vec::with_capacity(n),
        manual_until: Vec::with_capacity(n),
        since: Vec::with_capacity(n),
        changes: Vec::with_capacity(n),
        reviewed_on: Vec::with_capacity(n),
        is_late: Vec::with_capacity(n),
    };
    for ((member, ladder), state) in rows {
        let (manual, until) = match state.manual {
            Some(manual) => (Some(manual.code), manual.until),
            None => (None, None),
        };
        columns.member.push(member.uuid());
        columns.ladder.push(ladder);
        columns.earned.push(state.earned);
        columns.earned_on.push(state.earned_on.map(Into::into));
        columns.manual.push(manual);
        columns.manual_until.push(until.map(Into::into));
        columns.since.push(maybe(state.since));
        columns.changes.push(state.changes);
        columns.reviewed_on.push(state.reviewed_on.map(Into::into));
        columns.is_late.push(state.is_late);
    }
    columns
}

fn insert_changes(tenant: i64, rows: Vec<ChangeRow>) -> Result<InsertRankChanges, DbError> {
    let n = rows.len();
    let mut columns = InsertRankChanges {
        tenant,
        member: Vec::with_capacity(n),
        ladder: Vec::with_capacity(n),
        number: Vec::with_capacity(n),
        code: Vec::with_capacity(n),
        previous: Vec::with_capacity(n),
        effective_at: Vec::with_capacity(n),
        recorded_at: Vec::with_capacity(n),
        cause: Vec::with_capacity(n),
        purchase: Vec::with_capacity(n),
        until: Vec::with_capacity(n),
        reason: Vec::with_capacity(n),
        numbers: Vec::with_capacity(n),
        program_version: Vec::with_capacity(n),
        version: Vec::with_capacity(n),
        actor: Vec::with_capacity(n),
    };
    for row in rows {
        let change = row.change;
        let numbers = serde_json::to_string(&change.numbers);
        let numbers = numbers.map_err(|error| DbError::Failed(error.to_string()))?;
        columns.member.push(row.member.uuid());
        columns.ladder.push(change.ladder);
        columns.number.push(change.number);
        columns.code.push(change.code);
        columns.previous.push(change.previous);
        columns.effective_at.push(change.effective_at.into());
        columns.recorded_at.push(row.recorded_at.into());
        columns.cause.push(change.cause.as_str());
        columns.purchase.push(change.purchase.map(PurchaseId::uuid));
        columns.until.push(change.until.map(Into::into));
        columns.reason.push(change.reason);
        columns.numbers.push(numbers);
        columns.program_version.push(change.program_version);
        columns.version.push(change.version);
        columns.actor.push(row.actor);
    }
    Ok(columns)
}
