//! How many points each bonus adds, once it is known on which part of the receipt it works.

use super::Reckoning;
use super::base::{Fired, sum};
use super::bases::Alike;
use super::bonuses::Candidate;
use super::cells::{Cell, Scope, Times, View};
use super::stacking::Share;
use crate::amount::{Overflow, Points};
use crate::bonus::{Bonus, Effect};
use crate::earn::{Counted, PerAmount};
use crate::earning::Granularity;
use crate::ratio::Ratio;
use crate::rounding::{Rounding, largest_remainder};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What a bonus adds, before its limits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gain {
    /// The base points that it worked on.
    pub(super) base: Points,
    pub(super) points: Points,
    /// Whether another bonus went before it everywhere.
    pub(super) is_silenced: bool,
}

impl<'a> Reckoning<'_, 'a> {
    /// What each candidate of one wallet adds with these shares.
    pub(super) fn gains(
        &self,
        candidates: &[Candidate<'a>],
        fired: &[Fired<'a>],
        shares: &[Share],
    ) -> Result<Vec<Gain>, Overflow> {
        let mut gains = Vec::with_capacity(candidates.len());
        for (place, candidate) in candidates.iter().enumerate() {
            let own = || shares.iter().filter(move |share| share.candidate == place);
            let mut gain = Gain {
                is_silenced: own().next().is_none(),
                ..Gain::default()
            };
            gain.points = match &candidate.met.bonus.effect {
                _ if gain.is_silenced => Points::ZERO,
                Effect::Add(points) => *points,
                Effect::AddPerAmount(rate) => {
                    let scope = own().next().map(|share| &share.scope);
                    self.money_points(
                        candidate.met.view(fired),
                        rate,
                        scope.unwrap_or(&Scope::ALL),
                    )?
                }
                // Split over all of them together below.
                Effect::Multiplier(_) if candidate.met.is_exact() => {
                    let mut bases = own().map(|share| self.base_of(candidate, fired, &share.scope));
                    gain.base = bases.try_fold(Points::ZERO, |sum, base| sum.checked_add(base?))?;
                    Points::ZERO
                }
                Effect::Multiplier(_) => {
                    let own: Vec<&Share> = own().collect();
                    let (base, points) = self.multiplied(candidate, fired, &own)?;
                    gain.base = base;
                    points
                }
            };
            gains.push(gain);
        }
        if candidates.first().is_some_and(|first| first.met.is_exact()) {
            self.add_exact(candidates, fired, shares, &mut gains)?;
        }
        Ok(gains)
    }

    /// Points for the money of some lines, cell by cell.
    pub(super) fn money_points(
        &self,
        view: View<'_>,
        rate: &PerAmount,
        scope: &Scope,
    ) -> Result<Points, Overflow> {
        let mut sum = Points::ZERO;
        self.cells(view, scope, None, &mut |cell| {
            let each = rate.points(&cell.measure, Rounding::Floor)?;
            sum = sum.checked_add(times(each, cell.count)?)?;
            Ok(())
        })?;
        Ok(sum)
    }

    /// The base points that a bonus works on within a scope.
    fn base_of(
        &self,
        candidate: &Candidate<'_>,
        fired: &[Fired<'_>],
        scope: &Scope,
    ) -> Result<Points, Overflow> {
        let mut sum = Points::ZERO;
        for alike in &candidate.base.alike {
            for place in alike.whole.iter().chain(&alike.rates) {
                let fired = fired.get(*place).ok_or(Overflow)?;
                sum = sum.checked_add(self.base_in(fired, scope)?)?;
            }
            let lines = alike.lines.iter().filter(|(line, _)| scope.has(**line));
            for (_, (count, points)) in lines {
                sum = sum.checked_add(times(*points, *count)?)?;
            }
        }
        Ok(sum)
    }

    /// Rounded base points, and what a multiplier adds to them: each of its cells is rounded
    /// alone, in the manner of its base rule.
    fn multiplied(
        &self,
        candidate: &Candidate<'_>,
        fired: &[Fired<'_>],
        shares: &[&Share],
    ) -> Result<(Points, Points), Overflow> {
        let is_product = shares.iter().any(|share| share.is_product);
        let (mut base, mut sum) = (Points::ZERO, Points::ZERO);
        for alike in &candidate.base.alike {
            let mut sums = Sums::default();
            for share in shares {
                self.add_cells(alike, fired, share, &mut sums)?;
            }
            let added = sums.added(candidate.met.bonus, alike.rounding, is_product)?;
            sum = sum.checked_add(added)?;
            base = base.checked_add(sums.base)?;
        }
        Ok((base, sum))
    }

    /// Adds the base points of rules that are rounded alike in a share, cell by cell.
    fn add_cells(
        &self,
        alike: &Alike,
        fired: &[Fired<'_>],
        share: &Share,
        sums: &mut Sums,
    ) -> Result<(), Overflow> {
        let (scope, before) = (&share.scope, share.before);
        for place in &alike.whole {
            let fired = fired.get(*place).ok_or(Overflow)?;
            sums.add_whole(self.base_in(fired, scope)?, before)?;
        }
        for place in &alike.rates {
            let fired = fired.get(*place).ok_or(Overflow)?;
            let cells = self.base_cells(fired.rule, fired.view(), scope)?;
            // Lines below zero outside the scope take from what the cells within it give alone.
            if sum(&cells)? > fired.points {
                sums.add_whole(fired.points, before)?;
                continue;
            }
            for cell in cells {
                sums.add(cell.place, cell.count, cell.points, before)?;
            }
        }
        for (line, (count, points)) in &alike.lines {
            if scope.has(*line) {
                sums.add(*line, *count, *points, before)?;
            }
        }
        Ok(())
    }

    /// What multipliers add to the money behind the points of each rule: one rounding of the
    /// total, and what it is above the base is split over them by largest remainder.
    fn add_exact(
        &self,
        candidates: &[Candidate<'a>],
        fired: &[Fired<'a>],
        shares: &[Share],
        gains: &mut [Gain],
    ) -> Result<(), Overflow> {
        let mut multipliers = Vec::new();
        for share in shares {
            let candidate = candidates.get(share.candidate);
            let candidate = candidate.filter(|candidate| candidate.met.bonus.times().is_some());
            if let Some(candidate) = candidate {
                let added = share.before.checked_mul(candidate.met.bonus.added()?)?;
                multipliers.push((candidate, share, added));
            }
        }
        // Rules on which the same multipliers work have the same total.
        let mut totals: BTreeMap<Vec<usize>, Total> = BTreeMap::new();
        for fired in fired {
            let own = multipliers.iter().enumerate();
            let own = own.filter(|(_, (candidate, ..))| candidate.met.works_on.has(fired.rule));
            let own: Vec<usize> = own.map(|(number, _)| number).collect();
            if own.is_empty() {
                continue;
            }
            let mut parts = Vec::with_capacity(own.len());
            for (_, share, added) in own.iter().filter_map(|number| multipliers.get(*number)) {
                parts.push((share.candidate, self.weight(fired, &share.scope, *added)?));
            }
            let total = match totals.entry(own) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let own = new.key().iter();
                    let own = own.filter_map(|number| multipliers.get(*number));
                    let own = own.map(|(_, share, added)| (&share.scope, *added));
                    let total = Total::of(self.basket.lines().len(), own)?;
                    new.insert(total)
                }
            };
            let above = self.exact_total(fired, total)?.checked_sub(fired.points)?;
            let above = above.max(Points::ZERO);
            let weights = whole_weights(&parts);
            let split = largest_remainder(above.get(), &weights);
            for ((candidate, _), points) in parts.iter().zip(split) {
                let gain = gains.get_mut(*candidate).ok_or(Overflow)?;
                gain.points = gain.points.checked_add(Points::new(points))?;
            }
        }
        Ok(())
    }

    /// The part of a rule's total that one multiplier makes.
    fn weight(&self, fired: &Fired<'_>, scope: &Scope, added: Ratio) -> Result<Ratio, Overflow> {
        if fired.rule.award.counted() == Counted::Visit {
            return Ok(if scope.visit { added } else { Ratio::ZERO });
        }
        let sum = self.weight_of(fired.view(), scope);
        Ratio::whole(sum).checked_mul(added)
    }

    /// The points of a rule when its money is multiplied before it is rounded. Points that a
    /// limit cut are multiplied as they are.
    fn exact_total(&self, fired: &Fired<'_>, total: &Total) -> Result<Points, Overflow> {
        let (rule, rounding) = (fired.rule, fired.rule.manner.rounding);
        let mut view = fired.view();
        let is_cut = fired.is_cut();
        if is_cut {
            view.granularity = Granularity::Rule;
        }
        // What is the same everywhere need not be weighed line by line.
        let by_line = Some(&total.times).filter(|_| !total.is_even);
        let mut sum = Points::ZERO;
        self.cells(view, &Scope::ALL, by_line, &mut |mut cell: Cell| {
            if total.is_even && cell.counts_something(view.counted) {
                cell.measure.times = total.times.visit;
            }
            let each = if is_cut {
                let base = Ratio::whole(i128::from(fired.points.get()));
                Points::new(base.checked_mul(cell.measure.times)?.round(rounding)?)
            } else {
                rule.award.points(&cell.measure, rounding)?
            };
            sum = sum.checked_add(times(each, cell.count)?)?;
            Ok(())
        })?;
        Ok(sum)
    }
}

/// What everything is multiplied by.
struct Total {
    times: Times,
    /// Whether it is the same for every line and the visit.
    is_even: bool,
}

impl Total {
    fn of<'s>(
        lines: usize,
        shares: impl Iterator<Item = (&'s Scope, Ratio)>,
    ) -> Result<Self, Overflow> {
        let (mut even, mut times) = (Ratio::ZERO, Times::one(lines));
        let mut is_even = true;
        for (scope, added) in shares {
            if scope.is_all() {
                even = even.checked_add(added)?;
            } else {
                is_even = false;
                times.add(scope, added)?;
            }
        }
        times.add(&Scope::ALL, even)?;
        Ok(Self { times, is_even })
    }
}

/// Base points by cell.
#[derive(Default)]
struct Sums {
    /// Of points that are taken as one, such as those that a limit cut: they belong to no line
    /// any more, nor to one tax rate.
    whole: Option<Ratio>,
    cells: BTreeMap<usize, (i64, Ratio)>,
    /// All of them before anything is multiplied.
    base: Points,
}

impl Sums {
    fn add_whole(&mut self, points: Points, before: Ratio) -> Result<(), Overflow> {
        self.base = self.base.checked_add(points)?;
        let points = Ratio::whole(i128::from(points.get())).checked_mul(before)?;
        let sum = self.whole.unwrap_or(Ratio::ZERO);
        self.whole = Some(sum.checked_add(points)?);
        Ok(())
    }

    fn add(
        &mut self,
        place: usize,
        count: i64,
        points: Points,
        before: Ratio,
    ) -> Result<(), Overflow> {
        self.base = self.base.checked_add(times(points, count)?)?;
        let points = Ratio::whole(i128::from(points.get())).checked_mul(before)?;
        let (_, sum) = self.cells.entry(place).or_insert((count, Ratio::ZERO));
        *sum = sum.checked_add(points)?;
        Ok(())
    }

    /// What the multiplier adds. In a product it is the difference that it makes to the rounded
    /// product, so that the parts sum to the product.
    fn added(
        &self,
        bonus: &Bonus,
        rounding: Rounding,
        is_product: bool,
    ) -> Result<Points, Overflow> {
        let mut sum = Points::ZERO;
        let added = bonus.added()?;
        let whole = self.whole.map(|base| (1, base));
        for (count, base) in whole.into_iter().chain(self.cells.values().copied()) {
            let each = if is_product {
                let after = base.checked_add(base.checked_mul(added)?)?;
                let (before, after) = (base.round(rounding)?, after.round(rounding)?);
                after.checked_sub(before).ok_or(Overflow)?
            } else {
                base.checked_mul(added)?.round(rounding)?
            };
            sum = sum.checked_add(times(Points::new(each), count)?)?;
        }
        Ok(sum)
    }
}

fn times(points: Points, count: i64) -> Result<Points, Overflow> {
    let product = points.get().checked_mul(count).ok_or(Overflow)?;
    Ok(Points::new(product))
}

/// Whole weights in the same proportion; below zero none. Weights of more than 62 bits lose their
/// last bits together.
fn whole_weights(parts: &[(usize, Ratio)]) -> Vec<i64> {
    let scale = |value: &Ratio| {
        let scaled = value.checked_mul(Ratio::whole(1_000_000));
        let whole = scaled.map(|scaled| scaled.numerator().checked_div(scaled.denominator()));
        whole.ok().flatten().unwrap_or(i128::MAX).max(0)
    };
    let mut weights: Vec<i128> = parts.iter().map(|(_, value)| scale(value)).collect();
    let limit = i128::from(i64::MAX >> 1);
    while weights.iter().any(|weight| *weight > limit) {
        for weight in &mut weights {
            *weight >>= 1;
        }
    }
    let weights = weights.into_iter();
    weights
        .map(|weight| i64::try_from(weight).unwrap_or(i64::MAX))
        .collect()
}
