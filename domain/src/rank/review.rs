//! One look at a member's place on a ladder as a business day begins.

use super::eras::Eras;
use super::facts::LadderState;
use super::schedule::days_after;
use super::{Ladder, Number, Place};
use crate::history::{Counters, HistoryNotLoaded};
use crate::window::DateRange;
use jiff::civil::Date;

/// What was recorded in a range of business dates.
pub(super) type Look<'a> = &'a dyn Fn(DateRange) -> Result<Counters, HistoryNotLoaded>;

/// The circumstances of a review.
#[derive(Clone, Copy)]
pub(super) struct Review<'a> {
    /// The business date that begins.
    pub(super) date: Date,
    pub(super) enrolled_on: Date,
    pub(super) eras: &'a Eras<'a>,
    pub(super) look: Look<'a>,
}

/// What a review came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) to: Place,
    pub(super) numbers: Vec<Number>,
}

impl Ladder {
    /// Where spending moves a member at this review; none when it stays.
    pub(super) fn moved(
        &self,
        review: Review<'_>,
        state: &LadderState,
    ) -> Result<Option<Moved>, HistoryNotLoaded> {
        let Review {
            date,
            enrolled_on,
            eras,
            look,
        } = review;
        let is_new_version = eras.on(date).is_some_and(|(_, is_new)| is_new);
        let Ok(eve) = date.yesterday() else {
            return Ok(None);
        };
        let place = state.earned_place(self);
        let earned = self.earned(eve, enrolled_on, look)?;
        if earned > place && self.lifts_on(date, enrolled_on, is_new_version) {
            let numbers = self.numbers(earned, eve, enrolled_on, look)?;
            return Ok(Some(Moved {
                to: earned,
                numbers,
            }));
        }
        if earned < place && self.lets_fall(review, state)? {
            let numbers = self.numbers(place, eve, enrolled_on, look)?;
            let to = if self.downgrade.one_step {
                place.and_then(|place| place.checked_sub(1)).max(earned)
            } else {
                earned
            };
            return Ok(Some(Moved { to, numbers }));
        }
        Ok(None)
    }

    /// Whether a member who lost the threshold falls on this date: a review took place since then,
    /// and the grace is over. Whether it was lost on a day, the program of that day says.
    fn lets_fall(&self, review: Review<'_>, state: &LadderState) -> Result<bool, HistoryNotLoaded> {
        let downgrade = &self.downgrade;
        let date = review.date;
        let last_review = downgrade.last_review(date, review.enrolled_on);
        let Some(last_review) = last_review else {
            return Ok(false);
        };
        if downgrade.grace_days == 0 {
            return Ok(last_review == date);
        }
        let grace_began = days_after(date, downgrade.grace_days.saturating_neg());
        let lost_since = last_review.min(grace_began);
        if state.earned_on.is_some_and(|since| lost_since <= since) {
            return Ok(false);
        }
        let mut day = lost_since;
        while day <= date {
            let Ok(eve) = day.yesterday() else {
                return Ok(false);
            };
            let Some(ladder) = review.eras.ladder_on(day, &self.code) else {
                return Ok(false);
            };
            let earned = ladder.earned(eve, review.enrolled_on, review.look)?;
            if earned >= state.earned_place(ladder) {
                return Ok(false);
            }
            day = days_after(day, 1);
        }
        Ok(true)
    }

    /// What a step asks for and what there was, up to and with `date`.
    pub(super) fn numbers(
        &self,
        place: Place,
        date: Date,
        enrolled_on: Date,
        look: Look<'_>,
    ) -> Result<Vec<Number>, HistoryNotLoaded> {
        let step = place.and_then(|place| self.steps.get(place));
        let criteria = step.map_or(&[][..], |step| &step.requirement.criteria);
        let number = |criterion: &super::Criterion| {
            let range = criterion.range(date, enrolled_on);
            Ok(Number {
                metric: criterion.metric,
                threshold: criterion.from,
                value: criterion.value(date, enrolled_on, look)?,
                from: range.and_then(|range| range.from),
                to: range.map(|range| range.to),
            })
        };
        criteria.iter().map(number).collect()
    }
}
