//! What is recorded of one member. Folding a decision over loaded facts must give what the next load gives.

use crate::shop::at;
use domain::decide::Decision;
use domain::history::History;
use domain::id::MemberId;
use domain::ledger::Account;
use domain::lot::Lot;
use domain::member::{MemberFacts, MemberStatus, WalletFacts};
use domain::rank::RankFacts;
use domain::trail::Trail;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A member's rows.
pub(crate) struct Member {
    pub(crate) facts: MemberFacts,
    /// Every lot, also the empty ones.
    pub(crate) lots: Vec<Lot>,
    /// Issued, redeemed, expired, given by hand, got from others.
    pub(crate) sums: [i64; 5],
}

pub(crate) fn member(number: usize, now: i64) -> Member {
    let id = u128::try_from(number).unwrap() + 42;
    let facts = MemberFacts {
        member: MemberId::from_uuid(Uuid::from_u128(id)),
        status: MemberStatus::Active,
        version: 0,
        last_recorded_at: at(now),
        enrolled_at: at(now),
        wallets: BTreeMap::new(),
        recalled: BTreeSet::new(),
        history: History::default(),
        ranks: RankFacts::default(),
    };
    Member {
        facts,
        lots: Vec::new(),
        sums: [0; 5],
    }
}

impl Member {
    /// The facts as they are loaded for a command that takes up `trail`: open lots, and those it names.
    pub(crate) fn load(&self, trail: Option<&Trail>) -> MemberFacts {
        let mut facts = self.facts.clone();
        let named = trail.into_iter().flat_map(|trail| &trail.moves);
        facts.recalled = named.filter_map(|row| row.lot).collect();
        if let Some(wallet) = facts.wallets.get_mut("points") {
            let known = |lot: &&Lot| lot.is_open() || facts.recalled.contains(&lot.id);
            wallet.lots = Some(self.lots.iter().filter(known).cloned().collect());
        }
        facts
    }

    fn wallet(&self) -> WalletFacts {
        let wallet = self.facts.wallets.get("points");
        wallet.cloned().unwrap_or_default()
    }

    pub(crate) fn record(
        &mut self,
        loaded: &MemberFacts,
        decision: &Decision,
    ) -> Result<(), String> {
        let Some(made) = &decision.transaction else {
            return Ok(());
        };
        let mut available = self.wallet().available.get();
        for row in &made.transfers {
            let moved = |account| match account {
                _ if row.credit == account => row.points.get(),
                _ if row.debit == account => -row.points.get(),
                _ => 0,
            };
            available += moved(Account::Available);
            if row.balance_after.get() != available || row.points.get() <= 0 {
                return Err(format!("a row leaves {available}: {row:?}"));
            }
            self.sums[0] -= moved(Account::Issued);
            self.sums[1] += moved(Account::Redeemed);
            self.sums[2] += moved(Account::Expired);
            self.sums[3] -= moved(Account::Adjusted);
            self.sums[4] -= moved(Account::Transferred);
        }
        self.lots.extend(made.lots_opened.iter().cloned());
        for change in &made.lots_changed {
            let mut lots = self.lots.iter_mut();
            let lot = lots.find(|lot| lot.id == change.lot.id);
            lot.ok_or("a lot changed that is not there")?
                .clone_from(&change.lot);
        }
        if made.version != self.facts.version + 1 {
            return Err(format!(
                "version {} follows {}",
                made.version, self.facts.version
            ));
        }
        self.facts = loaded.after(decision);
        self.check()
    }

    /// A fresh load gives what folding left, and the sums are those of the lots.
    fn check(&self) -> Result<(), String> {
        let wallet = self.wallet();
        let open = |lots: &[Lot]| {
            let mut open: Vec<Lot> = lots.iter().filter(|lot| lot.is_open()).cloned().collect();
            open.sort_by_key(|lot| lot.id);
            open
        };
        let (stored, folded) = (open(&self.lots), wallet.lots.as_deref().map(open));
        if folded.as_ref().is_some_and(|folded| *folded != stored) {
            return Err(format!("folded {folded:?}, stored {stored:?}"));
        }
        let sum = |waits: bool| -> i64 {
            let lots = stored.iter().filter(|lot| lot.pending.is_some() == waits);
            lots.map(|lot| lot.remaining.get()).sum()
        };
        if (sum(false), sum(true)) != (wallet.available.get(), wallet.pending.get()) {
            return Err(format!("{wallet:?} is not its lots {stored:?}"));
        }
        let held = stored.iter().filter(|lot| !lot.remaining.is_zero());
        let first = held.filter_map(|lot| lot.expires_at).min();
        match (wallet.next_expires_at, first) {
            (None, Some(_)) => Err("an end that nobody expects".to_owned()),
            (Some(next), Some(first)) if next > first => Err("an end expected too late".to_owned()),
            _ => Ok(()),
        }
    }
}
