//! A member's ranks while one command is decided: reviews that are due are done first, whoever
//! comes first, so that no receipt is judged by a rank that was over.

use super::facts::{Cause, LadderState, Manual, RankChange, RankUpdate};
use super::review::{Moved, Review};
use super::{Climbed, Held, Ladder};
use crate::amount::Overflow;
use crate::calendar;
use crate::catalog::{Catalog, Version};
use crate::decide::{RankState, Refusal};
use crate::history::{Counters, HistoryNotLoaded};
use crate::id::PurchaseId;
use crate::ledger::DayDelta;
use crate::member::MemberFacts;
use crate::program::Program;
use crate::window::DateRange;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A member's ranks and what becomes of them.
#[derive(Debug, Clone)]
pub(crate) struct RankBook<'a> {
    pub(super) catalog: &'a Catalog,
    facts: &'a MemberFacts,
    pub(super) enrolled_on: Date,
    /// Ladders that changed.
    ladders: BTreeMap<String, LadderState>,
    changes: Vec<RankChange>,
}

/// A receipt that was judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt<'a> {
    pub(crate) purchase: PurchaseId,
    pub(crate) occurred_at: Timestamp,
    pub(crate) version: &'a Version,
    /// What it adds to the counters.
    pub(crate) day: &'a DayDelta,
}

impl<'a> RankBook<'a> {
    pub(crate) fn open(catalog: &'a Catalog, facts: &'a MemberFacts) -> Self {
        Self {
            catalog,
            facts,
            enrolled_on: catalog.settings.business_date(facts.enrolled_at),
            ladders: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    /// The business date of an instant, in the tenant's zone.
    pub(crate) fn date_of(&self, at: Timestamp) -> Date {
        self.catalog.settings.business_date(at)
    }

    /// How the ladder stands now.
    pub(super) fn state(&self, ladder: &Ladder) -> LadderState {
        let known = self.ladders.get(&ladder.code);
        let known = known.or_else(|| self.facts.ranks.ladders.get(&ladder.code));
        known.map_or_else(|| LadderState::first(ladder), LadderState::clone)
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
        let versions = versions_by_date(self.catalog);
        while day <= date {
            let count = versions.partition_point(|(from, _)| *from <= day);
            let version = count.checked_sub(1).and_then(|last| versions.get(last));
            if let Some((from, version)) = version {
                for ladder in version.program.ladders() {
                    self.review(ladder, version, (day, *from == day))?;
                }
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

    fn review(
        &mut self,
        ladder: &Ladder,
        version: &Version,
        (date, is_new_version): (Date, bool),
    ) -> Result<(), Refusal> {
        if self.reviewed_on(&ladder.code).is_some_and(|on| on >= date) {
            return Ok(());
        }
        let mut state = self.state(ladder);
        let is_over = |manual: &Manual| manual.until.is_some_and(|until| until < date);
        let has_ended = state.manual.as_ref().is_some_and(is_over);
        if !has_ended && !ladder.looks_on(date, self.enrolled_on, is_new_version) {
            return Ok(());
        }
        let previous = state.code().map(str::to_owned);
        if has_ended {
            state.manual = None;
        }
        let days = self.facts.history.days.as_ref().ok_or(HistoryNotLoaded)?;
        let review = Review {
            date,
            enrolled_on: self.enrolled_on,
            is_new_version,
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

    /// Keep a state, with the change that made it if another rank counts.
    fn note(&mut self, mut state: LadderState, mut change: RankChange) {
        change.code = state.code().map(str::to_owned);
        let ladder = change.ladder.clone();
        if change.code != change.previous || change.cause == Cause::Manual {
            state.changes = state.changes.saturating_add(1);
            change.number = state.changes;
            change.follows = state.since;
            change.effective_at = state
                .since
                .map_or(change.effective_at, |since| since.max(change.effective_at));
            state.since = Some(change.effective_at);
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

    /// The ranks that counted at an instant.
    pub(crate) fn held_at<'p>(
        &self,
        program: &'p Program,
        at: Timestamp,
    ) -> Result<Held<'p>, Refusal> {
        let mut ranks = Vec::with_capacity(program.ladders().len());
        for ladder in program.ladders() {
            let state = self.state(ladder);
            let code = self
                .facts
                .ranks
                .code_at(ladder, &state, &self.changes, at)?;
            ranks.push((ladder, ladder.place(code.as_deref())));
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
        let code = |book: &Self, ladder| book.state(ladder).code().map(str::to_owned);
        let before: Vec<_> = ladders.iter().map(|ladder| code(self, ladder)).collect();
        self.record(receipt, climbed)?;
        let states = ladders.iter().zip(before).map(|(ladder, previous)| {
            let code = code(self, ladder);
            RankState {
                ladder: ladder.code.clone(),
                changed: code != previous,
                code,
                previous,
            }
        });
        Ok(states.collect())
    }

    /// The ladders that a receipt climbs at once, and how far.
    pub(crate) fn climbs<'p>(
        &self,
        version: &'p Version,
        day: &DayDelta,
    ) -> Result<Climbed<'p>, Refusal> {
        let mut climbed = Vec::new();
        for ladder in version.program.ladders() {
            if !ladder.lifts_at_once() {
                continue;
            }
            let look = |range| self.with_receipt(range, day);
            let earned = ladder.earned(day.business_date, self.enrolled_on, &look)?;
            if earned > self.state(ladder).earned_place(ladder) {
                climbed.push((ladder, earned));
            }
        }
        Ok(climbed)
    }

    fn with_receipt(&self, range: DateRange, day: &DayDelta) -> Result<Counters, HistoryNotLoaded> {
        let before = self.facts.history.counters(Some(range))?;
        Ok(before.with(day).unwrap_or(before))
    }

    /// One of the past lets reviews of later dates be done again.
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
        for ladder in receipt.version.program.ladders() {
            let reviewed_on = self.reviewed_on(&ladder.code);
            let is_late = reviewed_on.max(self.facts.ranks.began_on) > Some(date);
            if is_late && !ladder.lifts_at_once() {
                self.look_again(ladder, date);
            }
        }
        Ok(())
    }

    /// Let the reviews after `date` be done again, but none from before the last change.
    fn look_again(&mut self, ladder: &Ladder, date: Date) {
        let mut state = self.state(ladder);
        let reviewed_on = state.earned_on.map_or(date, |since| since.max(date));
        let known = self.reviewed_on(&ladder.code);
        if known.max(self.facts.ranks.began_on) > Some(reviewed_on) {
            state.reviewed_on = Some(reviewed_on);
            state.is_late = Some(reviewed_on) < self.facts.ranks.horizon();
            self.ladders.insert(ladder.code.clone(), state);
        }
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
    /// Another step that spending made. A rank that was set by hand ends when spending reaches a
    /// higher one.
    fn move_to(&mut self, ladder: &Ladder, moved: Moved, on: Date) -> Vec<super::Number> {
        self.earned = ladder.code_at(moved.to);
        self.earned_on = Some(on);
        let is_above = |manual: &Manual| moved.to > ladder.place(Some(&manual.code));
        if self.manual.as_ref().is_some_and(is_above) {
            self.manual = None;
        }
        moved.numbers
    }
}

/// Each version with the first business date that begins under it.
pub(super) fn versions_by_date(catalog: &Catalog) -> Vec<(Date, &Version)> {
    let settings = &catalog.settings;
    let (zone, cutovers) = (&settings.time_zone, settings.cutovers());
    let dated = catalog.versions.iter().filter_map(|version| {
        let date = calendar::business_date(version.effective_from, zone, cutovers);
        let starts = calendar::starts_at(date, zone, cutovers).ok()?;
        if starts >= version.effective_from {
            Some((date, version))
        } else {
            Some((date.tomorrow().ok()?, version))
        }
    });
    dated.collect()
}
