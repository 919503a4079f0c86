//! What goods that come back do to ranks: a step that was reached with them, and would not have been
//! without, ends at once.

use super::eras::Eras;
use super::facts::{Cause, LadderState, RankChange};
use super::review::{Look, Moved, Review};
use super::{Ladder, Place, RankBook};
use crate::amount::Overflow;
use crate::catalog::Version;
use crate::decide::{RankState, Refusal};
use crate::history::HistoryNotLoaded;
use crate::id::PurchaseId;
use crate::ledger::DayDelta;
use jiff::Timestamp;
use jiff::civil::Date;

/// Goods that came back, as far as ranks look at them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GoodsBack<'a> {
    pub(crate) purchase: PurchaseId,
    /// When it is recorded.
    pub(crate) at: Timestamp,
    /// In force by then.
    pub(crate) version: &'a Version,
    /// What it adds to the counters, below zero.
    pub(crate) day: &'a DayDelta,
    /// Whether the program lets ranks end by it.
    pub(crate) reviews: bool,
}

impl RankBook<'_> {
    /// Lets the steps end that would not have been reached without the goods; the ranks after it.
    pub(crate) fn give_back(&mut self, back: GoodsBack<'_>) -> Result<Vec<RankState>, Refusal> {
        let today = self.date_of(back.at);
        self.advance_to(today)?;
        let ladders = back.version.program.ladders();
        let mut states = Vec::with_capacity(ladders.len());
        for ladder in ladders {
            let previous = ladder.code_at(self.place(ladder)).map(str::to_owned);
            if back.reviews {
                self.lower(ladder, back, today)?;
            }
            let code = ladder.code_at(self.place(ladder)).map(str::to_owned);
            states.push(RankState {
                ladder: ladder.code.as_str().into(),
                changed: code != previous,
                code: code.map(Into::into),
                previous: previous.map(Into::into),
            });
        }
        Ok(states)
    }

    fn lower(&mut self, ladder: &Ladder, back: GoodsBack<'_>, today: Date) -> Result<(), Refusal> {
        let stands = self.earned_place(ladder);
        if stands <= ladder.base {
            return Ok(());
        }
        let days = self.facts.history.days.as_ref().ok_or(HistoryNotLoaded)?;
        let before = self.walked(ladder, today, &|range| days.counters(range))?;
        let without = |range| self.with_receipt(range, back.day);
        let after = self.walked(ladder, today, &without)?;
        // What other than the goods would make another step now is left to reviews.
        if after >= before || after >= stands {
            return Ok(());
        }
        let numbers = ladder.numbers(stands, today, self.enrolled_on, &without)?;
        let mut state = self.state(ladder);
        let previous = state.code().map(str::to_owned);
        let numbers = state.move_to(ladder, Moved { to: after, numbers }, today);
        state.reviewed_on = Some(today);
        state.is_late = Some(today) < self.facts.ranks.horizon();
        let change = RankChange {
            effective_at: back.at,
            cause: Cause::Return,
            purchase: Some(back.purchase),
            numbers,
            program_version: back.version.number,
            version: self.facts.version.saturating_add(1),
            ..RankChange::of(ladder, previous)
        };
        self.note(state, change);
        Ok(())
    }

    /// The step that the recorded days make by the end of a date, as if all receipts had come in the
    /// order of their days.
    fn walked(&self, ladder: &Ladder, today: Date, look: Look<'_>) -> Result<Place, Refusal> {
        let days = self.facts.history.days.as_ref().ok_or(HistoryNotLoaded)?;
        let eras = Eras::of(self.catalog);
        let mut state = LadderState::first(ladder);
        let Some(mut day) = days.first_date() else {
            return Ok(ladder.base);
        };
        while day <= today {
            if let Some(ladder) = eras.ladder_on(day, &ladder.code) {
                let is_new = eras.on(day).is_some_and(|(_, is_new)| is_new);
                self.walk_day(ladder, (day, is_new), (&eras, look), &mut state)?;
            }
            day = day.tomorrow().map_err(|_out_of_range| Overflow)?;
        }
        Ok(state.earned_place(ladder))
    }

    fn walk_day(
        &self,
        ladder: &Ladder,
        (date, is_new): (Date, bool),
        (eras, look): (&Eras<'_>, Look<'_>),
        state: &mut LadderState,
    ) -> Result<(), Refusal> {
        let enrolled_on = self.enrolled_on;
        if ladder.looks_on(date, enrolled_on, is_new) {
            let review = Review {
                date,
                enrolled_on,
                eras,
                look,
            };
            if let Some(moved) = ladder.moved(review, state)? {
                state.move_to(ladder, moved, date);
            }
        }
        if ladder.lifts_at_once() {
            let stands = state.earned_place(ladder);
            let to = ladder.earned_above(stands, date, enrolled_on, look)?;
            if to > stands {
                let numbers = Vec::new();
                state.move_to(ladder, Moved { to, numbers }, date);
            }
        }
        Ok(())
    }
}
