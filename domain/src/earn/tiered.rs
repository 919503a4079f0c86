//! Rates that climb with the receipt or with what the member bought before: either the reached
//! tier counts for the whole amount, or each slice of it counts at its own rate.

use super::measure::{Measure, Reached};
use super::per_amount::PerAmount;
use crate::amount::{Amount, Overflow, Points};
use crate::condition::Customer;
use crate::fault::FaultCode;
use crate::history::HistoryNotLoaded;
use crate::needs::Needs;
use crate::program::reader::{Object, Reader};
use crate::rounding::Rounding;
use crate::window::{Cut, DateRange, Window};

mod rank;

/// The most tiers of one rule.
pub(crate) const MAX_TIERS: usize = 100;

/// Rates by what was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tiered {
    by: By,
    mode: Mode,
    /// Whether the receipt itself counts towards the tier.
    includes_this_receipt: bool,
    /// From 0, strictly rising; thresholds are inclusive.
    tiers: Vec<Tier>,
}

/// What the tiers go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    ReceiptAmount,
    Spend(Window),
    Visits(Window),
    Rank,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Whole,
    Marginal,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tier {
    /// By rank the place among the tiers.
    from: i64,
    rate: PerAmount,
    /// By rank the steps that it counts for; those above them have tiers of their own.
    ranks: Vec<String>,
}

/// The largest threshold: what a member may have spent in all.
pub(crate) const MAX_THRESHOLD: i64 = 999_999_999_999_999;

impl Tiered {
    /// The points for the money; nothing for a negative amount.
    pub(super) fn points(&self, measure: &Measure, rounding: Rounding) -> Result<Points, Overflow> {
        self.points_by((measure.amount, measure.reached), |rate, amount| {
            rate.points(&measure.with_amount(amount), rounding)
        })
    }

    /// The same where nothing is multiplied.
    pub(super) fn points_of_sum(
        &self,
        amount: Amount,
        reached: Reached,
        rounding: Rounding,
    ) -> Result<Points, Overflow> {
        self.points_by((amount, reached), |rate, amount| {
            rate.points_of_sum(amount, rounding)
        })
    }

    /// The points of the amount, or of its slices, each at its own rate.
    fn points_by(
        &self,
        (amount, reached): (Amount, Reached),
        points: impl Fn(&PerAmount, Amount) -> Result<Points, Overflow>,
    ) -> Result<Points, Overflow> {
        if !self.cuts_amounts() {
            let reached = self.reached(amount, reached)?;
            let tier = self.tiers.iter().rev().find(|tier| tier.from <= reached);
            return tier.map_or(Ok(Points::ZERO), |tier| points(&tier.rate, amount));
        }
        let start = match self.by {
            By::ReceiptAmount => 0,
            By::Spend(_) | By::Visits(_) | By::Rank => reached.before.max(0),
        };
        let end = start.checked_add(amount.minor().max(0)).ok_or(Overflow)?;
        let mut sum = Points::ZERO;
        for (tier, next) in self.slices() {
            let until = next.map_or(end, |next| end.min(next));
            let slice = until.checked_sub(start.max(tier.from)).ok_or(Overflow)?;
            // Tiers rise, so that those after one that is not reached are not reached either.
            if slice <= 0 && tier.from > start {
                break;
            }
            sum = sum.checked_add(points(&tier.rate, Amount::new(slice))?)?;
        }
        Ok(sum)
    }

    /// What is missing to the first point: the nearest amount at which some tier fills a block.
    pub(super) fn missing(&self, measure: &Measure) -> Option<Amount> {
        let amount = measure.amount;
        if self.by != By::ReceiptAmount {
            let reached = self.reached(amount, measure.reached).ok()?;
            let tier = self.tiers.iter().rev().find(|tier| tier.from <= reached)?;
            return tier.rate.missing(amount, Rounding::Floor);
        }
        let candidates = self.slices().filter_map(|(tier, end)| {
            let block = tier.rate.block().minor();
            let needed = match self.mode {
                Mode::Whole => tier.from.max(block),
                Mode::Marginal => tier.from.checked_add(block)?,
            };
            let fits = match self.mode {
                Mode::Whole => end.is_none_or(|end| needed < end),
                Mode::Marginal => end.is_none_or(|end| needed <= end),
            };
            (fits && needed > amount.minor() && tier.rate.gives_points()).then_some(needed)
        });
        Amount::new(candidates.min()?).checked_sub(amount).ok()
    }

    /// Whether lines can't be looked at alone, because the tier or the slice goes by all of them.
    pub(super) fn goes_by_the_sum(&self) -> bool {
        self.by == By::ReceiptAmount || self.cuts_amounts()
    }

    /// Where the member stands before the receipt, and what the receipt adds.
    pub(super) fn look(
        &self,
        customer: &Customer<'_>,
        spend: Amount,
    ) -> Result<Reached, HistoryNotLoaded> {
        if self.by == By::Rank {
            return Ok(self.rank_of(customer));
        }
        let Some(range) = self.range(customer) else {
            return Ok(Reached::default());
        };
        let counters = customer.history.counters(range)?;
        Ok(match self.by {
            By::Visits(_) => Reached {
                before: counters.visits,
                added: 1,
            },
            By::ReceiptAmount | By::Spend(_) | By::Rank => Reached {
                before: counters.spend.minor(),
                added: spend.minor(),
            },
        })
    }

    fn rank_of(&self, customer: &Customer<'_>) -> Reached {
        let tier = self.tiers.iter().rev();
        let mut tier = tier.filter(|tier| customer.held.is_one_of(&tier.ranks));
        Reached {
            before: tier.next().map_or(0, |tier| tier.from),
            added: 0,
        }
    }

    /// Whether it looks at what was recorded before.
    pub(super) fn looks_back(&self) -> bool {
        self.by != By::ReceiptAmount
    }

    /// Adds what `look` will look at.
    pub(super) fn need(&self, customer: &Customer<'_>, needs: &mut Needs) {
        needs.counters.extend(self.range(customer).flatten());
    }

    /// The dates it looks back on; none when it does not look back.
    fn range(&self, customer: &Customer<'_>) -> Option<Option<DateRange>> {
        match self.by {
            By::ReceiptAmount | By::Rank => None,
            By::Spend(window) | By::Visits(window) => {
                Some(window.range(customer.date, customer.enrolled_on, Cut::UpToDate))
            }
        }
    }

    /// A visit can't be cut, so that its tier counts for all of it.
    fn cuts_amounts(&self) -> bool {
        self.mode == Mode::Marginal && !matches!(self.by, By::Visits(_) | By::Rank)
    }

    fn reached(&self, amount: Amount, reached: Reached) -> Result<i64, Overflow> {
        let Reached { before, added } = reached;
        match self.by {
            By::ReceiptAmount => Ok(amount.minor()),
            // Returns may take more from a window than lies in it.
            _ if self.includes_this_receipt => {
                Ok(before.checked_add(added).ok_or(Overflow)?.max(0))
            }
            _ => Ok(before.max(0)),
        }
    }

    /// Each tier with the threshold that ends it.
    fn slices(&self) -> impl Iterator<Item = (&Tier, Option<i64>)> {
        let ends = self.tiers.iter().skip(1).map(|tier| Some(tier.from));
        self.tiers.iter().zip(ends.chain(std::iter::once(None)))
    }

    /// Reads the award; none when it goes by something that can't be done yet.
    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Option<Self> {
        reader.require(object, "by");
        let words = [
            ("receipt_amount", "receipt_amount"),
            ("period_spend", "period_spend"),
            ("period_visits", "period_visits"),
            ("lifetime_spend", "lifetime_spend"),
            ("rank", "rank"),
        ];
        let by = match reader.choice(object, "by", &words, &[])? {
            "period_spend" => By::Spend(read_window(reader, object)),
            "period_visits" => By::Visits(read_window(reader, object)),
            "lifetime_spend" => By::Spend(Window::Lifetime),
            "rank" => By::Rank,
            _ => By::ReceiptAmount,
        };
        let includes_this_receipt = reader.flag(object, "includes_this_receipt", false);
        let modes = [("whole", Mode::Whole), ("marginal", Mode::Marginal)];
        let mode = reader
            .choice(object, "mode", &modes, &[])
            .unwrap_or(Mode::Whole);
        Some(Self {
            by,
            mode,
            includes_this_receipt,
            tiers: if by == By::Rank {
                rank::read_tiers(reader, object)
            } else {
                read_tiers(reader, object)
            },
        })
    }
}

fn read_window(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Window {
    reader.require(object, "window");
    let window = reader.child(object, "window").map(|mut window| {
        let read = Window::read(reader, &mut window);
        reader.close(&window);
        read
    });
    window.unwrap_or_default()
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
        let rate = PerAmount::read_rate(reader, &mut tier, 0);
        let before = tiers.last().map(|tier| tier.from);
        check_threshold(reader, &tier, from, before);
        reader.close(&tier);
        let ranks = Vec::new();
        tiers.push(Tier { from, rate, ranks });
    }
    tiers
}

/// Tiers start at 0 and rise.
pub(crate) fn check_threshold(
    reader: &mut Reader<'_>,
    object: &Object<'_>,
    from: i64,
    before: Option<i64>,
) {
    let pointer = object.at("from");
    match before {
        None if from != 0 => {
            reader.fault(pointer, FaultCode::TiersStart, "the first tier starts at 0");
        }
        Some(before) if from <= before => {
            let detail = format!("each tier starts above the one before it, here above {before}");
            reader.fault(pointer, FaultCode::TiersOrder, detail);
        }
        _ => {}
    }
}
