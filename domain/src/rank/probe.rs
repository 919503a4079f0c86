//! Who may move at the review of a business date, told from sums alone: a first look at everybody
//! that finds the few who are then looked at one by one.

use super::eras::Eras;
use super::{Ladder, Place};
use crate::catalog::Catalog;
use crate::history::{Counters, HistoryNotLoaded};
use crate::window::{DateRange, Window};
use jiff::civil::Date;

/// A first look at everybody on one business date.
#[derive(Debug)]
pub struct Probe<'a> {
    date: Date,
    is_new_version: bool,
    /// Ladders that may move somebody on this date, with the place where everybody begins.
    ladders: Vec<(&'a Ladder, Place)>,
    ranges: Vec<DateRange>,
}

impl<'a> Probe<'a> {
    /// The look at a date; none when nobody can move on it but by the end of a rank set by hand.
    #[must_use]
    pub fn of(catalog: &'a Catalog, date: Date) -> Option<Self> {
        let (version, is_new_version) = Eras::of(catalog).on(date)?;
        let ladders = version.program.ladders().iter();
        let ladders = ladders.filter(|ladder| ladder.looks_at_someone_on(date, is_new_version));
        let ladders: Vec<_> = ladders.map(|ladder| (ladder, ladder.base)).collect();
        if ladders.is_empty() {
            return None;
        }
        let mut ranges = Vec::new();
        let eve = date.yesterday().ok()?;
        for (ladder, _) in &ladders {
            ranges.extend(ladder.ranges(eve, eve));
        }
        ranges.sort_unstable();
        ranges.dedup();
        Some(Self {
            date,
            is_new_version,
            ladders,
            ranges,
        })
    }

    /// Whether sums over the same dates for all can't tell, since some window or review goes by the
    /// member's own enrolment.
    #[must_use]
    pub fn asks_everybody(&self) -> bool {
        let by_member =
            |window: Window| matches!(window, Window::AnniversaryYear | Window::SinceEnrolment);
        let mut ladders = self.ladders.iter();
        ladders.any(|(ladder, _)| {
            ladder
                .criteria()
                .any(|criterion| by_member(criterion.window))
        })
    }

    /// The dates of which sums are needed.
    #[must_use]
    pub fn ranges(&self) -> &[DateRange] {
        &self.ranges
    }

    /// Whether a member may move whose ranks spending made these, by ladder, none where it is not
    /// known, and whose counters are these in the order of `ranges`.
    pub fn may_move<'s>(
        &self,
        earned: impl Fn(&str) -> Option<Option<&'s str>>,
        sums: &[Counters],
    ) -> Result<bool, HistoryNotLoaded> {
        let Ok(eve) = self.date.yesterday() else {
            return Ok(false);
        };
        let look = |range: DateRange| {
            let place = self.ranges.iter().position(|other| *other == range);
            let sum = place.and_then(|place| sums.get(place));
            sum.copied().ok_or(HistoryNotLoaded)
        };
        for (ladder, base) in &self.ladders {
            let place = match earned(&ladder.code) {
                Some(code) => ladder.place(code),
                None => *base,
            };
            let reached = ladder.earned(eve, eve, &look)?;
            let lifts = reached > place && ladder.lifts_on(self.date, eve, self.is_new_version);
            if lifts || reached < place {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
