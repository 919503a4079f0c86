//! The facts about one member that a rule may see. The caller loads them under lock; folding the
//! decisions of a batch over them gives what a fresh load would.

use crate::amount::Points;
use crate::catalog::Catalog;
use crate::code::Code;
use crate::decide::{Command, Decision};
use crate::history::History;
use crate::id::{LotId, MemberId};
use crate::ledger::{Balance, Transaction};
use crate::lot::Lot;
use crate::rank::RankFacts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

#[cfg(test)]
mod tests;

/// Where a member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// Earns and spends.
    Active,
    /// Closed by the tenant.
    Closed,
    /// Part of another member now.
    Merged,
    /// Its personal data was deleted.
    Erased,
}

/// What the ledger knows of one wallet of a member.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WalletFacts {
    /// The sum of its open active lots, swept or not.
    pub available: Points,
    /// Granted but not active yet.
    pub pending: Points,
    /// Held by reservations.
    pub reserved: Points,
    /// Owed; the next credit repays it first.
    pub deficit: Points,
    /// The earliest expiry among lots with points left; maybe too early, never too late.
    pub next_expires_at: Option<Timestamp>,
    /// The open lots, when the caller loaded them.
    pub lots: Option<Vec<Lot>>,
}

/// What the ledger knows of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFacts {
    /// Who.
    pub member: MemberId,
    /// Where the member stands.
    pub status: MemberStatus,
    /// Goes up by one with every transaction.
    pub version: i64,
    /// Nothing of this member is recorded before it.
    pub last_recorded_at: Timestamp,
    /// When membership began.
    pub enrolled_at: Timestamp,
    /// By code; a wallet that is absent was never used.
    pub wallets: BTreeMap<String, WalletFacts>,
    /// Lots that are known also while they are empty, since points may come back to them.
    pub recalled: BTreeSet<LotId>,
    /// What was recorded before, as far as `Command::needs` names it.
    pub history: History,
    /// The member's ranks.
    pub ranks: RankFacts,
}

/// The caller must load the open lots of the member first: it asked for something that the sums
/// alone can't answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the open lots of the member were not loaded")]
pub struct LotsNotLoaded;

impl WalletFacts {
    /// What can be spent at `now`: the stored sum without lots whose time is over.
    pub fn spendable(&self, now: Timestamp) -> Result<Points, LotsNotLoaded> {
        if self
            .next_expires_at
            .is_none_or(|expires_at| expires_at > now)
        {
            return Ok(self.available);
        }
        let lots = self.lots.as_ref().ok_or(LotsNotLoaded)?;
        let spendable = lots.iter().filter(|lot| lot.is_spendable(now));
        let points = spendable.fold(0_i64, |sum, lot| sum.saturating_add(lot.remaining.get()));
        Ok(Points::new(points))
    }

    fn balance(&self, wallet: Code, now: Timestamp) -> Result<Balance, LotsNotLoaded> {
        Ok(Balance {
            wallet,
            available: self.spendable(now)?,
            pending: self.pending,
            reserved: self.reserved,
            deficit: self.deficit,
        })
    }
}

impl MemberFacts {
    /// Whether `decide` needs the open lots for this command: it takes or moves them, or some lot
    /// may have expired by now. Ask it for every command of a batch before the first is decided: a
    /// command can't bring back lots that were not loaded.
    #[must_use]
    pub fn needs_lots(&self, catalog: &Catalog, command: &Command, now: Timestamp) -> bool {
        command.takes_points() || command.moves_lots(catalog) || self.has_expired(now)
    }

    /// Whether the points of some lot may be over at `now`, so that the open lots must be known.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        let now = self.ledger_time(now);
        let has_expired = |wallet: &WalletFacts| wallet.next_expires_at.is_some_and(|at| at <= now);
        self.wallets.values().any(has_expired)
    }

    /// The facts that a decision leaves behind.
    #[must_use]
    pub fn after(&self, decision: &Decision) -> Self {
        let mut facts = self.clone();
        if let Some(transaction) = &decision.transaction {
            facts.apply(transaction);
        }
        if let Some(update) = &decision.ranks {
            facts.ranks.apply(update);
        }
        facts
    }

    /// Every wallet of the program in force at `now`, in document order and also at 0, then other
    /// wallets that the member holds.
    pub fn balances(
        &self,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<Vec<Balance>, LotsNotLoaded> {
        self.balances_with(catalog, self.ledger_time(now), |_| None)
    }

    /// The same with the balances that `changed` knows better.
    pub(crate) fn balances_with(
        &self,
        catalog: &Catalog,
        now: Timestamp,
        changed: impl Fn(&Code) -> Option<Balance>,
    ) -> Result<Vec<Balance>, LotsNotLoaded> {
        let balance = |code: Code| match changed(&code) {
            Some(balance) => Ok(balance),
            None => match self.wallets.get(code.as_str()) {
                Some(facts) => facts.balance(code, now),
                None => WalletFacts::default().balance(code, now),
            },
        };
        let program = catalog.version_at(now).map(|version| &version.program);
        let listed = program.map_or(&[][..], |program| program.wallets());
        let mut balances = Vec::with_capacity(listed.len());
        for wallet in listed {
            balances.push(balance(wallet.told.clone())?);
        }
        for code in self.wallets.keys() {
            if !listed.iter().any(|wallet| wallet.code == *code) {
                balances.push(balance(Code::from(code))?);
            }
        }
        Ok(balances)
    }

    /// The time at which a command of this member is recorded: never before the last one.
    #[must_use]
    pub fn ledger_time(&self, now: Timestamp) -> Timestamp {
        now.max(self.last_recorded_at)
    }

    /// Changes the facts as the transaction changes the ledger.
    pub(crate) fn apply(&mut self, transaction: &Transaction) {
        self.version = transaction.version;
        self.last_recorded_at = transaction.recorded_at;
        self.history.apply(transaction);
        for state in &transaction.wallets {
            // A wallet that was never used has no lots, so the list of them is complete.
            let unused = || WalletFacts {
                lots: Some(Vec::new()),
                ..WalletFacts::default()
            };
            let wallet = self
                .wallets
                .entry(state.wallet.as_str().to_owned())
                .or_insert_with(unused);
            wallet.available = state.available;
            wallet.pending = state.pending;
            wallet.reserved = state.reserved;
            wallet.deficit = state.deficit;
            wallet.next_expires_at = state.next_expires_at;
            if let Some(lots) = &mut wallet.lots {
                apply_lots(lots, state.wallet.as_str(), (&self.recalled, transaction));
            }
        }
    }
}

fn apply_lots(
    lots: &mut Vec<Lot>,
    wallet: &str,
    (recalled, transaction): (&BTreeSet<LotId>, &Transaction),
) {
    for change in transaction
        .lots_changed
        .iter()
        .filter(|change| change.lot.wallet == wallet)
    {
        if let Some(lot) = lots.iter_mut().find(|lot| lot.id == change.lot.id) {
            lot.clone_from(&change.lot);
        }
    }
    lots.retain(|lot| lot.is_open() || recalled.contains(&lot.id));
    let opened = transaction.lots_opened.iter();
    let opened = opened.filter(|lot| lot.wallet == wallet && lot.is_open());
    lots.extend(opened.cloned());
}
