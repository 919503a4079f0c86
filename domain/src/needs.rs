//! What a decision will look at. The caller asks before it decides and loads exactly that, under
//! lock; most programs ask for nothing.

use crate::catalog::Catalog;
use crate::condition::Moment;
use crate::decide::{Command, ReturnGoods};
use crate::member::MemberFacts;
use crate::rank::{self, NO_RANKS};
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
    /// Counters day by day.
    pub days: Option<DateRange>,
    /// Every change of a rank.
    pub past_ranks: bool,
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
            days,
            past_ranks,
        } = self;
        let asks = *person || *lots || *past_ranks || days.is_some();
        counters.is_empty() && uses.is_empty() && budgets.is_empty() && !asks
    }

    /// Adds what another command of the same member looks at.
    pub fn merge(&mut self, other: Self) {
        self.counters.extend(other.counters);
        self.uses.extend(other.uses);
        self.budgets.extend(other.budgets);
        self.person |= other.person;
        self.lots |= other.lots;
        self.past_ranks |= other.past_ranks;
        if let Some(days) = other.days {
            self.need_days(days);
        }
    }

    /// Adds a range of days; what lies between two ranges is asked for as well.
    pub(crate) fn need_days(&mut self, range: DateRange) {
        self.days = Some(match self.days {
            None => range,
            Some(days) => DateRange {
                from: days.from.min(range.from),
                to: days.to.max(range.to),
            },
        });
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
        match self {
            Self::Purchase(purchase) => {
                need_of_receipt(catalog, member, &purchase.receipt, &mut needs);
            }
            Self::ReviewRanks(review) => {
                rank::need_reviews(catalog, member, review.until, &mut needs);
            }
            Self::SetRank(_) => {
                let today = catalog.settings.business_date(member.ledger_time(now));
                rank::need_reviews(catalog, member, today, &mut needs);
            }
            Self::Claim(claim) => {
                need_of_receipt(catalog, member, &claim.purchase.receipt, &mut needs);
            }
            Self::Return(back) => need_of_return(catalog, back, &mut needs),
            Self::Exchange(exchange) => {
                needs.merge(exchange.back.needs(catalog, member, now));
                needs.merge(exchange.bought.needs(catalog, member, now));
            }
            Self::Redeem(_)
            | Self::ChangeRedemption(_)
            | Self::Adjust(_)
            | Self::ReviewAdjustment(_)
            | Self::Transfer(_)
            | Self::Event(_)
            | Self::Activate(_)
            | Self::Expire(_) => {}
        }
        needs
    }
}

/// What goods that come back look at: their ranks are walked once more from the beginning, and
/// budgets get back what they used.
fn need_of_return(catalog: &Catalog, back: &ReturnGoods, needs: &mut Needs) {
    if catalog.has_ladders() {
        needs.need_days(DateRange::EVER);
        needs.past_ranks = true;
    }
    needs.budgets.extend(back.purchase.shared_codes(catalog));
}

/// What the rules of the receipt's version look at. A receipt that will be refused needs nothing.
fn need_of_receipt(catalog: &Catalog, member: &MemberFacts, receipt: &Receipt, needs: &mut Needs) {
    let Some(version) = catalog.version_at(receipt.occurred_at) else {
        return;
    };
    let has_ladders = catalog.has_ladders();
    if !has_ladders && !version.program.looks_back() {
        return;
    }
    if let Some(store) = catalog.store(&receipt.store) {
        let known = (Some(member), &NO_RANKS);
        let moment = Moment::of(&catalog.settings, store, receipt, known);
        version.program.need(&moment, needs);
        if let Some(customer) = moment.customer
            && has_ladders
        {
            let receipt = (version, receipt.occurred_at, customer.date);
            rank::need(catalog, member, receipt, needs);
        }
    }
}
