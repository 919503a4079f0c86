//! Which bonus works on which part of a receipt, when several of one wallet come together. They
//! are told apart line by line as soon as one of them looks only at some lines.

use super::Reckoning;
use super::base::Fired;
use super::bonuses::Candidate;
use super::cells::{Scope, Times};
use crate::amount::{Decimal4, Overflow, Points};
use crate::bonus::Effect;
use crate::earn::Counted;
use crate::earning::Stacking;
use crate::places::Places;
use crate::ratio::Ratio;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A part of a receipt that one bonus works on.
#[derive(Debug, Clone)]
pub(super) struct Share {
    /// The place of the bonus among the candidates.
    pub(super) candidate: usize,
    pub(super) scope: Scope,
    /// What the bonuses before it multiply the base by; above one only in a product.
    pub(super) before: Ratio,
    /// Whether it is rounded as the difference that it makes to a product.
    pub(super) is_product: bool,
}

/// The candidates of one wallet that combine in the same way.
struct Group<'g, 'a> {
    candidates: &'g [Candidate<'a>],
    members: Vec<usize>,
    fired: &'g [Fired<'a>],
    /// Whether lines are told apart.
    by_line: bool,
}

/// What a bonus is worth on each line, and for the visit.
type Worth = (Vec<i128>, i128);

/// Compares what lines are worth without rounding them.
const PRECISION: i128 = 1_000_000;

impl<'a> Group<'_, 'a> {
    fn members(&self) -> impl Iterator<Item = (usize, &Candidate<'a>)> {
        let members = self.members.iter();
        members.filter_map(|place| Some((*place, self.candidates.get(*place)?)))
    }
}

impl<'a> Reckoning<'_, 'a> {
    /// What each candidate of one wallet works on; those that give way to others have no share.
    pub(super) fn shares(
        &self,
        candidates: &[Candidate<'a>],
        fired: &[Fired<'a>],
    ) -> Result<Vec<Share>, Overflow> {
        let mut shares = Vec::with_capacity(candidates.len());
        for way in [
            Stacking::Sum,
            Stacking::Product,
            Stacking::Best,
            Stacking::Newest,
        ] {
            let all = candidates.iter().enumerate();
            let members = all.filter(|(_, candidate)| candidate.met.bonus.combine == way);
            let members: Vec<usize> = members.map(|(place, _)| place).collect();
            if members.is_empty() {
                continue;
            }
            let mut group = Group {
                candidates,
                members,
                fired,
                by_line: false,
            };
            let is_narrow =
                |(_, candidate): (_, &Candidate<'_>)| candidate.met.bonus.when.has_line_scope();
            let by_line = group.members().any(is_narrow);
            group.by_line = by_line;
            match way {
                Stacking::Sum => shares.extend(self.each(&group)),
                Stacking::Product => shares.extend(self.product(&group)?),
                Stacking::Best => shares.extend(self.best(&group)?),
                Stacking::Newest => shares.extend(self.newest(&group)),
            }
        }
        shares.retain(|share| !share.scope.is_empty());
        Ok(shares)
    }

    /// Each works on the lines that it sees.
    fn each(&self, group: &Group<'_, 'a>) -> Vec<Share> {
        let members = group.members();
        members
            .map(|(place, candidate)| Share::alone(place, candidate.met.scope()))
            .collect()
    }

    /// Each multiplies what those before it in the document leave; additions stand apart.
    fn product(&self, group: &Group<'_, 'a>) -> Result<Vec<Share>, Overflow> {
        let mut shares = Vec::new();
        let mut before = Times::one(self.basket.lines().len());
        // Bonuses on different lines meet at the visit alone, whose product may leave every range;
        // it is looked at only where a rule counts it.
        let counts_visit = |fired: &Fired<'_>| fired.rule.award.counted() == Counted::Visit;
        let tells_visit = !group.by_line || group.fired.iter().any(counts_visit);
        for (place, candidate) in group.members() {
            let Some(times) = candidate.met.bonus.times() else {
                shares.push(Share::alone(place, candidate.met.scope()));
                continue;
            };
            let times = Ratio::decimal(times)?;
            let mut scope = candidate.met.scope();
            scope.visit &= tells_visit;
            let levels = before.levels(&scope);
            shares.extend(levels.into_iter().map(|level| Share {
                candidate: place,
                scope: before.part(&scope, level, group.by_line),
                before: level,
                is_product: true,
            }));
            before.multiply(&scope, times)?;
        }
        Ok(shares)
    }

    /// The one that gives the most, for the receipt or for each line; an addition stands for the
    /// whole receipt. Ties go to the earlier.
    fn best(&self, group: &Group<'_, 'a>) -> Result<Vec<Share>, Overflow> {
        let is_addition =
            |candidate: &Candidate<'_>| matches!(candidate.met.bonus.effect, Effect::Add(_));
        let mut offers = Vec::with_capacity(group.members.len());
        if group.by_line {
            offers.push(self.best_by_line(group)?);
        }
        for (place, candidate) in group.members() {
            if !group.by_line || is_addition(candidate) {
                offers.push(vec![Share::alone(place, candidate.met.scope())]);
            }
        }
        // What wins line by line stands where the earliest of its bonuses does.
        offers.sort_by_key(|shares| shares.first().map(|share| share.candidate));
        let mut best: Option<(Points, Vec<Share>)> = None;
        for shares in offers {
            let gains = self.gains(group.candidates, group.fired, &shares)?;
            let mut gains = gains.iter();
            let sum = gains.try_fold(Points::ZERO, |sum, gain| sum.checked_add(gain.points))?;
            if best.as_ref().is_none_or(|(most, _)| sum > *most) {
                best = Some((sum, shares));
            }
        }
        Ok(best.map_or_else(Vec::new, |(_, shares)| shares))
    }

    fn best_by_line(&self, group: &Group<'_, 'a>) -> Result<Vec<Share>, Overflow> {
        let mut worths = Vec::with_capacity(group.members.len());
        // Equal multipliers of the same points are worth the same.
        let mut known: BTreeMap<(usize, Decimal4), Rc<Worth>> = BTreeMap::new();
        for (place, candidate) in group.members() {
            let times = candidate.met.bonus.times();
            let key = times.map(|times| (candidate.base.number, times));
            let worth = match key.and_then(|key| known.get(&key)) {
                Some(worth) => Rc::clone(worth),
                None => match self.worth(candidate, group.fired)? {
                    Some(worth) => Rc::new(worth),
                    None => continue,
                },
            };
            if let Some(key) = key {
                known.insert(key, Rc::clone(&worth));
            }
            worths.push((place, candidate.met.scope(), worth));
        }
        let most = |line: usize| {
            let seen = worths.iter().filter(|(_, scope, _)| scope.has(line));
            let of_line = |worth: &[i128]| worth.get(line).copied();
            // The last of equals is the earliest when they are looked at backwards.
            let best = seen.rev().max_by_key(|(.., worth)| of_line(&worth.0));
            best.map(|(place, ..)| *place)
        };
        let visit = worths.iter().filter(|(_, scope, _)| scope.visit);
        let visit = visit.rev().max_by_key(|(.., worth)| worth.1);
        let visit = visit.map(|(place, ..)| *place);
        Ok(self.won(group, most, visit))
    }

    /// The one that began last, for the receipt or for each line; ties go to the later.
    fn newest(&self, group: &Group<'_, 'a>) -> Vec<Share> {
        let age = |(place, candidate): &(usize, &Candidate<'_>)| {
            (candidate.met.bonus.when.begins_on(), *place)
        };
        if !group.by_line {
            let newest = group.members().max_by_key(age);
            return newest
                .map(|(place, _)| Share::alone(place, Scope::ALL))
                .into_iter()
                .collect();
        }
        let mut scopes: Vec<(usize, Scope)> = Vec::with_capacity(group.members.len());
        let mut members: Vec<_> = group.members().collect();
        members.sort_by_key(|member| Reverse(age(member)));
        for (place, candidate) in members {
            scopes.push((place, candidate.met.scope()));
        }
        let first = |line: usize| {
            let mut scopes = scopes.iter();
            scopes
                .find(|(_, scope)| scope.has(line))
                .map(|(place, _)| *place)
        };
        let mut visits = scopes.iter();
        let visit = visits
            .find(|(_, scope)| scope.visit)
            .map(|(place, _)| *place);
        self.won(group, first, visit)
    }

    /// The shares of those that won some line or the visit.
    fn won(
        &self,
        group: &Group<'_, 'a>,
        winner: impl Fn(usize) -> Option<usize>,
        visit: Option<usize>,
    ) -> Vec<Share> {
        let lines = self.basket.lines().len();
        let winners: Vec<Option<usize>> = (0..lines).map(winner).collect();
        let members = group.members();
        let shares = members.map(|(place, _)| {
            let lines = winners.iter().map(|winner| *winner == Some(place));
            Share::alone(place, Scope::of(Places::of(lines), visit == Some(place)))
        });
        shares.filter(|share| !share.scope.is_empty()).collect()
    }

    /// What a bonus is worth on each line and for the visit, to compare it with others; none for
    /// an addition, which has no line.
    fn worth(
        &self,
        candidate: &Candidate<'_>,
        fired: &[Fired<'_>],
    ) -> Result<Option<Worth>, Overflow> {
        let mut lines = vec![0_i128; self.basket.lines().len()];
        let mut visit = 0_i128;
        let mut add = |weights: &[i64], rate: Ratio| -> Result<(), Overflow> {
            let weights = lines.iter_mut().zip(weights);
            for (sum, weight) in weights.filter(|(_, weight)| **weight != 0) {
                // What a line takes back would have been worth as much.
                let weight = i128::from(weight.unsigned_abs());
                let precise = weight.checked_mul(PRECISION).ok_or(Overflow)?;
                let worth = scaled(rate, precise)?;
                *sum = sum.checked_add(worth).ok_or(Overflow)?;
            }
            Ok(())
        };
        match &candidate.met.bonus.effect {
            Effect::Add(_) => return Ok(None),
            Effect::AddPerAmount(rate) => {
                let weights = self.weights(candidate.met.view(fired), &Scope::ALL);
                add(&weights, rate.rate()?)?;
            }
            Effect::Multiplier(_) => {
                let added = candidate.met.bonus.added()?;
                for fired in candidate.met.works_on.of(fired) {
                    let weights = &self.weights(fired.view(), &Scope::ALL);
                    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
                    let wanted = i128::from(fired.wanted.get());
                    // Tiers have no one rate; what they gave is shared evenly.
                    let even = || Ratio::new(wanted, sum.max(1));
                    let rate = fired.rule.award.rate().map_or_else(even, Ok)?;
                    add(weights, rate.checked_mul(added)?)?;
                    let alone = i128::from(sum == 0).saturating_mul(wanted);
                    visit = visit.checked_add(scaled(added, alone)?).ok_or(Overflow)?;
                }
            }
        }
        Ok(Some((lines, visit)))
    }
}

/// So many times the rate, rounded down.
fn scaled(rate: Ratio, number: i128) -> Result<i128, Overflow> {
    let product = rate.numerator().checked_mul(number).ok_or(Overflow)?;
    // Small numbers are divided several times as fast.
    if let (Ok(product), Ok(divisor)) = (i64::try_from(product), i64::try_from(rate.denominator()))
    {
        return product
            .checked_div_euclid(divisor)
            .map(i128::from)
            .ok_or(Overflow);
    }
    product
        .checked_div_euclid(rate.denominator())
        .ok_or(Overflow)
}

impl Share {
    pub(super) fn alone(candidate: usize, scope: Scope) -> Self {
        Self {
            candidate,
            scope,
            before: Ratio::ONE,
            is_product: false,
        }
    }
}
