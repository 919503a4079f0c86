//! What ranks look at beside where a member stands, asked before anything is decided.

use super::RankBook;
use crate::catalog::{Catalog, Version};
use crate::member::MemberFacts;
use crate::needs::Needs;
use crate::window::DateRange;
use jiff::Timestamp;
use jiff::civil::Date;

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
    pub(crate) fn need_days(&self, date: Date, needs: &mut Needs) {
        let versions = self.catalog.versions.iter();
        for ladder in versions.flat_map(|version| version.program.ladders()) {
            let reviewed_on = self.reviewed_on(&ladder.code);
            if reviewed_on == Some(date) {
                continue;
            }
            let begins = reviewed_on.map(|reviewed_on| reviewed_on.min(date));
            let from = begins.and_then(|begins| {
                let first = begins.tomorrow().unwrap_or(begins);
                ladder.looks_back_to(first, self.enrolled_on)
            });
            needs.need_days(DateRange {
                from,
                to: Date::MAX,
            });
        }
    }
}
