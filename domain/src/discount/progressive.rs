//! A percentage that climbs with what the member bought before.

use super::{Missing, Money, Next, Share, read_percent};
use crate::amount::{Amount, Decimal4, Overflow};
use crate::condition::Customer;
use crate::decide::Refusal;
use crate::earn::{MAX_THRESHOLD, MAX_TIERS, check_threshold};
use crate::history::Counters;
use crate::program::reader::{Object, Reader};
use crate::window::{Cut, DateRange, Window};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A percentage by what the member bought before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progressive {
    pub(super) metric: Metric,
    pub(super) window: Window,
    pub(super) refresh: Refresh,
    mode: Mode,
    /// From 0, strictly rising; thresholds are inclusive.
    tiers: Vec<Tier>,
}

/// What a progressive discount climbs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DiscountMetric)]
pub enum Metric {
    /// Money after the program's discounts, before points paid.
    Spend,
    /// Money before the program's discounts.
    GrossSpend,
    /// Receipts.
    Visits,
}

/// When what was bought begins to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DiscountRefresh)]
pub enum Refresh {
    /// From the next business day, so that the rate is the same all day.
    Daily,
    /// From the next receipt.
    Immediate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Whole,
    Marginal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tier {
    from: i64,
    percent: Decimal4,
}

impl Progressive {
    /// What it takes off a receipt of a member.
    pub(super) fn share(&self, money: Money, customer: &Customer<'_>) -> Result<Share, Refusal> {
        let counters = customer.history.counters(self.range(customer))?;
        let value = self.value(&counters);
        let share = if self.cuts_amounts() {
            self.marginal(money, value)?
        } else {
            Share::percent(money.priced, self.percent(value))?
        };
        Ok(Share {
            next: self.next(value),
            ..share
        })
    }

    /// Each slice of the money at its own rate. Slices are cut on the side of the tax that
    /// thresholds use, and taken off the till's prices in the same proportion.
    fn marginal(&self, money: Money, value: i64) -> Result<Share, Overflow> {
        let nothing = Share {
            numerator: 0,
            denominator: 1,
            percent: None,
            next: None,
        };
        if money.counted <= 0 {
            return Ok(nothing);
        }
        let end = value.checked_add(money.counted).ok_or(Overflow)?;
        let ends = self.tiers.iter().skip(1).map(|tier| tier.from);
        let slices = self.tiers.iter().zip(ends.chain([i64::MAX]));
        let sum = slices.fold(0_i128, |sum, (tier, next)| {
            let slice = end.min(next).saturating_sub(value.max(tier.from)).max(0);
            let part = i128::from(slice).saturating_mul(i128::from(tier.percent.units()));
            sum.saturating_add(part)
        });
        let hundred = i128::from(Decimal4::HUNDRED.units());
        if money.counted == money.priced {
            return Ok(Share {
                numerator: sum,
                denominator: hundred,
                ..nothing
            });
        }
        let numerator = sum.checked_mul(i128::from(money.priced));
        let denominator = hundred.checked_mul(i128::from(money.counted));
        Ok(Share {
            numerator: numerator.ok_or(Overflow)?,
            denominator: denominator.ok_or(Overflow)?,
            ..nothing
        })
    }

    /// A visit can't be cut, so that its tier counts for all of it.
    pub(super) fn cuts_amounts(&self) -> bool {
        self.mode == Mode::Marginal && self.metric != Metric::Visits
    }

    /// The dates that it looks back on; none when there are none.
    pub(super) fn range(&self, customer: &Customer<'_>) -> Option<DateRange> {
        self.window
            .range(customer.date, customer.enrolled_on, self.cut())
    }

    /// Where its window ends.
    pub(super) fn cut(&self) -> Cut {
        match self.refresh {
            Refresh::Daily => Cut::DayBefore,
            Refresh::Immediate => Cut::UpToDate,
        }
    }

    /// How far the member has climbed; returns may take more from a window than lies in it.
    fn value(&self, counters: &Counters) -> i64 {
        let value = match self.metric {
            Metric::Spend => counters.spend.minor(),
            Metric::GrossSpend => counters.gross_spend.minor(),
            Metric::Visits => counters.visits,
        };
        value.max(0)
    }

    /// The rate at this height.
    pub(super) fn percent(&self, value: i64) -> Decimal4 {
        let reached = self.tiers.iter().rev().find(|tier| tier.from <= value);
        reached.map_or(Decimal4::ZERO, |tier| tier.percent)
    }

    /// The step above this height.
    pub(super) fn next(&self, value: i64) -> Option<Next> {
        let Tier { from, percent } = *self.tiers.iter().find(|tier| tier.from > value)?;
        let missing = from.saturating_sub(value);
        let missing = match self.metric {
            Metric::Spend | Metric::GrossSpend => Missing::Money(Amount::new(missing)),
            Metric::Visits => Missing::Visits(missing),
        };
        Some(Next {
            from,
            percent,
            missing,
        })
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let metrics = [
            ("spend", Metric::Spend),
            ("gross_spend", Metric::GrossSpend),
            ("visits", Metric::Visits),
        ];
        let metric = reader.choice(object, "metric", &metrics, &[]);
        let window = reader.child(object, "window").map(|mut window| {
            let read = Window::read(reader, &mut window);
            reader.close(&window);
            read
        });
        let refreshes = [("daily", Refresh::Daily), ("immediate", Refresh::Immediate)];
        let refresh = reader.choice(object, "refresh", &refreshes, &[]);
        let modes = [("whole", Mode::Whole), ("marginal", Mode::Marginal)];
        let mode = reader.choice(object, "mode", &modes, &[]);
        Self {
            metric: metric.unwrap_or(Metric::Spend),
            window: window.unwrap_or_default(),
            refresh: refresh.unwrap_or(Refresh::Daily),
            mode: mode.unwrap_or(Mode::Whole),
            tiers: read_tiers(reader, object),
        }
    }
}

fn read_tiers(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Vec<Tier> {
    reader.require(object, "tiers");
    let mut tiers: Vec<Tier> = Vec::new();
    for (pointer, value) in reader
        .filled_list(object, "tiers", MAX_TIERS)
        .unwrap_or_default()
    {
        let mut tier = reader.object(value, pointer);
        let from = reader.required_integer(&mut tier, "from", 0..=MAX_THRESHOLD);
        let percent = read_percent(reader, &mut tier);
        check_threshold(reader, &tier, from, tiers.last().map(|tier| tier.from));
        reader.close(&tier);
        tiers.push(Tier { from, percent });
    }
    if !tiers.is_empty() && tiers.iter().all(|tier| tier.percent == Decimal4::ZERO) {
        let detail = "no tier takes anything off, so it can never fire";
        reader.warn(object.at("tiers"), detail);
    }
    tiers
}
