//! What a member may be told of a rank: how long it lasts, what keeps it, and what comes next.

use super::book::RankBook;
use super::eras::Eras;
use super::facts::{LadderState, Manual};
use super::review::Review;
use super::schedule::{MAX_GRACE_DAYS, days_after};
use super::{Ladder, Metric, Place};
use crate::catalog::Catalog;
use crate::decide::Refusal;
use crate::history::{DayBook, HistoryNotLoaded};
use crate::member::MemberFacts;
use crate::needs::Needs;
use crate::window::{DateRange, Window};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// Days in which every date of the year comes by once more.
const YEAR_AND_MORE: i64 = 740;

/// A number on the way to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Aim {
    /// What is counted.
    pub metric: Metric,
    /// What the step asks for.
    pub from: i64,
    /// What there is.
    pub value: i64,
    /// What is missing.
    pub missing: i64,
}

/// What a step asks for and what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Wanted {
    /// Code of the step.
    pub code: String,
    /// The last business date that counts; null = no date is set.
    pub by: Option<Date>,
    /// What is missing, where one number decides it; null where several do.
    pub missing: Option<i64>,
    /// Whether one of the numbers is enough; else all must be reached.
    pub any: bool,
    /// The numbers.
    pub criteria: Vec<Aim>,
}

/// How a member stands on one ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LadderOutlook {
    /// Code of the ladder.
    pub ladder: String,
    /// Code of the step; none below the lowest.
    pub code: Option<String>,
    /// From when on; none = since the enrolment.
    pub since: Option<Timestamp>,
    /// The last business date of the rank if nothing more is recorded; none = it does not end.
    pub valid_until: Option<Date>,
    /// What keeps it beyond that date.
    pub to_keep: Option<Wanted>,
    /// What the next step asks for; none on the highest.
    pub to_next: Option<Wanted>,
    /// Code of the rank after the next review, by what is recorded now.
    pub projected: Option<String>,
    /// Set by hand.
    pub manual: Option<Manual>,
}

/// Names what `outlook` looks at.
#[must_use]
pub fn outlook_needs(catalog: &Catalog, member: &MemberFacts, now: Timestamp) -> Needs {
    let mut needs = Needs::default();
    let book = RankBook::open(catalog, member);
    let today = book.date_of(now);
    book.need_days(today, &mut needs);
    let version = catalog.version_at(now);
    if version.is_some_and(|version| !version.program.ladders().is_empty()) {
        needs.need_days(DateRange {
            from: book.looks_back_to(today),
            to: Date::MAX,
        });
    }
    needs
}

/// How a member stands on every ladder of the program in force, with reviews that are due done.
pub fn outlook(
    catalog: &Catalog,
    member: &MemberFacts,
    now: Timestamp,
) -> Result<Vec<LadderOutlook>, Refusal> {
    let mut book = RankBook::open(catalog, member);
    let today = book.date_of(now);
    let Some(version) = catalog.version_at(now) else {
        return Ok(Vec::new());
    };
    if version.program.ladders().is_empty() {
        return Ok(Vec::new());
    }
    book.advance_to(today)?;
    let days = member.history.days.as_ref().ok_or(HistoryNotLoaded)?;
    let eras = Eras::until(catalog, now);
    let mut outlooks = Vec::new();
    for ladder in version.program.ladders() {
        let seen = Seen {
            ladder,
            enrolled_on: book.enrolled_on,
            eras: &eras,
            days,
            today,
        };
        outlooks.push(seen.outlook(&book.state(ladder))?);
    }
    Ok(outlooks)
}

struct Seen<'a> {
    ladder: &'a Ladder,
    enrolled_on: Date,
    eras: &'a Eras<'a>,
    days: &'a DayBook,
    today: Date,
}

impl Seen<'_> {
    fn outlook(&self, state: &LadderState) -> Result<LadderOutlook, HistoryNotLoaded> {
        let place = state.place(self.ladder);
        let (falls_on, projected) = self.ahead(state)?;
        let valid_until = falls_on.and_then(|date| date.yesterday().ok());
        let to_keep = match valid_until {
            Some(until) => self.wanted(place, until, Some(until))?,
            None => None,
        };
        let next = place.map_or(0, |place| place.saturating_add(1));
        Ok(LadderOutlook {
            ladder: self.ladder.code.clone(),
            code: self.ladder.code_at(place).map(str::to_owned),
            since: state.since,
            valid_until,
            to_keep,
            to_next: self.wanted(Some(next), self.today, None)?,
            projected: self.ladder.code_at(projected).map(str::to_owned),
            manual: state.manual.clone(),
        })
    }

    /// The date on which the rank falls if nothing more is recorded, and the rank after the next
    /// date on which it is looked at.
    fn ahead(&self, state: &LadderState) -> Result<(Option<Date>, Place), HistoryNotLoaded> {
        let (ladder, place) = (self.ladder, state.place(self.ladder));
        let manual_ends = state.manual.as_ref().and_then(|manual| manual.until);
        let until = manual_ends.map_or(self.today, |ends| ends.max(self.today));
        let until = days_after(until, ladder.longest_window().saturating_add(YEAR_AND_MORE));
        let mut state = state.clone();
        let mut projected = None;
        let mut day = days_after(self.today, 1);
        while day < until {
            let before = state.place(ladder);
            let is_looked_at = self.pass(&mut state, day)?;
            let after = state.place(ladder);
            if is_looked_at || after != before {
                projected.get_or_insert(after);
            }
            if after < place {
                return Ok((Some(day), projected.flatten()));
            }
            day = days_after(day, 1);
        }
        Ok((None, projected.unwrap_or(place)))
    }

    /// What a date does if nothing more is recorded; whether it is one of the ladder's reviews, or
    /// ends a rank that was set by hand.
    fn pass(&self, state: &mut LadderState, date: Date) -> Result<bool, HistoryNotLoaded> {
        let (ladder, enrolled_on) = (self.ladder, self.enrolled_on);
        let is_new_version = self.eras.on(date).is_some_and(|(_, is_new)| is_new);
        let is_over = |manual: &Manual| manual.until.is_some_and(|until| until < date);
        let has_ended = state.manual.as_ref().is_some_and(is_over);
        if has_ended {
            state.manual = None;
        }
        if has_ended || ladder.looks_on(date, enrolled_on, is_new_version) {
            let review = Review {
                date,
                enrolled_on,
                eras: self.eras,
                look: &|range| self.days.counters(range),
            };
            if let Some(moved) = ladder.moved(review, state)? {
                state.move_to(ladder, moved, date);
            }
        }
        Ok(has_ended || ladder.is_review(date, enrolled_on, is_new_version))
    }

    /// What a step asks for and what there is up to and with `date`.
    fn wanted(
        &self,
        place: Place,
        date: Date,
        by: Option<Date>,
    ) -> Result<Option<Wanted>, HistoryNotLoaded> {
        let Some(step) = place.and_then(|place| self.ladder.steps.get(place)) else {
            return Ok(None);
        };
        let look = |range| self.days.counters(range);
        let numbers = self.ladder.numbers(place, date, self.enrolled_on, &look)?;
        let aims = numbers.into_iter().map(|number| Aim {
            metric: number.metric,
            from: number.threshold,
            value: number.value,
            missing: number.threshold.saturating_sub(number.value).max(0),
        });
        let criteria: Vec<Aim> = aims.collect();
        let missing = match criteria.as_slice() {
            [only] => Some(only.missing),
            _ => None,
        };
        Ok(Some(Wanted {
            code: step.code.clone(),
            by,
            missing,
            any: step.requirement.any,
            criteria,
        }))
    }
}

impl Ladder {
    /// Days after which nothing of today lies in any window, grace included.
    fn longest_window(&self) -> i64 {
        let days = self.criteria().map(|criterion| match criterion.window {
            Window::RollingDays(days) => days,
            Window::RollingMonths(months) => months.saturating_mul(31),
            Window::Lifetime | Window::SinceEnrolment => 0,
            _ => MAX_GRACE_DAYS,
        });
        days.max()
            .unwrap_or(0)
            .saturating_add(self.downgrade.grace_days)
    }
}
