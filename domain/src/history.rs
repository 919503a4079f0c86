//! What was recorded of a member before the command, only the parts that some rule asks for: a
//! part that was not loaded is an error, never a silent zero.

use crate::amount::{Amount, Overflow, Points};
use crate::ledger::{DayDelta, RuleUse, Transaction};
use crate::window::DateRange;
use jiff::civil::Date;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// So many entries are quicker to look through than to search.
const FEW: usize = 16;

/// What the business days of a range add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// After discounts, before points paid; net of returns.
    pub spend: Amount,
    /// Before the program's discounts; net of returns.
    pub gross_spend: Amount,
    /// Receipts that are not voided.
    pub visits: i64,
    /// Earned less clawed back, over all wallets.
    pub points_earned: Points,
    /// The latest business date with a visit.
    pub last_visit: Option<Date>,
}

/// What was recorded day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayBook {
    /// The business dates that it knows.
    pub range: DateRange,
    /// Dates on which something was recorded.
    pub days: BTreeMap<Date, Counters>,
}

/// What a code with limits granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Uses {
    /// The points.
    pub points: Points,
    /// Awards above zero.
    pub times: i64,
}

/// Who the member is, as far as conditions look at it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// The day of birth, when it is known.
    pub birth_date: Option<Date>,
    /// The tenant's own attributes.
    pub attributes: BTreeMap<String, String>,
}

/// What was recorded of a member before the command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// By range of business dates in the tenant's zone.
    pub counters: BTreeMap<DateRange, Counters>,
    /// By code and range.
    pub uses: BTreeMap<(String, DateRange), Uses>,
    /// None when nobody asked.
    pub person: Option<Person>,
    /// Day by day, where sums over ranges that are not known beforehand are looked at.
    pub days: Option<DayBook>,
}

/// What every member together used of the campaign limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Budgets {
    /// By code.
    pub used: BTreeMap<String, Uses>,
}

/// The caller must load what `Command::needs` names: a rule asked for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a part of the member's history that a rule looks at was not loaded")]
pub struct HistoryNotLoaded;

/// Code and range, owned or not, so that nothing is copied to look them up.
trait UseKey {
    fn parts(&self) -> (&str, DateRange);
}

impl UseKey for (String, DateRange) {
    fn parts(&self) -> (&str, DateRange) {
        (&self.0, self.1)
    }
}

impl UseKey for (&str, DateRange) {
    fn parts(&self) -> (&str, DateRange) {
        (self.0, self.1)
    }
}

impl<'k> Borrow<dyn UseKey + 'k> for (String, DateRange) {
    fn borrow(&self) -> &(dyn UseKey + 'k) {
        self
    }
}

impl PartialEq for dyn UseKey + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn UseKey + '_ {}

impl PartialOrd for dyn UseKey + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn UseKey + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl Counters {
    /// These and what one receipt adds to a range that it lies in.
    pub(crate) fn with(self, day: &DayDelta) -> Result<Self, Overflow> {
        self.checked_add(day)
    }

    fn plus(&self, other: &Self) -> Result<Self, Overflow> {
        Ok(Self {
            spend: self.spend.checked_add(other.spend)?,
            gross_spend: self.gross_spend.checked_add(other.gross_spend)?,
            visits: self.visits.checked_add(other.visits).ok_or(Overflow)?,
            points_earned: self.points_earned.checked_add(other.points_earned)?,
            last_visit: self.last_visit.max(other.last_visit),
        })
    }

    fn checked_add(self, day: &DayDelta) -> Result<Self, Overflow> {
        let visited = (day.visits > 0).then_some(day.business_date);
        Ok(Self {
            spend: self.spend.checked_add(day.spend)?,
            gross_spend: self.gross_spend.checked_add(day.gross_spend)?,
            visits: self.visits.checked_add(day.visits).ok_or(Overflow)?,
            points_earned: self.points_earned.checked_add(day.points_earned)?,
            last_visit: self.last_visit.max(visited),
        })
    }
}

impl DayBook {
    /// The counters of a range.
    pub fn counters(&self, range: DateRange) -> Result<Counters, HistoryNotLoaded> {
        if range.from.max(self.range.from) != range.from || range.to > self.range.to {
            return Err(HistoryNotLoaded);
        }
        let from = range.from.unwrap_or(Date::MIN);
        let days = self.days.range(from..=range.to);
        // Sums that would leave their range stay where they are, far beyond every threshold.
        Ok(days.fold(Counters::default(), |sum, (_, day)| {
            sum.plus(day).unwrap_or(sum)
        }))
    }

    /// The first date on which something was recorded.
    #[must_use]
    pub fn first_date(&self) -> Option<Date> {
        self.days.keys().next().copied()
    }

    fn apply(&mut self, day: &DayDelta) {
        if self.range.contains(day.business_date) {
            let counters = self.days.entry(day.business_date).or_default();
            *counters = counters.checked_add(day).unwrap_or(*counters);
        }
    }
}

impl Uses {
    /// The sum, unless it leaves its range.
    pub fn checked_add(self, other: Self) -> Result<Self, Overflow> {
        Ok(Self {
            points: self.points.checked_add(other.points)?,
            times: self.times.checked_add(other.times).ok_or(Overflow)?,
        })
    }
}

impl RuleUse {
    /// Its numbers without its name.
    #[must_use]
    pub fn uses(&self) -> Uses {
        Uses {
            points: self.points,
            times: self.times,
        }
    }
}

impl History {
    /// The counters of a range; of no range, all zero.
    pub fn counters(&self, range: Option<DateRange>) -> Result<Counters, HistoryNotLoaded> {
        let Some(range) = range else {
            return Ok(Counters::default());
        };
        if let Some(known) = self.counters.get(&range) {
            return Ok(*known);
        }
        let days = self.days.as_ref().ok_or(HistoryNotLoaded)?;
        days.counters(range)
    }

    /// What a code was used in a range.
    pub fn uses(&self, code: &str, range: DateRange) -> Result<Uses, HistoryNotLoaded> {
        if self.uses.len() <= FEW {
            let mut uses = self.uses.iter();
            let found = uses.find(|((known, of), _)| known == code && *of == range);
            return found.map(|(_, uses)| *uses).ok_or(HistoryNotLoaded);
        }
        let key: &dyn UseKey = &(code, range);
        self.uses.get(key).copied().ok_or(HistoryNotLoaded)
    }

    /// Who the member is.
    pub fn person(&self) -> Result<&Person, HistoryNotLoaded> {
        self.person.as_ref().ok_or(HistoryNotLoaded)
    }

    /// Adds what a receipt counted to the days that are known.
    pub(crate) fn record(&mut self, day: &DayDelta) {
        if let Some(days) = &mut self.days {
            days.apply(day);
        }
    }

    /// Adds what a transaction records, as a fresh load would see it. Sums that would leave their
    /// range stay: the store refuses such a row before anyone reads them again.
    pub(crate) fn apply(&mut self, transaction: &Transaction) {
        if let Some(day) = &transaction.day {
            let ranges = self.counters.iter_mut();
            for (_, counters) in ranges.filter(|(range, _)| range.contains(day.business_date)) {
                *counters = counters.checked_add(day).unwrap_or(*counters);
            }
            if let Some(days) = &mut self.days {
                days.apply(day);
            }
        }
        for added in &transaction.uses {
            let matches = |code: &str, range: &DateRange| {
                code == added.code && range.contains(added.business_date)
            };
            let uses = self.uses.iter_mut();
            for (_, uses) in uses.filter(|((code, range), _)| matches(code, range)) {
                *uses = uses.checked_add(added.uses()).unwrap_or(*uses);
            }
        }
    }
}

impl Budgets {
    /// What all members together used of a code's campaign limits.
    pub fn used(&self, code: &str) -> Result<Uses, HistoryNotLoaded> {
        self.used.get(code).copied().ok_or(HistoryNotLoaded)
    }

    /// Adds what a transaction used, so that the next command of a batch sees it.
    pub fn apply(&mut self, transaction: &Transaction) {
        for added in transaction.uses.iter().filter(|added| added.campaign) {
            if let Some(used) = self.used.get_mut(&added.code) {
                *used = used.checked_add(added.uses()).unwrap_or(*used);
            }
        }
    }
}
