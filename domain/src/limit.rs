//! How much a rule, a bonus or a wallet may grant: per receipt, per member and time, or to all
//! members together. Reaching a limit exactly is allowed.

use crate::amount::Points;
use crate::condition::Customer;
use crate::fault::FaultCode;
use crate::history::Uses;
use crate::needs::Needs;
use crate::program::reader::{Object, Reader};
use crate::window::{Cut, DateRange, Window};
use jiff::civil::Date;

#[cfg(test)]
mod tests;

/// The most limits of one rule, bonus or wallet.
pub(crate) const MAX_LIMITS: usize = 20;
/// The most times that a limit may name.
const MAX_TIMES: i64 = 1_000_000_000;

/// What a limit counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Per {
    Receipt,
    MemberDay,
    MemberWeek,
    MemberMonth,
    MemberYear,
    Member,
    /// All members together.
    Campaign,
}

/// What happens to an award that goes beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// What is left is granted.
    Cut,
    /// Nothing is granted.
    Reject,
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) per: Per,
    points: Option<Points>,
    /// Awards above zero.
    times: Option<i64>,
    over: Over,
}

/// All limits of one code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Limits(Vec<Limit>);

impl Per {
    /// The business dates that it counts over; none when it is not one member's time.
    pub(crate) fn range(self, date: Date) -> Option<DateRange> {
        // A late receipt counts in the whole day, week, month or year of its own date, also with
        // what was recorded for later dates of it, so that no order of arrival goes beyond.
        let whole = |window: Window, to: Option<Date>| {
            let from = window.range(date, date, Cut::UpToDate)?.from;
            Some(DateRange { from, to: to? })
        };
        match self {
            Self::Receipt | Self::Campaign => None,
            Self::MemberDay => Some(DateRange {
                from: Some(date),
                to: date,
            }),
            Self::MemberWeek => {
                let into = i64::from(date.weekday().to_monday_zero_offset());
                let monday = date.checked_sub(jiff::Span::new().days(into)).ok()?;
                let sunday = monday.checked_add(jiff::Span::new().days(6)).ok();
                Some(DateRange {
                    from: Some(monday),
                    to: sunday?,
                })
            }
            Self::MemberMonth => whole(Window::CalendarMonth, Some(date.last_of_month())),
            Self::MemberYear => whole(Window::CalendarYear, Some(date.last_of_year())),
            Self::Member => Some(DateRange::EVER),
        }
    }
}

impl Limit {
    /// Whether it looks at how often something was granted.
    pub(crate) fn counts_times(&self) -> bool {
        self.times.is_some()
    }

    /// What it leaves of an award, given what was used before.
    pub(crate) fn apply(&self, wanted: Points, used: Uses) -> Points {
        if wanted <= Points::ZERO {
            return wanted;
        }
        if self.times.is_some_and(|times| used.times >= times) {
            return Points::ZERO;
        }
        let Some(most) = self.points else {
            return wanted;
        };
        let left = most.checked_sub(used.points).unwrap_or(Points::ZERO);
        let left = left.max(Points::ZERO);
        match self.over {
            _ if wanted <= left => wanted,
            Over::Cut => left,
            Over::Reject => Points::ZERO,
        }
    }
}

impl Limits {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Limit> {
        self.0.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them counts beyond the receipt, so that what is granted must be kept.
    pub(crate) fn are_kept(&self) -> bool {
        self.0.iter().any(|limit| limit.per != Per::Receipt)
    }

    /// Whether one of them counts over all members.
    pub(crate) fn are_shared(&self) -> bool {
        self.0.iter().any(|limit| limit.per == Per::Campaign)
    }

    /// Adds what must be known to apply them.
    pub(crate) fn need(&self, code: &str, customer: &Customer<'_>, needs: &mut Needs) {
        for limit in &self.0 {
            if limit.per == Per::Campaign {
                needs.budgets.insert(code.to_owned());
            } else if let Some(range) = limit.per.range(customer.date) {
                needs.uses.insert((code.to_owned(), range));
            }
        }
    }

    /// Reads the `limits` of a rule, bonus or wallet.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let items = reader
            .list(object, "limits", MAX_LIMITS)
            .unwrap_or_default();
        let limits = items.into_iter().map(|(pointer, value)| {
            let mut limit = reader.object(value, pointer);
            let read = read_limit(reader, &mut limit);
            reader.close(&limit);
            read
        });
        Self(limits.collect())
    }
}

fn read_limit(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Limit {
    reader.require(object, "per");
    let pers = [
        ("receipt", Per::Receipt),
        ("member_day", Per::MemberDay),
        ("member_week", Per::MemberWeek),
        ("member_month", Per::MemberMonth),
        ("member_year", Per::MemberYear),
        ("member", Per::Member),
        ("campaign", Per::Campaign),
    ];
    let per = reader.choice(object, "per", &pers, &[]);
    let given = object.get("points").is_some() || object.get("times").is_some();
    if !given {
        let detail = "a limit needs points or times; give one of them";
        reader.fault(object.at("points"), FaultCode::Required, detail);
    }
    let points = reader.integer(object, "points", 1..=Points::MAX_BALANCE.get());
    let times = reader.integer(object, "times", 1..=MAX_TIMES);
    let overs = [("cut", Over::Cut), ("reject", Over::Reject)];
    let over = reader.choice(object, "over", &overs, &[]);
    Limit {
        per: per.unwrap_or(Per::Receipt),
        points: points.map(Points::new),
        times,
        over: over.unwrap_or(Over::Cut),
    }
}
