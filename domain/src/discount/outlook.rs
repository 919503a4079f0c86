//! What a member can be told of its progressive discounts before it buys: today's rate, what is
//! missing to the next one, and how long today's lasts.

use super::progressive::{Metric, Progressive, Refresh};
use super::{Discount, Kind, Missing};
use crate::amount::{Decimal4, Overflow};
use crate::calendar::business_date;
use crate::catalog::Catalog;
use crate::ledger::DayDelta;
use crate::window::{DateRange, Window};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// The most days that are looked ahead; every window that moves is shorter.
const MAX_DAYS_AHEAD: usize = 10_000;

/// Where a member stands on one progressive discount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DiscountOutlook)]
pub struct Outlook {
    /// Code of the discount.
    pub rule: String,
    /// What it climbs with.
    pub metric: Metric,
    /// When what is bought begins to count.
    pub refresh: Refresh,
    /// Today's rate; where each slice has its own rate, that of the next unit of money.
    pub percent: Decimal4,
    /// Money in minor units, or visits, so far in the window, as today's rate counts them.
    pub value: i64,
    /// The next step; null on the last.
    pub next: Option<OutlookNext>,
    /// The last business date on which the rate is at least today's if nothing more is bought; null = it never falls.
    pub valid_until: Option<Date>,
}

/// The next step of a progressive discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DiscountOutlookNext)]
pub struct OutlookNext {
    /// Where it begins.
    pub from: i64,
    /// Its rate.
    pub percent: Decimal4,
    /// What is missing to it.
    pub missing: i64,
}

/// Today's business date of the tenant, and where a member of these days stands on every progressive
/// discount of the program in force, in the order in which they apply.
pub fn outlooks(
    catalog: &Catalog,
    enrolled_at: Timestamp,
    days: &[DayDelta],
    now: Timestamp,
) -> Result<(Date, Vec<Outlook>), Overflow> {
    let settings = &catalog.settings;
    let date_of = |at| business_date(at, &settings.time_zone, settings.cutovers());
    let today = date_of(now);
    let Some(version) = catalog.version_at(now) else {
        return Ok((today, Vec::new()));
    };
    let mut days: Vec<&DayDelta> = days.iter().collect();
    days.sort_by_key(|day| day.business_date);
    let mut all = Vec::new();
    for discount in version.program.discounts() {
        if let Kind::Progressive(progressive) = &discount.kind {
            let climb = Climb {
                progressive,
                enrolled_on: date_of(enrolled_at),
                sums: Sums::of(&days, progressive.metric)?,
            };
            all.push(climb.outlook(discount, today));
        }
    }
    Ok((today, all))
}

/// What a member bought, as one discount looks at it.
struct Climb<'p> {
    progressive: &'p Progressive,
    enrolled_on: Date,
    sums: Sums,
}

/// Dates in order, each with the sum of it and all before it.
struct Sums(Vec<(Date, i64)>);

impl Climb<'_> {
    fn outlook(&self, discount: &Discount, today: Date) -> Outlook {
        let value = self.value(self.range(today));
        let percent = self.progressive.percent(value);
        let next = self.progressive.next(value).map(|next| OutlookNext {
            from: next.from,
            percent: next.percent,
            missing: match next.missing {
                Missing::Money(missing) => missing.minor(),
                Missing::Visits(missing) => missing,
            },
        });
        Outlook {
            rule: discount.code.clone(),
            metric: self.progressive.metric,
            refresh: self.progressive.refresh,
            percent,
            value,
            next,
            valid_until: self.valid_until(today, percent),
        }
    }

    /// The day before the first on which the rate is lower.
    fn valid_until(&self, today: Date, percent: Decimal4) -> Option<Date> {
        let last_bought = self.sums.last()?;
        let stays = matches!(
            self.progressive.window,
            Window::Lifetime | Window::SinceEnrolment
        );
        let mut last = today;
        for _ in 0..MAX_DAYS_AHEAD {
            let date = last.tomorrow().ok()?;
            let range = self.range(date);
            if self.progressive.percent(self.value(range)) < percent {
                return Some(last);
            }
            let is_settled = |range: DateRange| {
                let is_past = range.from.is_some_and(|from| from > last_bought);
                range.to >= last_bought && (stays || is_past)
            };
            if range.is_some_and(is_settled) {
                return None;
            }
            last = date;
        }
        None
    }

    fn range(&self, date: Date) -> Option<DateRange> {
        let (window, cut) = (self.progressive.window, self.progressive.cut());
        window.range(date, self.enrolled_on, cut)
    }

    /// Returns may take more from a window than lies in it.
    fn value(&self, range: Option<DateRange>) -> i64 {
        range.map_or(0, |range| self.sums.within(range).max(0))
    }
}

impl Sums {
    fn of(days: &[&DayDelta], metric: Metric) -> Result<Self, Overflow> {
        let mut sum = 0_i64;
        let mut sums = Vec::with_capacity(days.len());
        for day in days {
            let added = match metric {
                Metric::Spend => day.spend.minor(),
                Metric::GrossSpend => day.gross_spend.minor(),
                Metric::Visits => day.visits,
            };
            sum = sum.checked_add(added).ok_or(Overflow)?;
            sums.push((day.business_date, sum));
        }
        Ok(Self(sums))
    }

    fn last(&self) -> Option<Date> {
        self.0.last().map(|(date, _)| *date)
    }

    fn within(&self, range: DateRange) -> i64 {
        let until = |is_before: &dyn Fn(Date) -> bool| {
            let place = self.0.partition_point(|(date, _)| is_before(*date));
            let before = place.checked_sub(1).and_then(|last| self.0.get(last));
            before.map_or(0, |(_, sum)| *sum)
        };
        let before = range.from.map_or(0, |from| until(&|date| date < from));
        until(&|date| date <= range.to).saturating_sub(before)
    }
}

#[cfg(test)]
mod tests;
