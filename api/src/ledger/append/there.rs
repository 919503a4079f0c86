//! What is there before a batch: rows that are known to exist are updated, which costs half of an upsert.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::id::MemberId;
use domain::ledger::{DayDelta, WalletState};
use domain::member::{MemberFacts, WalletFacts};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::ledger::facts::Members;

/// What a wallet holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) available: i64,
    pub(super) pending: i64,
    pub(super) reserved: i64,
    pub(super) deficit: i64,
    pub(super) next_expires_at: Option<Timestamp>,
}

impl From<&WalletFacts> for Held {
    fn from(wallet: &WalletFacts) -> Self {
        Self {
            available: wallet.available.get(),
            pending: wallet.pending.get(),
            reserved: wallet.reserved.get(),
            deficit: wallet.deficit.get(),
            next_expires_at: wallet.next_expires_at,
        }
    }
}

impl From<&WalletState> for Held {
    fn from(wallet: &WalletState) -> Self {
        Self {
            available: wallet.available.get(),
            pending: wallet.pending.get(),
            reserved: wallet.reserved.get(),
            deficit: wallet.deficit.get(),
            next_expires_at: wallet.next_expires_at,
        }
    }
}

/// Every wallet of a member, by code.
pub(super) type Wallets = BTreeMap<String, Held>;
/// What the batch adds to business dates.
pub(super) type Days = BTreeMap<(MemberId, Date), DayDelta>;

/// A member's ledger after the batch.
#[derive(Debug, Clone, Default)]
pub(super) struct LedgerEnd {
    pub(super) version: i64,
    pub(super) recorded_at: Timestamp,
    /// A business date that it counted for, if any.
    pub(super) last_day: Option<Date>,
    /// All of its wallets, changed or not, since they are written together.
    pub(super) wallets: Wallets,
}

/// Rows that exist. What is not named here may exist or not.
#[derive(Debug, Default)]
pub(in crate::ledger) struct There {
    ledgers: HashMap<MemberId, Wallets>,
    days: HashMap<MemberId, Date>,
    ranks: HashSet<(MemberId, String)>,
}

impl There {
    /// Of members that were locked and looked at, and the business date for which each counted last.
    pub(in crate::ledger) fn of(members: &Members, days: HashMap<MemberId, Date>) -> Self {
        let wallets = |facts: &MemberFacts| {
            let wallets = facts.wallets.iter();
            let held = wallets.map(|(code, wallet)| (code.clone(), Held::from(wallet)));
            (facts.member, held.collect())
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
            ledgers: members.values().map(wallets).collect(),
            days,
        }
    }

    /// Ladders of members that have a row.
    pub(in crate::ledger) fn take_ranks(&mut self) -> HashSet<(MemberId, String)> {
        std::mem::take(&mut self.ranks)
    }

    /// The wallets of a member before the batch; nothing if nobody looked at them, or they were taken already.
    pub(super) fn take_wallets(&mut self, member: MemberId) -> Option<Wallets> {
        self.ledgers.remove(&member)
    }

    /// Those that exist, and the others.
    pub(super) fn part_days(&self, days: Days) -> (Days, Days) {
        days.into_iter()
            .partition(|((member, date), _)| self.days.get(member) == Some(date))
    }
}
