//! What is there before a batch: rows that are known to exist are updated, which costs half of an upsert.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::id::MemberId;
use domain::ledger::{DayDelta, WalletState};
use domain::member::{MemberFacts, WalletFacts};
use jiff::Timestamp;

use crate::db::place::Place;
use crate::ledger::facts::{Locked, Members};

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

/// A member's ledger after the batch.
#[derive(Debug, Clone)]
pub(super) struct LedgerEnd {
    /// Where the locked row stands.
    pub(super) place: Place,
    pub(super) version: i64,
    pub(super) recorded_at: Timestamp,
    /// The counters of the latest business date that it counted for, if any.
    pub(super) day: Option<DayDelta>,
    /// All of its wallets, changed or not, since they are written together.
    pub(super) wallets: Wallets,
}

/// Rows that exist. What is not named here may exist or not.
#[derive(Debug, Default)]
pub(in crate::ledger) struct There {
    wallets: HashMap<MemberId, Wallets>,
    ledgers: HashMap<MemberId, Locked>,
    ranks: HashSet<(MemberId, String)>,
}

impl There {
    /// Of members that were locked and looked at, and their ledgers.
    pub(in crate::ledger) fn of(members: &Members, ledgers: HashMap<MemberId, Locked>) -> Self {
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
            wallets: members.values().map(wallets).collect(),
            ledgers,
        }
    }

    /// Ladders of members that have a row.
    pub(in crate::ledger) fn take_ranks(&mut self) -> HashSet<(MemberId, String)> {
        std::mem::take(&mut self.ranks)
    }

    /// The ledger of a member as it was before the batch; nothing if nobody looked at it, or it was taken already.
    pub(super) fn take_ledger(&mut self, member: MemberId) -> Option<LedgerEnd> {
        let Locked { place, day } = *self.ledgers.get(&member)?;
        Some(LedgerEnd {
            place,
            day,
            wallets: self.wallets.remove(&member)?,
            version: 0,
            recorded_at: Timestamp::UNIX_EPOCH,
        })
    }
}
