//! How many points each bonus adds, once it is known on which part of the receipt it works.

use super::Evaluation;
use super::base::Fired;
use super::bonuses::Candidate;
use super::cells::{Cell, Scope, Times, View};
use super::stacking::Share;
use crate::amount::{Overflow, Points};
use crate::bonus::{Bonus, Effect};
use crate::earn::{Counted, PerAmount};
use crate::earning::Granularity;
use crate::ratio::Ratio;
use crate::rounding::{Rounding, largest_remainder};

/// The place of points that a limit cut: they belong to no line any more, nor to one tax rate.
const CUT: usize = usize::MAX;

/// What a bonus adds, before its limits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gain {
    /// The base points that it worked on.
    pub(super) base: Points,
    pub(super) points: Points,
    /// Whether another bonus went before it everywhere.
    pub(super) is_silenced: bool,
}

impl<'a> Evaluation<'a> {
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
            for share in own() {
                let base = self.base_of(candidate, fired, &share.scope)?;
                gain.base = gain.base.checked_add(base)?;
            }
            gain.points = match &candidate.bonus.effect {
                _ if gain.is_silenced => Points::ZERO,
                Effect::Add(points) => *points,
                Effect::AddPerAmount(rate) => {
                    let scope = own().next().map(|share| &share.scope);
                    self.money_points(candidate.view(fired), rate, scope.unwrap_or(&Scope::ALL))?
                }
                // Split over all of them together below.
                Effect::Multiplier(_) if candidate.is_exact() => Points::ZERO,
                Effect::Multiplier(_) => {
                    let own: Vec<&Share> = own().collect();
                    self.multiplied(candidate, fired, &own)?
                }
            };
            gains.push(gain);
        }
        if candidates.first().is_some_and(Candidate::is_exact) {
            let counts = |fired: &&Fired<'_>| fired.points > Points::ZERO || fired.is_below_one();
            for fired in fired.iter().filter(counts) {
                self.add_exact(candidates, fired, shares, &mut gains)?;
            }
        }
        Ok(gains)
    }

    /// Points for the money of some lines, cell by cell.
    fn money_points(
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
        let mut base = fired.iter().filter(|fired| candidate.works_on(fired));
        base.try_fold(Points::ZERO, |sum, fired| {
            sum.checked_add(self.base_in(fired, scope)?)
        })
    }

    /// What was granted, or the rule over the lines of the scope alone; never more than granted.
    fn base_in(&self, fired: &Fired<'_>, scope: &Scope) -> Result<Points, Overflow> {
        if scope.is_all() {
            return Ok(fired.points);
        }
        let points = self.base_points(fired.rule, fired.reached, scope)?;
        Ok(points.min(fired.points))
    }

    /// What a multiplier adds to rounded base points: each of its cells is rounded alone, in the
    /// manner of its base rule.
    fn multiplied(
        &self,
        candidate: &Candidate<'_>,
        fired: &[Fired<'_>],
        shares: &[&Share],
    ) -> Result<Points, Overflow> {
        let base: Vec<&Fired<'_>> = fired
            .iter()
            .filter(|fired| candidate.works_on(fired))
            .collect();
        let manner_of = |fired: &Fired<'_>| (fired.rule.granularity(), fired.rule.manner.rounding);
        let mut manners: Vec<(Granularity, Rounding)> = Vec::new();
        for fired in &base {
            if !manners.contains(&manner_of(fired)) {
                manners.push(manner_of(fired));
            }
        }
        let is_product = shares.iter().any(|share| share.is_product);
        let mut sum = Points::ZERO;
        for manner in manners {
            let alike = || base.iter().filter(|fired| manner_of(fired) == manner);
            let mut sums = Sums::default();
            for (share, fired) in shares.iter().flat_map(|s| alike().map(move |f| (s, f))) {
                self.add_cells(fired, share, &mut sums)?;
            }
            let added = sums.added(candidate.bonus, manner.1, is_product)?;
            sum = sum.checked_add(added)?;
        }
        Ok(sum)
    }

    /// Adds the base points of a rule in a share, cell by cell.
    fn add_cells(&self, fired: &Fired<'_>, share: &Share, sums: &mut Sums) -> Result<(), Overflow> {
        let rule = fired.rule;
        let base = self.base_in(fired, &share.scope)?;
        let is_one = rule.granularity() == Granularity::Rule;
        // Lines below zero outside the scope take from what the cells within it give alone.
        let is_more = || Ok(self.base_points(rule, fired.reached, &share.scope)? > fired.points);
        let is_cut = fired.points < fired.wanted || (!share.scope.is_all() && is_more()?);
        if is_one || is_cut {
            let place = if is_one { 0 } else { CUT };
            return sums.add(place, 1, base, share.before);
        }
        let view = View::of(rule, fired.reached);
        self.cells(view, &share.scope, None, &mut |cell: Cell| {
            let points = rule.award.points(&cell.measure, rule.manner.rounding)?;
            sums.add(cell.place, cell.count, points, share.before)
        })
    }

    /// What multipliers add to the money behind the points of one rule: one rounding of the
    /// total, and what it is above the base is split over them by largest remainder.
    fn add_exact(
        &self,
        candidates: &[Candidate<'a>],
        fired: &Fired<'a>,
        shares: &[Share],
        gains: &mut [Gain],
    ) -> Result<(), Overflow> {
        let view = View::of(fired.rule, fired.reached);
        let mut total = Times::one(self.basket.lines().len());
        let weights = self.weights(view, &Scope::ALL);
        let mut parts: Vec<(usize, Ratio)> = Vec::new();
        for share in shares {
            let Some(candidate) = candidates.get(share.candidate) else {
                continue;
            };
            if candidate.bonus.times().is_none() || !candidate.works_on(fired) {
                continue;
            }
            let added = share.before.checked_mul(candidate.bonus.added()?)?;
            let mut value = Ratio::ZERO;
            if share.scope.visit {
                total.visit = total.visit.checked_add(added)?;
            }
            if view.counted == Counted::Visit && share.scope.visit {
                value = added;
            }
            let lines = total.lines.iter_mut().zip(&weights).enumerate();
            for (_, (line, weight)) in lines.filter(|(place, _)| share.scope.has(*place)) {
                *line = line.checked_add(added)?;
                let weight = Ratio::whole(i128::from(*weight));
                value = value.checked_add(weight.checked_mul(added)?)?;
            }
            parts.push((share.candidate, value));
        }
        let above = self.exact_total(fired, &total)?.checked_sub(fired.points)?;
        let above = above.max(Points::ZERO);
        let weights = whole_weights(&parts);
        for ((candidate, _), points) in parts.iter().zip(largest_remainder(above.get(), &weights)) {
            if let Some(gain) = gains.get_mut(*candidate) {
                gain.points = gain.points.checked_add(Points::new(points))?;
            }
        }
        Ok(())
    }

    /// The points of a rule when its money is multiplied before it is rounded. Points that a
    /// limit cut are multiplied as they are.
    fn exact_total(&self, fired: &Fired<'_>, total: &Times) -> Result<Points, Overflow> {
        let (rule, rounding) = (fired.rule, fired.rule.manner.rounding);
        let mut view = View::of(rule, fired.reached);
        let is_cut = fired.points < fired.wanted;
        if is_cut {
            view.granularity = Granularity::Rule;
        }
        let mut sum = Points::ZERO;
        self.cells(view, &Scope::ALL, Some(total), &mut |cell: Cell| {
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

/// Base points by cell.
#[derive(Default)]
struct Sums(Vec<(usize, i64, Ratio)>);

impl Sums {
    fn add(
        &mut self,
        place: usize,
        count: i64,
        points: Points,
        before: Ratio,
    ) -> Result<(), Overflow> {
        let points = Ratio::whole(i128::from(points.get())).checked_mul(before)?;
        let sums = &mut self.0;
        match sums.iter_mut().find(|(known, ..)| *known == place) {
            Some((.., sum)) => *sum = sum.checked_add(points)?,
            None => sums.push((place, count, points)),
        }
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
        for (_, count, base) in &self.0 {
            let each = if is_product {
                let after = base.checked_add(base.checked_mul(added)?)?;
                let (before, after) = (base.round(rounding)?, after.round(rounding)?);
                after.checked_sub(before).ok_or(Overflow)?
            } else {
                base.checked_mul(added)?.round(rounding)?
            };
            sum = sum.checked_add(times(Points::new(each), *count)?)?;
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
