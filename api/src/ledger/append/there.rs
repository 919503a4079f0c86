//! What is there before a batch: rows that are known to exist are updated, which costs half of an upsert.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::id::MemberId;
use domain::ledger::{DayDelta, WalletState};
use domain::member::MemberFacts;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::ledger::facts::{LedgerRow, Members};

/// Wallets as they are after the batch.
pub(super) type Wallets = BTreeMap<(MemberId, String), WalletState>;
/// What the batch adds to business dates.
pub(super) type Days = BTreeMap<(MemberId, Date), DayDelta>;

/// A member's ledger after the batch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LedgerEnd {
    pub(super) version: i64,
    pub(super) recorded_at: Timestamp,
    /// A business date that it counted for, if any.
    pub(super) last_day: Option<Date>,
}

/// Rows that exist. What is not named here may exist or not.
#[derive(Debug, Default)]
pub(in crate::ledger) struct There {
    wallets: HashSet<(MemberId, String)>,
    days: HashMap<MemberId, Date>,
    ranks: HashSet<(MemberId, String)>,
}

impl There {
    /// Of members that were locked and looked at.
    pub(in crate::ledger) fn of(locked: &[LedgerRow], members: &Members) -> Self {
        let day = |(member, _, _, day): &LedgerRow| {
            Some((MemberId::from_uuid(*member), Date::from((*day)?)))
        };
        let wallets = |facts: &MemberFacts| {
            let member = facts.member;
            let codes = facts.wallets.keys().cloned();
            codes.map(move |code| (member, code)).collect::<Vec<_>>()
        };
        let ranks = |facts: &MemberFacts| {
            let member = facts.member;
            let ladders = facts.ranks.ladders.keys().cloned();
            ladders
                .map(move |ladder| (member, ladder))
                .collect::<Vec<_>>()
        };
        Self {
            ranks: members.values().flat_map(ranks).collect(),
            wallets: members.values().flat_map(wallets).collect(),
            days: locked.iter().filter_map(day).collect(),
        }
    }

    /// Ladders of members that have a row.
    pub(in crate::ledger) fn take_ranks(&mut self) -> HashSet<(MemberId, String)> {
        std::mem::take(&mut self.ranks)
    }

    /// Those that exist, and the others.
    pub(super) fn part_wallets(&self, wallets: Wallets) -> (Wallets, Wallets) {
        wallets
            .into_iter()
            .partition(|(wallet, _)| self.wallets.contains(wallet))
    }

    /// Those that exist, and the others.
    pub(super) fn part_days(&self, days: Days) -> (Days, Days) {
        days.into_iter()
            .partition(|((member, date), _)| self.days.get(member) == Some(date))
    }
}
