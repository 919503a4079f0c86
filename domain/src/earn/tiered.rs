//! Rates that climb with the receipt: either the reached tier counts for the whole amount, or
//! each slice of it counts at its own rate.

use super::per_amount::PerAmount;
use crate::amount::{Amount, Overflow, Points};
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};

/// The most tiers of one rule.
pub(crate) const MAX_TIERS: usize = 100;

/// Rates by the amount of the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tiered {
    mode: Mode,
    /// From 0, strictly rising; thresholds are inclusive.
    tiers: Vec<Tier>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Whole,
    Marginal,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tier {
    from: Amount,
    rate: PerAmount,
}

impl Tiered {
    /// The points for `amount`; nothing for a negative amount.
    pub(super) fn points(&self, amount: Amount) -> Result<Points, Overflow> {
        match self.mode {
            Mode::Whole => {
                let reached = self.tiers.iter().rev().find(|tier| tier.from <= amount);
                reached.map_or(Ok(Points::ZERO), |tier| tier.rate.points(amount))
            }
            Mode::Marginal => self.slices().try_fold(Points::ZERO, |points, (tier, end)| {
                let end = end.map_or(amount, |end| end.min(amount));
                points.checked_add(tier.rate.points(end.checked_sub(tier.from)?)?)
            }),
        }
    }

    /// What is missing to the first point: the nearest amount at which some tier fills a block.
    pub(super) fn missing(&self, amount: Amount) -> Option<Amount> {
        let candidates = self.slices().filter_map(|(tier, end)| {
            let block = tier.rate.block();
            let needed = match self.mode {
                Mode::Whole => tier.from.max(block),
                Mode::Marginal => tier.from.checked_add(block).ok()?,
            };
            let fits = match self.mode {
                Mode::Whole => end.is_none_or(|end| needed < end),
                Mode::Marginal => end.is_none_or(|end| needed <= end),
            };
            (fits && needed > amount && tier.rate.gives_points()).then_some(needed)
        });
        candidates.min()?.checked_sub(amount).ok()
    }

    /// Each tier with the threshold that ends it.
    fn slices(&self) -> impl Iterator<Item = (&Tier, Option<Amount>)> {
        let ends = self.tiers.iter().skip(1).map(|tier| Some(tier.from));
        self.tiers.iter().zip(ends.chain(std::iter::once(None)))
    }

    /// Reads the award; none when it goes by something that can't be done yet.
    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Option<Self> {
        reader.require(object, "by");
        let later = ["period_spend", "period_visits", "lifetime_spend", "rank"];
        reader.choice(object, "by", &[("receipt_amount", ())], &later)?;
        reader.refuse(object, &["window"]);
        reader.only(object, "includes_this_receipt", |value| *value == false);
        let modes = [("whole", Mode::Whole), ("marginal", Mode::Marginal)];
        let mode = reader
            .choice(object, "mode", &modes, &[])
            .unwrap_or(Mode::Whole);
        reader.require(object, "tiers");
        let mut tiers: Vec<Tier> = Vec::new();
        for (pointer, value) in reader
            .filled_list(object, "tiers", MAX_TIERS)
            .unwrap_or_default()
        {
            let mut tier = reader.object(value, pointer);
            let from =
                Amount::new(reader.required_integer(&mut tier, "from", 0..=Amount::MAX.minor()));
            let rate = PerAmount::read_rate(reader, &mut tier, 0);
            let before = tiers.last().map(|tier| tier.from);
            check_threshold(reader, &tier, from, before);
            reader.close(&tier);
            tiers.push(Tier { from, rate });
        }
        Some(Self { mode, tiers })
    }
}

fn check_threshold(
    reader: &mut Reader<'_>,
    object: &Object<'_>,
    from: Amount,
    before: Option<Amount>,
) {
    let pointer = object.at("from");
    match before {
        None if from != Amount::ZERO => {
            reader.fault(pointer, FaultCode::TiersStart, "the first tier starts at 0");
        }
        Some(before) if from <= before => {
            let detail = format!("each tier starts above the one before it, here above {before}");
            reader.fault(pointer, FaultCode::TiersOrder, detail);
        }
        _ => {}
    }
}
