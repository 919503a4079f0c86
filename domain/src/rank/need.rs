//! What decisions about ranks look at, named before they are made.

use super::{Criterion, Ladder, RankBook};
use crate::catalog::{Catalog, Version};
use crate::member::MemberFacts;
use crate::needs::Needs;
use crate::window::{DateRange, Window};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// Names what the ranks of a receipt look at.
pub(crate) fn need(
    catalog: &Catalog,
    member: &MemberFacts,
    receipt: (&Version, Timestamp, Date),
    needs: &mut Needs,
) {
    let (version, occurred_at, date) = receipt;
    let book = RankBook::open(catalog, member);
    for ladder in version.program.ladders() {
        if ladder.lifts_at_once() {
            needs.counters.extend(ladder.ranges(date, book.enrolled_on));
        }
    }
    needs.past_ranks |= member.ranks.needs_past(occurred_at);
    book.need_days(date, needs);
}

/// Names what reviews up to and with `date` look at.
pub(crate) fn need_reviews(catalog: &Catalog, member: &MemberFacts, date: Date, needs: &mut Needs) {
    RankBook::open(catalog, member).need_days(date, needs);
}

impl RankBook<'_> {
    /// Names the days that reviews up to and with `date` look at. After a receipt of the past, one
    /// of the same batch may do reviews of any later date again.
    pub(super) fn need_days(&self, date: Date, needs: &mut Needs) {
        let versions = self.catalog.versions.iter();
        let ladders = versions.flat_map(|version| version.program.ladders());
        let reviewed = ladders.map(|ladder| self.reviewed_on(&ladder.code));
        let due = reviewed.filter(|reviewed_on| *reviewed_on != Some(date));
        // No date is before every date.
        let Some(last) = due.min() else {
            return;
        };
        let from = last.and_then(|last| {
            let last = last.min(date);
            self.looks_back_to(last.tomorrow().unwrap_or(last))
        });
        needs.need_days(DateRange {
            from,
            to: Date::MAX,
        });
    }

    /// The first date that reviews from `date` on may look at, grace included; none = since ever. A
    /// grace looks at days by the programs that counted then.
    pub(super) fn looks_back_to(&self, date: Date) -> Option<Date> {
        let versions = self.catalog.versions.iter();
        let ladders = || {
            let versions = versions.clone();
            versions.flat_map(|version| version.program.ladders())
        };
        let back = ladders().map(|ladder| ladder.downgrade.looks_back_days());
        let back = back.max().unwrap_or(0).saturating_add(1);
        let oldest = date.checked_sub(back.days()).unwrap_or(Date::MIN);
        let criteria = ladders().flat_map(Ladder::criteria);
        let starts = criteria.map(|criterion| criterion.starts(oldest, self.enrolled_on));
        starts.min().unwrap_or(Some(date))
    }
}

impl Criterion {
    /// The first date that it looks at from `date` or any later one; none = since ever.
    fn starts(&self, date: Date, enrolled_on: Date) -> Option<Date> {
        // Before the enrolment there is no window yet, and after it that day is in it.
        if self.window == Window::SinceEnrolment {
            return Some(enrolled_on);
        }
        self.range(date, enrolled_on)?.from
    }
}
