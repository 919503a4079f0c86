//! Ladders of ranks: what a step asks for, what it brings, and when members climb and fall. A rank
//! is a function of what was recorded and of the dates that passed, never of when somebody looked.

use crate::amount::Decimal4;
use crate::bonus::Bonus;
use crate::code::Code;
use crate::history::{Counters, HistoryNotLoaded};
use crate::window::{Cut, DateRange, Window};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod back;
mod book;
mod climb;
mod document;
mod eras;
mod facts;
mod held;
mod need;
mod outlook;
mod probe;
mod replay;
mod review;
mod schedule;
#[cfg(test)]
mod tests;

pub(crate) use back::GoodsBack;
pub(crate) use book::RankBook;
pub(crate) use climb::Receipt;
pub(crate) use document::{equip, rank_rule, read_ladder};
pub use facts::{Cause, LadderState, Manual, Number, PastRank, RankChange, RankFacts, RankUpdate};
pub(crate) use held::{Climbed, Held, NO_RANKS};
pub(crate) use need::{need, need_reviews};
pub use outlook::{Aim, LadderOutlook, Wanted, outlook, outlook_needs};
pub use probe::Probe;
pub use replay::{Recorded, RecordedReceipt, RecordedReturn};
use review::Look;
use schedule::Downgrade;

/// The most ladders of a program.
pub const MAX_LADDERS: usize = 10;
/// The most steps of a ladder.
pub const MAX_STEPS: usize = 100;

/// What a ladder counts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// After discounts, before points paid.
    Spend,
    /// Before the program's discounts.
    GrossSpend,
    /// Receipts.
    Visits,
    /// Points earned less those clawed back.
    PointsEarned,
}

impl Metric {
    /// Its part of the counters.
    #[must_use]
    pub fn of(self, counters: &Counters) -> i64 {
        match self {
            Self::Spend => counters.spend.minor(),
            Self::GrossSpend => counters.gross_spend.minor(),
            Self::Visits => counters.visits,
            Self::PointsEarned => counters.points_earned.get(),
        }
    }
}

/// A number that must be reached within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Criterion {
    metric: Metric,
    /// Inclusive.
    from: i64,
    window: Window,
}

/// What a window holds.
type Known = (Window, Counters);

/// What a step asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    criteria: Vec<Criterion>,
    /// Whether one of them is enough.
    any: bool,
}

/// A step of a ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) code: String,
    /// The same as answers tell it.
    told: Code,
    requirement: Requirement,
    /// Above one.
    times: Option<Decimal4>,
    /// The multiplier as a bonus, once for each wallet with earn rules.
    pub(crate) multipliers: Vec<Bonus>,
    pub(crate) discount_percent: Option<Decimal4>,
}

/// When somebody who reaches a higher step gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Upgrade {
    /// With the receipt that reaches it.
    #[default]
    Immediate,
    /// With the business day after it.
    NextDay,
    /// When the window's period ends; without one, the calendar month.
    PeriodEnd,
}

/// A ladder of ranks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// Unique in the document.
    pub code: String,
    /// The same as answers tell it.
    told: Code,
    /// The name under which its benefits are granted and explained.
    pub(crate) rule: Code,
    /// From the lowest to the highest.
    pub(crate) steps: Vec<Step>,
    upgrade: Upgrade,
    /// Whether a rank serves the receipt that reaches it already.
    pub(crate) at_once: bool,
    downgrade: Downgrade,
    /// Whose periods end upgrades that wait for an end.
    window: Window,
    /// Where somebody stands who never bought anything.
    base: Place,
}

/// A place on a ladder; none is below the lowest step.
pub(crate) type Place = Option<usize>;

impl Criterion {
    /// The dates that it looks at from `date`, that date included.
    fn range(&self, date: Date, enrolled_on: Date) -> Option<DateRange> {
        self.window.range(date, enrolled_on, Cut::UpToDate)
    }

    fn value(
        &self,
        date: Date,
        enrolled_on: Date,
        look: Look<'_>,
    ) -> Result<i64, HistoryNotLoaded> {
        match self.range(date, enrolled_on) {
            Some(range) => Ok(self.metric.of(&look(range)?)),
            None => Ok(0),
        }
    }
}

impl Requirement {
    /// Whether it is met by what was recorded up to and with `date`.
    fn is_met(
        &self,
        date: Date,
        enrolled_on: Date,
        look: Look<'_>,
        known: &mut Option<Known>,
    ) -> Result<bool, HistoryNotLoaded> {
        for criterion in &self.criteria {
            // Steps mostly ask for more and more of one window, whose days are summed once.
            let window = criterion.window;
            let counters = match known.filter(|(known, _)| *known == window) {
                Some((_, counters)) => counters,
                None => criterion
                    .range(date, enrolled_on)
                    .map_or(Ok(Counters::default()), look)?,
            };
            *known = Some((window, counters));
            // Returns may take more from a window than lies in it.
            let value = criterion.metric.of(&counters).max(0);
            let is_met = value >= criterion.from;
            if is_met == self.any {
                return Ok(self.any);
            }
        }
        Ok(!self.any)
    }
}

impl Ladder {
    /// The highest step that is reached by what was recorded up to and with `date`.
    fn earned(
        &self,
        date: Date,
        enrolled_on: Date,
        look: Look<'_>,
    ) -> Result<Place, HistoryNotLoaded> {
        self.earned_above(None, date, enrolled_on, look)
    }

    /// The same where it is above a place; else none.
    fn earned_above(
        &self,
        floor: Place,
        date: Date,
        enrolled_on: Date,
        look: Look<'_>,
    ) -> Result<Place, HistoryNotLoaded> {
        let mut known = None;
        for (place, step) in self.steps.iter().enumerate().rev() {
            if Some(place) <= floor {
                break;
            }
            if step
                .requirement
                .is_met(date, enrolled_on, look, &mut known)?
            {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// The same with the place where somebody stands who never bought anything.
    fn with_base(mut self) -> Self {
        let nothing: Look<'_> = &|_| Ok(Counters::default());
        self.base = self.earned(Date::ZERO, Date::ZERO, nothing).ok().flatten();
        self
    }

    /// The place of a step. A code that the ladder does not have any more counts as the base, as
    /// does none: a program of before may have let members stand below it.
    fn place(&self, code: Option<&str>) -> Place {
        let place = code.and_then(|code| self.steps.iter().position(|step| step.code == code));
        place.or(self.base)
    }

    fn has_step(&self, code: &str) -> bool {
        self.steps.iter().any(|step| step.code == code)
    }

    /// The code of a place.
    fn code_at(&self, place: Place) -> Option<&str> {
        Some(&self.steps.get(place?)?.code)
    }

    /// The same as answers tell it.
    fn told_at(&self, place: Place) -> Option<Code> {
        Some(self.steps.get(place?)?.told.clone())
    }

    /// Whether some step multiplies points.
    pub(crate) fn multiplies(&self) -> bool {
        self.steps.iter().any(|step| step.times.is_some())
    }

    /// Whether some step brings a discount.
    pub(crate) fn discounts(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| step.discount_percent.is_some())
    }

    /// What its steps look at from `date` for a receipt that counts already.
    pub(crate) fn ranges(&self, date: Date, enrolled_on: Date) -> impl Iterator<Item = DateRange> {
        let criteria = self.criteria();
        criteria.filter_map(move |criterion| criterion.range(date, enrolled_on))
    }

    fn criteria(&self) -> impl Iterator<Item = &Criterion> {
        let steps = self.steps.iter();
        steps.flat_map(|step| &step.requirement.criteria)
    }

    /// Whether receipts lift members at once.
    pub(crate) const fn lifts_at_once(&self) -> bool {
        matches!(self.upgrade, Upgrade::Immediate)
    }
}
