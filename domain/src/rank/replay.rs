//! Walks a member's ranks once more from what was recorded, to prove that what is stored follows
//! from it.

use super::facts::{Cause, Manual, RankChange};
use super::{GoodsBack, RankBook, Receipt};
use crate::catalog::Catalog;
use crate::decide::Refusal;
use crate::history::{DayBook, History};
use crate::id::PurchaseId;
use crate::ledger::DayDelta;
use crate::member::{MemberFacts, MemberStatus};
use crate::rank::RankFacts;
use crate::window::DateRange;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A recorded receipt, as far as ranks look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedReceipt {
    /// The member's version after it.
    pub version: i64,
    /// The purchase.
    pub purchase: PurchaseId,
    /// When it took place.
    pub occurred_at: Timestamp,
    /// What it added to its business date.
    pub day: DayDelta,
}

/// Goods that came back, as far as ranks look at them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedReturn {
    /// The member's version after it.
    pub version: i64,
    /// The purchase.
    pub purchase: PurchaseId,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The program version that judged the purchase, which says whether ranks end by it.
    pub program_version: i32,
    /// What it added to the purchase's business date, below zero.
    pub day: DayDelta,
}

/// What was recorded of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Whose.
    pub member: crate::id::MemberId,
    /// When membership began.
    pub enrolled_at: Timestamp,
    /// In the order of their versions.
    pub receipts: Vec<RecordedReceipt>,
    /// Likewise.
    pub returns: Vec<RecordedReturn>,
    /// The stored changes of ranks, those of each ladder in their order.
    pub changes: Vec<RankChange>,
    /// The last business date whose reviews are done.
    pub reviewed_on: Option<Date>,
}

/// Something that happened, in order.
enum Event<'a> {
    Receipt(&'a RecordedReceipt),
    Return(&'a RecordedReturn),
    Manual(&'a RankChange),
}

impl Event<'_> {
    /// The member's version when it happened.
    fn version_before(&self) -> i64 {
        match self {
            Event::Receipt(receipt) => receipt.version.saturating_sub(1),
            Event::Return(back) => back.version.saturating_sub(1),
            Event::Manual(change) => change.version,
        }
    }

    /// Whether a review of the same version was done before it. Numbers count within a ladder; on
    /// others the time tells, since whoever sets a rank does the reviews of its day first.
    fn comes_after(&self, review: &RankChange) -> bool {
        match self {
            Event::Receipt(_) | Event::Return(_) => true,
            Event::Manual(set) if set.ladder == review.ladder => review.number < set.number,
            Event::Manual(set) => review.effective_at <= set.effective_at,
        }
    }
}

impl Recorded {
    /// The changes that follow from the receipts, from the days that passed and from the ranks that
    /// somebody set; of the stored ones only the last are believed, and when reviews were done.
    pub fn replayed(&self, catalog: &Catalog) -> Result<Vec<RankChange>, Refusal> {
        let mut facts = self.beginning();
        for event in self.events() {
            let version = event.version_before();
            facts.version = version;
            let mut book = RankBook::open(catalog, &facts);
            // Reviews that were done since the event before, be it for later days. Not those of
            // earlier: a late receipt lets their days be looked at again, but not at once.
            let done = self.changes.iter().filter(|change| {
                matches!(change.cause, Cause::Review | Cause::ManualEnded)
                    && change.version == version
                    && event.comes_after(change)
            });
            if let Some(last) = done.map(|change| book.date_of(change.effective_at)).max() {
                book.advance_to(last)?;
            }
            match event {
                Event::Receipt(receipt) => self.repeat(&mut book, catalog, receipt)?,
                Event::Return(back) => return_again(&mut book, catalog, back)?,
                Event::Manual(change) => set_again(&mut book, catalog, change)?,
            }
            let update = book.close();
            if let Some(update) = update {
                facts.ranks.apply(&update);
            }
            match event {
                Event::Receipt(receipt) => {
                    facts.version = receipt.version;
                    facts.history.record(&receipt.day);
                }
                Event::Return(back) => {
                    facts.version = back.version;
                    facts.history.record(&back.day);
                }
                Event::Manual(_) => {}
            }
        }
        if let Some(date) = self.reviewed_on {
            let mut book = RankBook::open(catalog, &facts);
            book.advance_to(date)?;
            if let Some(update) = book.close() {
                facts.ranks.apply(&update);
            }
        }
        Ok(facts.ranks.made)
    }

    fn beginning(&self) -> MemberFacts {
        let days = DayBook {
            range: DateRange::EVER,
            days: BTreeMap::new(),
        };
        MemberFacts {
            member: self.member,
            status: MemberStatus::Active,
            version: 0,
            last_recorded_at: self.enrolled_at,
            enrolled_at: self.enrolled_at,
            wallets: BTreeMap::new(),
            recalled: std::collections::BTreeSet::new(),
            history: History {
                days: Some(days),
                ..History::default()
            },
            ranks: RankFacts::default(),
        }
    }

    fn events(&self) -> Vec<Event<'_>> {
        let by_hand =
            |change: &&RankChange| matches!(change.cause, Cause::Manual | Cause::ManualTakenBack);
        let receipts = self.receipts.iter().map(Event::Receipt);
        let manuals = self.changes.iter().filter(by_hand).map(Event::Manual);
        let returns = self.returns.iter().map(Event::Return);
        let mut events: Vec<Event<'_>> = receipts.chain(returns).chain(manuals).collect();
        events.sort_by_key(|event| match event {
            Event::Receipt(receipt) => (receipt.version, false, 0),
            Event::Return(back) => (back.version, false, 0),
            Event::Manual(change) => (change.version, true, change.number),
        });
        events
    }

    fn repeat(
        &self,
        book: &mut RankBook<'_>,
        catalog: &Catalog,
        recorded: &RecordedReceipt,
    ) -> Result<(), Refusal> {
        let Some(version) = catalog.version_at(recorded.occurred_at) else {
            return Ok(());
        };
        book.advance_to(recorded.day.business_date)?;
        let climbed = book.climbs(version, recorded.occurred_at, &recorded.day)?;
        let receipt = Receipt {
            purchase: recorded.purchase,
            occurred_at: recorded.occurred_at,
            version,
            day: &recorded.day,
        };
        book.recorded(receipt, &climbed)?;
        Ok(())
    }
}

fn return_again(
    book: &mut RankBook<'_>,
    catalog: &Catalog,
    back: &RecordedReturn,
) -> Result<(), Refusal> {
    let mut versions = catalog.versions.iter();
    let judged = versions.find(|version| version.number == back.program_version);
    let Some(version) = catalog.version_at(back.recorded_at) else {
        return Ok(());
    };
    book.give_back(GoodsBack {
        purchase: back.purchase,
        at: back.recorded_at,
        version,
        day: &back.day,
        reviews: judged.is_some_and(|judged| judged.program.returns().review_rank),
    })?;
    Ok(())
}

fn set_again(
    book: &mut RankBook<'_>,
    catalog: &Catalog,
    change: &RankChange,
) -> Result<(), Refusal> {
    let mut versions = catalog.versions.iter();
    let version = versions.find(|version| version.number == change.program_version);
    let ladders = version.map_or(&[][..], |version| version.program.ladders());
    let Some(ladder) = ladders.iter().find(|ladder| ladder.code == change.ladder) else {
        return Ok(());
    };
    let today = book.date_of(change.effective_at);
    book.advance_to(today)?;
    let is_set = change.cause == Cause::Manual;
    let code = change.code.clone().filter(|_| is_set);
    let manual = code.map(|code| Manual {
        code,
        until: change.until,
    });
    book.set(ladder, manual, change.clone(), today);
    Ok(())
}
