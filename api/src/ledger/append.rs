//! What a batch writes: every decision's rows, gathered by table, then one statement a table. Each
//! statement must touch exactly the rows that were decided, or nothing is committed.

mod columns;
mod days;
mod held;
mod limits;
mod operation;
mod row;
mod there;
pub(super) mod told;
mod whole;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;

use domain::decide::{EventOutcome, PurchaseOutcome, RedemptionOutcome};
use domain::id::{LotId, MemberId, StoreId};
use domain::ledger::{LotChange, Transaction};
use domain::lot::Lot;
use domain::rank::RankUpdate;
use jiff::Timestamp;
use uuid::Uuid;

use columns::{
    add_days, insert_events, insert_operations, insert_redemptions, move_lots, update_lots,
};
use days::EarlierDays;
use held::HeldRows;
use limits::LimitRows;
pub(super) use row::Step;
use row::{ChangedLot, EventRow, KeyRow, OperationRow, PurchaseHead, PurchaseRow, RedemptionRow};
use there::LedgerEnd;
pub(super) use there::There;
use whole::Whole;

use super::Submission;
use super::ranks::RankRows;
use crate::db::{DbError, TenantConn};
use crate::idempotency::Refused;
use crate::json;
use crate::outbox::{self, Event};

/// The rows of one batch. A lot that is opened and spent from in the same batch is written once, as it ends.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The database's time, whatever the tenant's clock says: keys are kept for real days.
    keyed_at: Timestamp,
    keys: Vec<KeyRow>,
    purchases: Vec<PurchaseRow>,
    redemptions: Vec<RedemptionRow>,
    events: Vec<EventRow>,
    operations: Vec<OperationRow>,
    held: HeldRows,
    transactions: Vec<(Transaction, Uuid)>,
    opened: Vec<(MemberId, Lot)>,
    opened_at: HashMap<LotId, usize>,
    changed: BTreeMap<(MemberId, LotId), ChangedLot>,
    ledgers: BTreeMap<MemberId, LedgerEnd>,
    days: EarlierDays,
    limits: LimitRows,
    ranks: RankRows,
    there: There,
    /// Somebody wants to hear of what happens.
    is_told: bool,
}

impl Rows {
    /// No rows yet, of members that were locked and looked at; the budgets of `kept` have rows, which are locked.
    pub(super) fn new(keyed_at: Timestamp, kept: BTreeSet<String>, mut there: There) -> Self {
        Self {
            keyed_at,
            limits: LimitRows::after(kept),
            ranks: RankRows::after(there.take_ranks()),
            there,
            ..Self::default()
        }
    }

    /// The same rows, with an event for each thing that happens where somebody wants to hear of it.
    pub(super) fn told(mut self, is_told: bool) -> Self {
        self.is_told = is_told;
        self.ranks = self.ranks.told(is_told);
        self
    }

    /// Nothing is to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// A refusal that repeats under its key.
    pub(super) fn refuse(
        &mut self,
        submission: &Submission,
        refused: &Refused,
    ) -> Result<(), DbError> {
        let refusal =
            serde_json::to_value(refused).map_err(|error| DbError::Failed(error.to_string()))?;
        self.keys.push(KeyRow {
            key: submission.key,
            content: submission.content,
            subject: None,
            refusal: Some(refusal),
            recorded_at: self.keyed_at,
        });
        Ok(())
    }

    /// The key under which `subject` was made.
    fn key(&mut self, submission: &Submission, subject: Uuid) {
        self.keys.push(KeyRow {
            key: submission.key,
            content: submission.content,
            subject: Some(subject),
            refusal: None,
            recorded_at: self.keyed_at,
        });
    }

    /// An accepted receipt. It is kept with the member's id in place of whatever named the member:
    /// nothing personal may stand here.
    pub(super) fn purchase(
        &mut self,
        submission: &Submission,
        outcome: &PurchaseOutcome,
        (store, till_identity): (StoreId, Uuid),
    ) -> Result<(), DbError> {
        let unwritable = |error: serde_json::Error| DbError::Failed(error.to_string());
        let written = submission.receipt.as_ref().ok_or_else(|| {
            DbError::Failed("a receipt was accepted that nobody had written".into())
        })?;
        self.key(submission, outcome.id.uuid());
        self.purchases.push(PurchaseRow {
            till_identity,
            content: submission.content,
            store,
            actor: submission.actor.uuid(),
            receipt: written.kept(outcome.member_id).map_err(unwritable)?,
            outcome: json::text(outcome).map_err(unwritable)?,
            head: PurchaseHead {
                id: outcome.id.uuid(),
                member: outcome.member_id.map(MemberId::uuid),
                business_date: outcome.business_date,
                occurred_at: outcome.occurred_at,
                recorded_at: outcome.recorded_at,
            },
        });
        Ok(())
    }

    /// Points taken outside a receipt.
    pub(super) fn redemption(
        &mut self,
        submission: &Submission,
        redemption: &RedemptionOutcome,
        recorded_at: Timestamp,
    ) -> Result<(), DbError> {
        self.key(submission, redemption.id.uuid());
        self.held.made(redemption);
        self.redemptions.push(RedemptionRow {
            id: redemption.id.uuid(),
            member: redemption.member_id.uuid(),
            reference: redemption.reference.as_deref().map(super::known::reference),
            content: submission.content,
            occurred_at: redemption.occurred_at,
            recorded_at,
            actor: submission.actor.uuid(),
            outcome: serde_json::to_string(redemption)
                .map_err(|error| DbError::Failed(error.to_string()))?,
        });
        Ok(())
    }

    /// What happened to a purchase.
    pub(super) fn event(
        &mut self,
        submission: &Submission,
        outcome: &EventOutcome,
        recorded_at: Timestamp,
    ) -> Result<(), DbError> {
        self.key(submission, outcome.id.uuid());
        self.events.push(EventRow {
            id: outcome.id.uuid(),
            purchase: outcome.purchase_id.uuid(),
            member: outcome.member_id.uuid(),
            event: outcome.event.clone(),
            occurred_at: outcome.occurred_at,
            recorded_at,
            actor: submission.actor.uuid(),
            outcome: serde_json::to_string(outcome)
                .map_err(|error| DbError::Failed(error.to_string()))?,
        });
        Ok(())
    }

    /// One version step of a member.
    pub(super) fn transaction(
        &mut self,
        transaction: Transaction,
        actor: Uuid,
    ) -> Result<(), DbError> {
        let member = transaction.member;
        for lot in &transaction.lots_opened {
            self.opened_at.insert(lot.id, self.opened.len());
            self.opened.push((member, lot.clone()));
        }
        for change in &transaction.lots_changed {
            match self
                .opened_at
                .get(&change.lot.id)
                .and_then(|at| self.opened.get_mut(*at))
            {
                Some((_, lot)) => lot.clone_from(&change.lot),
                None => self.change(member, change),
            }
        }
        let end = match self.ledgers.entry(member) {
            Entry::Occupied(end) => end.into_mut(),
            Entry::Vacant(end) => {
                let before = self.there.take_ledger(member);
                end.insert(before.ok_or_else(|| {
                    DbError::Failed("a member was decided for without its ledger".into())
                })?)
            }
        };
        for wallet in &transaction.wallets {
            let code = wallet.wallet.as_str();
            match end.wallets.get_mut(code) {
                Some(held) => *held = wallet.into(),
                None => {
                    end.wallets.insert(code.to_owned(), wallet.into());
                }
            }
        }
        end.version = transaction.version;
        end.recorded_at = transaction.recorded_at;
        if let Some(day) = transaction.day {
            let counted = self.days.count(member, &mut end.day, day);
            counted.map_err(|_overflow| {
                DbError::Failed("the counters of a day are out of range".into())
            })?;
        }
        self.limits.add(&transaction)?;
        self.transactions.push((transaction, actor));
        Ok(())
    }

    /// What a decision changes of a member's ranks.
    pub(super) fn rank(&mut self, update: RankUpdate, recorded_at: Timestamp, actor: Uuid) {
        self.ranks.add(update, recorded_at, actor);
    }

    fn change(&mut self, member: MemberId, change: &LotChange) {
        let key = (member, change.lot.id);
        let row = self.changed.entry(key).or_insert_with(|| ChangedLot {
            expired_at: change.expired_at,
            is_moved: false,
            lot: change.lot.clone(),
        });
        row.is_moved |= change.is_moved;
        row.lot.clone_from(&change.lot);
    }

    /// Two nodes that insert the same unique keys must do so in the same order.
    fn sort(&mut self) {
        self.keys.sort_unstable_by_key(|row| row.key);
        self.purchases.sort_unstable_by_key(|row| row.till_identity);
        self.redemptions.sort_unstable_by_key(|row| row.reference);
        self.operations.sort_unstable_by_key(|row| row.step.subject);
    }

    /// What those hear of it who want to.
    fn events_told(&self) -> Vec<Event> {
        if self.is_told {
            told::of(&self.transactions, &self.purchases)
        } else {
            Vec::new()
        }
    }

    /// Write everything in one flight and compare every row count with what was decided.
    pub(super) async fn write(mut self, tx: &TenantConn) -> Result<(), DbError> {
        self.sort();
        let events_told = self.events_told();
        let (events, operations) = (self.events.len(), self.operations.len());
        let redemptions = self.redemptions.len();
        let changed = std::mem::take(&mut self.changed);
        let (moved, changed): (Vec<_>, Vec<_>) =
            changed.into_iter().partition(|(_, row)| row.is_moved);
        let days = self.days.into_rows();
        let tenant = tx.number();
        let (transactions, moves) = columns::transactions(self.transactions)?;
        let (ledgers, wallets) = columns::ledgers(self.ledgers)?;
        let whole = Whole {
            tenant,
            keys: columns::keys(self.keys),
            purchases: columns::purchases(self.purchases),
            transactions,
            moves,
            lots: columns::lots(self.opened),
            ledgers,
            wallets,
        };
        // Every answer is awaited: of statements in flight together, only the one that failed first
        // says why, and which answer is seen first is chance.
        let written = tokio::join!(
            whole.write(tx),
            exactly(
                redemptions,
                insert_redemptions(tenant, self.redemptions).run(tx)
            ),
            exactly(changed.len(), update_lots(tenant, changed).run(tx)),
            exactly(moved.len(), move_lots(tenant, moved).run(tx)),
            exactly(events, insert_events(tenant, self.events).run(tx)),
            exactly(
                operations,
                insert_operations(tenant, self.operations).run(tx)
            ),
            Box::pin(both(
                both(
                    exactly(days.len(), add_days(tenant, days).run(tx)),
                    self.limits.write(tx)
                ),
                both(
                    self.held.write(tx),
                    both(self.ranks.write(tx), outbox::write(tx, events_told)),
                ),
            )),
        );
        DbError::cause(<[_; 7]>::from(written))
    }
}

/// Two that belong together, in flight with the rest.
async fn both(
    first: impl Future<Output = Result<(), DbError>>,
    second: impl Future<Output = Result<(), DbError>>,
) -> Result<(), DbError> {
    DbError::cause(<[_; 2]>::from(tokio::join!(first, second)))
}

/// Run a statement unless it has nothing to do; it must touch `expected` rows.
pub(super) async fn exactly(
    expected: usize,
    statement: impl Future<Output = Result<usize, DbError>>,
) -> Result<(), DbError> {
    if expected == 0 {
        return Ok(());
    }
    match statement.await? {
        touched if touched == expected => Ok(()),
        touched => Err(DbError::Failed(format!(
            "{touched} rows were written instead of {expected}"
        ))),
    }
}
