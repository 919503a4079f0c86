//! What ranks and receipts do to each other: a receipt is judged by the ranks of its moment, and
//! may lift the member to higher ones.

use super::book::RankBook;
use super::facts::{Cause, LadderState, RankChange};
use super::review::Moved;
use super::{Climbed, Held, Ladder};
use crate::catalog::Version;
use crate::decide::{RankState, Refusal};
use crate::history::{Counters, HistoryNotLoaded};
use crate::id::PurchaseId;
use crate::ledger::DayDelta;
use crate::program::Program;
use crate::window::DateRange;
use jiff::Timestamp;
use jiff::civil::Date;

/// A receipt that was judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt<'a> {
    pub(crate) purchase: PurchaseId,
    pub(crate) occurred_at: Timestamp,
    pub(crate) version: &'a Version,
    /// What it adds to the counters.
    pub(crate) day: &'a DayDelta,
}

impl RankBook<'_> {
    /// The ranks that counted at an instant.
    pub(crate) fn held_at<'p>(
        &self,
        program: &'p Program,
        at: Timestamp,
    ) -> Result<Held<'p>, Refusal> {
        let mut ranks = Vec::with_capacity(program.ladders().len());
        for ladder in program.ladders() {
            let (state, ranks_known) = (self.known(&ladder.code), &self.facts.ranks);
            let place = ranks_known.place_at(ladder, state, &self.changes, at)?;
            ranks.push((ladder, place));
        }
        Ok(Held::of(ranks))
    }

    /// Record what a receipt changes; the ranks after it.
    pub(crate) fn recorded(
        &mut self,
        receipt: Receipt<'_>,
        climbed: &Climbed<'_>,
    ) -> Result<Vec<RankState>, Refusal> {
        let ladders = receipt.version.program.ladders();
        let mut states = Vec::with_capacity(ladders.len());
        for ladder in ladders {
            let code = ladder.told_at(self.place(ladder));
            states.push(RankState {
                ladder: ladder.told.clone(),
                previous: code.clone(),
                code,
                changed: false,
            });
        }
        self.record(receipt, climbed)?;
        if climbed.is_empty() {
            return Ok(states);
        }
        for (ladder, state) in ladders.iter().zip(&mut states) {
            let mut climbed = climbed.iter();
            if climbed.any(|(climbed, _)| climbed.code == ladder.code) {
                state.code = ladder.told_at(self.place(ladder));
                state.changed = state.code != state.previous;
            }
        }
        Ok(states)
    }

    /// The ladders that a receipt climbs at once, and how far.
    pub(crate) fn climbs<'p>(
        &self,
        version: &'p Version,
        occurred_at: Timestamp,
        day: &DayDelta,
    ) -> Result<Climbed<'p>, Refusal> {
        let mut climbed = Vec::new();
        for ladder in version.program.ladders() {
            let known = self.known(&ladder.code);
            if !ladder.lifts_at_once() || has_moved_on(known, ladder, occurred_at) {
                continue;
            }
            let look = |range| self.with_receipt(range, day);
            let stands = known.map_or(ladder.base, |state| state.earned_place(ladder));
            let date = day.business_date;
            let earned = ladder.earned_above(stands, date, self.enrolled_on, &look)?;
            if earned > stands {
                climbed.push((ladder, earned));
            }
        }
        Ok(climbed)
    }

    pub(super) fn with_receipt(
        &self,
        range: DateRange,
        day: &DayDelta,
    ) -> Result<Counters, HistoryNotLoaded> {
        let before = self.facts.history.counters(Some(range))?;
        Ok(before.with(day).unwrap_or(before))
    }

    fn record(&mut self, receipt: Receipt<'_>, climbed: &Climbed<'_>) -> Result<(), Refusal> {
        let date = receipt.day.business_date;
        for (ladder, to) in climbed {
            let mut state = self.state(ladder);
            let previous = state.code().map(str::to_owned);
            let effective_at = state
                .since
                .map_or(receipt.occurred_at, |since| since.max(receipt.occurred_at));
            let on = self.date_of(effective_at);
            let look = |range| self.with_receipt(range, receipt.day);
            let numbers = ladder.numbers(*to, date, self.enrolled_on, &look)?;
            let numbers = state.move_to(ladder, Moved { to: *to, numbers }, on);
            state.reviewed_on = Some(on);
            state.is_late = state.reviewed_on < self.facts.ranks.horizon();
            let change = RankChange {
                effective_at,
                cause: Cause::Receipt,
                purchase: Some(receipt.purchase),
                numbers,
                program_version: receipt.version.number,
                version: self.facts.version.saturating_add(1),
                ..RankChange::of(ladder, previous)
            };
            self.note(state, change);
        }
        self.look_again_after(receipt.occurred_at, date);
        Ok(())
    }

    /// A receipt of the past lets reviews of later dates be done again, where they may lift.
    fn look_again_after(&mut self, occurred_at: Timestamp, date: Date) {
        let versions = self.catalog.versions_from(occurred_at);
        let may_lift = |ladder: &Ladder| versions.len() > 1 || !ladder.lifts_at_once();
        for ladder in versions
            .iter()
            .flat_map(|version| version.program.ladders())
        {
            if may_lift(ladder) && self.looked_at_by(ladder) > Some(date) {
                self.look_again(ladder, date);
            }
        }
    }

    /// The last date for which somebody may have looked at the ladder.
    fn looked_at_by(&self, ladder: &Ladder) -> Option<Date> {
        let reviewed_on = self.reviewed_on(&ladder.code);
        reviewed_on.max(self.facts.ranks.began_on)
    }

    /// Let the reviews after `date` be done again, but none from before the last change.
    fn look_again(&mut self, ladder: &Ladder, date: Date) {
        let mut state = self.state(ladder);
        let since = state.since.map(|since| self.date_of(since));
        let reviewed_on = Some(date).max(state.earned_on).max(since);
        if self.looked_at_by(ladder) > reviewed_on {
            state.reviewed_on = reviewed_on;
            state.is_late = reviewed_on < self.facts.ranks.horizon();
            self.keep(&ladder.code, state);
        }
    }
}

/// Whether the member got a rank after `at` that this ladder does not know: it belongs to a
/// later program, on which a receipt of the past can't climb.
fn has_moved_on(known: Option<&LadderState>, ladder: &Ladder, at: Timestamp) -> bool {
    known.is_some_and(|state| {
        let earned = state.earned.as_deref();
        state.since > Some(at) && earned.is_some_and(|code| !ladder.has_step(code))
    })
}
