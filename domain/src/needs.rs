//! What a decision will look at. The caller asks before it decides and loads exactly that, under
//! lock; most programs ask for nothing.

use crate::catalog::Catalog;
use crate::condition::Moment;
use crate::decide::Command;
use crate::member::MemberFacts;
use crate::receipt::Receipt;
use crate::window::DateRange;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The facts that a decision looks at beside standing and wallets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Counters, by range of business dates.
    pub counters: BTreeSet<DateRange>,
    /// What codes with limits used, by code and range.
    pub uses: BTreeSet<(String, DateRange)>,
    /// Codes with campaign limits.
    pub budgets: BTreeSet<String>,
    /// Who the member is.
    pub person: bool,
    /// The open lots.
    pub lots: bool,
}

impl Needs {
    /// Whether nothing has to be loaded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self {
            counters,
            uses,
            budgets,
            person,
            lots,
        } = self;
        counters.is_empty() && uses.is_empty() && budgets.is_empty() && !person && !lots
    }

    /// Adds what another command of the same member looks at.
    pub fn merge(&mut self, other: Self) {
        self.counters.extend(other.counters);
        self.uses.extend(other.uses);
        self.budgets.extend(other.budgets);
        self.person |= other.person;
        self.lots |= other.lots;
    }
}

impl Command {
    /// What `decide` will look at for this member. Ask for every command of a batch before the
    /// first is decided, and load all of it.
    #[must_use]
    pub fn needs(&self, catalog: &Catalog, member: &MemberFacts, now: Timestamp) -> Needs {
        let mut needs = Needs {
            lots: member.needs_lots(catalog, self, now),
            ..Needs::default()
        };
        if let Self::Purchase(purchase) = self {
            need_of_receipt(catalog, member, &purchase.receipt, &mut needs);
        }
        needs
    }
}

/// What the rules of the receipt's version look at. A receipt that will be refused needs nothing.
fn need_of_receipt(catalog: &Catalog, member: &MemberFacts, receipt: &Receipt, needs: &mut Needs) {
    let Some(version) = catalog.version_at(receipt.occurred_at) else {
        return;
    };
    if !version.program.looks_back() {
        return;
    }
    if let Some(store) = catalog.store(&receipt.store) {
        let moment = Moment::of(&catalog.settings, store, receipt, Some(member));
        version.program.need(&moment, needs);
    }
}
