//! What bonuses add to base points, each as its own award, under the way in which the program
//! lets them go together.

use super::base::Fired;
use super::bases::{Base, Bases};
use super::caps;
use super::cells::{Scope, View};
use super::gains::Gain;
use super::line_set::LineSet;
use super::{Award, Context, Evaluation};
use crate::amount::{Amount, Points};
use crate::bonus::Bonus;
use crate::decide::{Explained, Reason, Refusal};
use crate::earn::{Counted, Reached};
use crate::earning::{Earning, Multiply};
use crate::history::Uses;
use crate::rank::rank_rule;
use std::rc::Rc;

/// A bonus whose condition is met.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) bonus: &'a Bonus,
    /// Its place among the bonuses of the program.
    place: usize,
    /// The money of its lines.
    amount: Amount,
    /// Its lines.
    seen: LineSet,
    /// The base points that it works on.
    pub(super) base: Rc<Base>,
    earning: &'a Earning,
}

/// What became of a bonus.
struct Told<'a> {
    bonus: &'a Bonus,
    place: usize,
    explained: Explained,
    points: Points,
}

impl<'a> Candidate<'a> {
    /// The lines that it works on.
    pub(super) fn scope(&self) -> Scope {
        if self.bonus.when.has_line_scope() {
            Scope::of(self.seen.clone(), true)
        } else {
            Scope::ALL
        }
    }

    /// How it looks at money of its own: as the program says, cell by cell like its base rule.
    pub(super) fn view(&self, fired: &[Fired<'_>]) -> View<'_> {
        let base = self.base.of(fired).next();
        let manner = self.earning.manner;
        let granularity = base.map(|(_, base)| base.rule.granularity());
        View {
            seen: &self.seen,
            basis: manner.basis,
            granularity: granularity.unwrap_or(manner.granularity),
            counted: Counted::Money,
            reached: Reached::default(),
        }
    }

    /// Whether the money is multiplied before it is rounded.
    pub(super) fn is_exact(&self) -> bool {
        self.earning.multiply == Multiply::Exact
    }

    /// What to tell when there are no base points to add to.
    fn without_base(&self, fired: &[Fired<'_>]) -> Option<Explained> {
        let bonus = self.bonus;
        let is_multiplier = bonus.times().is_some();
        let needs_base = bonus.needs_base_points || is_multiplier;
        let mut base = self.base.of(fired);
        if !needs_base || base.any(|(_, fired)| is_multiplier || fired.points > Points::ZERO) {
            return None;
        }
        let mut silent = Explained::silent(&bonus.code, Reason::NoBasePoints);
        silent.amount = Some(self.amount);
        silent.base_points = Some(Points::ZERO);
        silent.times = bonus.times();
        Some(silent)
    }

    fn tell(&self, gain: Gain) -> Told<'a> {
        let bonus = self.bonus;
        let mut explained = if gain.points > Points::ZERO {
            Explained::fired(&bonus.code, gain.points)
        } else if gain.is_silenced {
            Explained::silent(&bonus.code, Reason::AnotherRule)
        } else if bonus.times().is_some() && gain.base.is_zero() {
            Explained::silent(&bonus.code, Reason::NoBasePoints)
        } else {
            Explained::silent(&bonus.code, Reason::BelowMinimum)
        };
        explained.amount = Some(self.amount);
        if bonus.times().is_some() {
            explained.base_points = Some(gain.base);
            explained.times = bonus.times();
        }
        Told {
            bonus,
            place: self.place,
            explained,
            points: gain.points,
        }
    }
}

impl<'a> Evaluation<'a> {
    /// Adds the award of every bonus, in document order.
    pub(super) fn add_bonuses(
        &mut self,
        context: &Context<'a>,
        fired: &[Fired<'a>],
    ) -> Result<(), Refusal> {
        let program = &context.version.program;
        let (mut candidates, mut told) = self.candidates(context, fired)?;
        for wallet in program.wallets() {
            let is_of_wallet =
                |candidate: &mut Candidate<'_>| candidate.bonus.wallet == wallet.code;
            let group: Vec<Candidate<'a>> = candidates.extract_if(.., is_of_wallet).collect();
            let shares = self.shares(&group, fired)?;
            let gains = self.gains(&group, fired, &shares)?;
            let found = group.iter().zip(gains);
            told.extend(found.map(|(candidate, gain)| candidate.tell(gain)));
        }
        // What there is to tell is large, so that its places are sorted instead of it.
        let mut order: Vec<(usize, usize)> = Vec::with_capacity(told.len());
        let places = told.iter().enumerate();
        order.extend(places.map(|(index, told)| (told.place, index)));
        order.sort_unstable();
        let mut told: Vec<Option<Told<'a>>> = told.into_iter().map(Some).collect();
        let mut told = order
            .into_iter()
            .filter_map(|(_, index)| told.get_mut(index).and_then(Option::take));
        self.tell_ranks(context, &mut told)?;
        for told in told {
            self.grant_bonus(context, told)?;
        }
        Ok(())
    }

    /// The bonuses whose condition is met, and what there is to tell of the others.
    fn candidates(
        &self,
        context: &Context<'a>,
        fired: &[Fired<'a>],
    ) -> Result<(Vec<Candidate<'a>>, Vec<Told<'a>>), Refusal> {
        let program = &context.version.program;
        let earning = program.earning();
        let most = program.bonuses().len();
        let (mut candidates, mut told) = (Vec::new(), Vec::with_capacity(most));
        let mut bases = Bases::new(fired);
        let ranks = self.rank_multipliers(context);
        for (place, bonus) in ranks.chain(program.bonuses()).enumerate() {
            let silent = |explained: Explained| Told {
                bonus,
                place,
                explained,
                points: Points::ZERO,
            };
            let basis = earning.manner.basis;
            let (amount, seen) = match self.admit(&bonus.when, basis, context)? {
                Ok(admitted) => admitted,
                Err(why) => {
                    told.push(silent(why.explained(&bonus.code)));
                    continue;
                }
            };
            let candidate = Candidate {
                bonus,
                place,
                amount,
                seen,
                base: bases.of(bonus)?,
                earning,
            };
            match candidate.without_base(fired) {
                Some(explained) => told.push(silent(explained)),
                None => candidates.push(candidate),
            }
        }
        Ok((candidates, told))
    }

    /// What the member's ranks multiply; they go before the bonuses of the document.
    fn rank_multipliers(&self, context: &Context<'a>) -> impl Iterator<Item = &'a Bonus> + use<'a> {
        let customer = context.moment.customer;
        let steps = customer
            .into_iter()
            .flat_map(|customer| customer.held.steps());
        steps.flat_map(|(_, step)| step.map_or(&[][..], |step| &step.multipliers))
    }

    /// Tells in document order what every ladder multiplies, and of those with multipliers also
    /// that the member's rank brings none.
    fn tell_ranks(
        &mut self,
        context: &Context<'a>,
        told: &mut impl Iterator<Item = Told<'a>>,
    ) -> Result<(), Refusal> {
        let customer = context.moment.customer;
        let steps = customer
            .into_iter()
            .flat_map(|customer| customer.held.steps());
        for (ladder, step) in steps {
            let multipliers = step.map_or(0, |step| step.multipliers.len());
            if multipliers == 0 && ladder.multiplies() {
                let silent = Explained::silent(&rank_rule(&ladder.code), Reason::Rank);
                self.explanation.push(silent);
            }
            for told in told.by_ref().take(multipliers) {
                self.grant_bonus(context, told)?;
            }
        }
        Ok(())
    }

    fn grant_bonus(&mut self, context: &Context<'a>, told: Told<'a>) -> Result<(), Refusal> {
        let (bonus, wanted) = (told.bonus, told.points);
        if wanted > Points::ZERO {
            let code = bonus.code.as_str();
            let none = Uses::default();
            self.awards.push(Award {
                rule: code,
                wallet: &bonus.wallet,
                points: caps::allowed(context, code, &bonus.limits, wanted, none)?,
                wanted,
                overrides: &bonus.overrides,
                limits: &bonus.limits,
                explained: self.explanation.len(),
            });
        }
        self.explanation.push(told.explained);
        Ok(())
    }
}
