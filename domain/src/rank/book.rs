//! A member's ranks while one command is decided: reviews that are due are done first, whoever
//! comes first, so that no receipt is judged by a rank that was over.

use super::eras::Eras;
use super::facts::{Cause, LadderState, Manual, RankChange, RankUpdate};
use super::review::{Moved, Review};
use super::{Ladder, Number, Place};
use crate::amount::Overflow;
use crate::calendar;
use crate::catalog::Catalog;
use crate::decide::Refusal;
use crate::history::HistoryNotLoaded;
use crate::member::MemberFacts;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A member's ranks and what becomes of them.
#[derive(Debug, Clone)]
pub(crate) struct RankBook<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) facts: &'a MemberFacts,
    pub(super) enrolled_on: Date,
    /// Ladders that changed.
    ladders: BTreeMap<String, LadderState>,
    pub(super) changes: Vec<RankChange>,
}

impl<'a> RankBook<'a> {
    pub(crate) fn open(catalog: &'a Catalog, facts: &'a MemberFacts) -> Self {
        let enrolled_on = catalog.settings.business_date(facts.enrolled_at);
        Self::of_enrolled(catalog, facts, enrolled_on)
    }

    /// The same where the business date of the enrolment is known.
    pub(crate) fn of_enrolled(
        catalog: &'a Catalog,
        facts: &'a MemberFacts,
        enrolled_on: Date,
    ) -> Self {
        Self {
            catalog,
            facts,
            enrolled_on,
            ladders: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    /// The business date of an instant, in the tenant's zone.
    pub(crate) fn date_of(&self, at: Timestamp) -> Date {
        self.catalog.settings.business_date(at)
    }

    /// How the ladder with this code stands now; none before anything changed, so that a member
    /// stands where everybody begins, whatever program counts.
    pub(super) fn known(&self, ladder: &str) -> Option<&LadderState> {
        let known = self.ladders.get(ladder);
        let known = known.or_else(|| self.facts.ranks.ladders.get(ladder));
        known.filter(|state| state.changes > 0)
    }

    /// The same, to be changed.
    pub(super) fn state(&self, ladder: &Ladder) -> LadderState {
        let known = self.known(&ladder.code);
        known.map_or_else(|| LadderState::first(ladder), LadderState::clone)
    }

    /// The place that counts.
    pub(super) fn place(&self, ladder: &Ladder) -> Place {
        let known = self.known(&ladder.code);
        known.map_or(ladder.base, |state| state.place(ladder))
    }

    /// The place that spending made.
    pub(super) fn earned_place(&self, ladder: &Ladder) -> Place {
        let known = self.known(&ladder.code);
        known.map_or(ladder.base, |state| state.earned_place(ladder))
    }

    /// The last date whose review is done.
    pub(super) fn reviewed_on(&self, ladder: &str) -> Option<Date> {
        let for_all = self.facts.ranks.reviewed_on;
        match self.ladders.get(ladder) {
            Some(state) if state.is_late => state.reviewed_on,
            Some(state) => state.reviewed_on.max(for_all),
            None => self.facts.ranks.reviewed_on(ladder),
        }
    }

    /// Do every review that is due up to and with `date`.
    pub(crate) fn advance_to(&mut self, date: Date) -> Result<(), Refusal> {
        let Some(mut day) = self.first_due(date)? else {
            return Ok(());
        };
        let eras = Eras::of(self.catalog);
        while day <= date {
            let version = eras.on(day).map(|(version, _)| version);
            for ladder in version.map_or(&[][..], |version| version.program.ladders()) {
                self.review(ladder, day, &eras)?;
            }
            day = day.tomorrow().map_err(|_out_of_range| Overflow)?;
        }
        self.finish(date);
        Ok(())
    }

    /// The first date that may need a review; none when there is none.
    fn first_due(&self, until: Date) -> Result<Option<Date>, Refusal> {
        let mut first: Option<Date> = None;
        let versions = self.catalog.versions.iter();
        for ladder in versions.flat_map(|version| version.program.ladders()) {
            let reviewed_on = self.reviewed_on(&ladder.code);
            if reviewed_on.is_some_and(|reviewed_on| reviewed_on >= until) {
                continue;
            }
            let is_stored = self.ladders.contains_key(&ladder.code)
                || self.facts.ranks.ladders.contains_key(&ladder.code);
            // Nobody leaves the place where everybody begins before something was recorded.
            let begins = match (is_stored, reviewed_on) {
                (true, Some(reviewed_on)) => Some(reviewed_on),
                (_, reviewed_on) => {
                    let days = self.facts.history.days.as_ref().ok_or(HistoryNotLoaded)?;
                    days.first_date()
                        .map(|first| reviewed_on.unwrap_or(first).max(first))
                }
            };
            let Some(begins) = begins else {
                continue;
            };
            let next = begins.tomorrow().map_err(|_out_of_range| Overflow)?;
            first = Some(first.map_or(next, |first| first.min(next)));
        }
        Ok(first.filter(|first| *first <= until))
    }

    fn review(&mut self, ladder: &Ladder, date: Date, eras: &Eras<'_>) -> Result<(), Refusal> {
        if self.reviewed_on(&ladder.code).is_some_and(|on| on >= date) {
            return Ok(());
        }
        let Some((version, is_new_version)) = eras.on(date) else {
            return Ok(());
        };
        let is_over = |manual: &Manual| manual.until.is_some_and(|until| until < date);
        let known = self.known(&ladder.code);
        let manual = known.and_then(|state| state.manual.as_ref());
        let has_ended = manual.is_some_and(is_over);
        if !has_ended && !ladder.looks_on(date, self.enrolled_on, is_new_version) {
            return Ok(());
        }
        let mut state = self.state(ladder);
        let previous = state.code().map(str::to_owned);
        if has_ended {
            state.manual = None;
        }
        let days = self.facts.history.days.as_ref().ok_or(HistoryNotLoaded)?;
        let review = Review {
            date,
            enrolled_on: self.enrolled_on,
            eras,
            look: &|range| days.counters(range),
        };
        let moved = ladder.moved(review, &state)?;
        if !has_ended && moved.is_none() {
            return Ok(());
        }
        let numbers = moved.map(|moved| state.move_to(ladder, moved, date));
        state.reviewed_on = Some(date);
        state.is_late = Some(date) < self.facts.ranks.horizon();
        let settings = &self.catalog.settings;
        let begins = calendar::starts_at(date, &settings.time_zone, settings.cutovers())?;
        let cause = if has_ended {
            Cause::ManualEnded
        } else {
            Cause::Review
        };
        let change = RankChange {
            effective_at: begins,
            cause,
            numbers: numbers.unwrap_or_default(),
            program_version: version.number,
            version: self.facts.version,
            ..RankChange::of(ladder, previous)
        };
        self.note(state, change);
        Ok(())
    }

    /// Keep a state, with the change that made it if another rank counts, or if spending made another
    /// step beneath a rank that somebody set: what counts later follows from it.
    pub(super) fn note(&mut self, mut state: LadderState, mut change: RankChange) {
        change.code = state.code().map(str::to_owned);
        let ladder = change.ladder.clone();
        let is_seen = change.is_seen();
        let known = self.known(&ladder);
        let is_beneath = known.is_some_and(|known| known.earned != state.earned);
        if is_seen || is_beneath {
            state.changes = state.changes.saturating_add(1);
            change.number = state.changes;
            change.follows = state.since;
            change.effective_at = state
                .since
                .map_or(change.effective_at, |since| since.max(change.effective_at));
            if is_seen {
                state.since = Some(change.effective_at);
            }
            self.changes.push(change);
        }
        self.ladders.insert(ladder, state);
    }

    /// Note how far the reviews of ladders got that are written anyway, or that were late.
    fn finish(&mut self, date: Date) {
        for (code, state) in &self.facts.ranks.ladders {
            if state.is_late && state.reviewed_on < Some(date) {
                let known = self.ladders.entry(code.clone());
                known.or_insert_with(|| state.clone());
            }
        }
        let horizon = self.facts.ranks.horizon();
        for state in self.ladders.values_mut() {
            if state.reviewed_on < Some(date) {
                state.reviewed_on = Some(date);
                state.is_late = Some(date) < horizon;
            }
        }
    }

    /// Keep a state that no other rank follows from.
    pub(super) fn keep(&mut self, ladder: &str, state: LadderState) {
        self.ladders.insert(ladder.to_owned(), state);
    }

    /// Set a rank by hand, or take such a rank back.
    pub(crate) fn set(
        &mut self,
        ladder: &Ladder,
        manual: Option<Manual>,
        change: RankChange,
        today: Date,
    ) {
        let mut state = self.state(ladder);
        let until = manual.as_ref().and_then(|manual| manual.until);
        let previous = state.code().map(str::to_owned);
        state.manual = manual;
        state.reviewed_on = Some(today);
        state.is_late = Some(today) < self.facts.ranks.horizon();
        self.note(
            state,
            RankChange {
                until,
                previous,
                ..change
            },
        );
    }

    /// What is to be written; none when nothing changed.
    pub(crate) fn close(self) -> Option<RankUpdate> {
        if self.ladders.is_empty() {
            return None;
        }
        Some(RankUpdate {
            member: self.facts.member,
            ladders: self.ladders,
            changes: self.changes,
        })
    }
}

impl LadderState {
    /// Another step that spending made. A rank that was set by hand ends when spending climbs
    /// above it.
    pub(super) fn move_to(&mut self, ladder: &Ladder, moved: Moved, on: Date) -> Vec<Number> {
        let climbs = moved.to > self.earned_place(ladder);
        self.earned = ladder.code_at(moved.to).map(str::to_owned);
        self.earned_on = Some(on);
        let is_above = |manual: &Manual| moved.to > ladder.place(Some(&manual.code));
        if climbs && self.manual.as_ref().is_some_and(is_above) {
            self.manual = None;
        }
        moved.numbers
    }
}
