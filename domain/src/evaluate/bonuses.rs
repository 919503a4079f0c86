//! What bonuses add to base points, each as its own award, under the way in which the program
//! lets them go together.

use super::base::Fired;
use super::bases::{Base, Bases, Choice};
use super::caps;
use super::cells::{Scope, View};
use super::gains::Gain;
use super::stacking::Share;
use super::{Award, Context, Reckoning};
use crate::amount::{Amount, Decimal4, Overflow, Points};
use crate::bonus::{Bonus, Effect};
use crate::decide::{Explained, Reason, Refusal};
use crate::earn::{Counted, EarnRule, Reached};
use crate::earning::{Earning, Granularity, Multiply, Stacking};
use crate::history::Uses;
use crate::places::Places;
use crate::program::Program;
use crate::rounding::Rounding;
use std::rc::Rc;

/// A bonus whose condition is met.
#[derive(Debug, Clone)]
pub(super) struct Met<'a> {
    pub(super) bonus: &'a Bonus,
    /// The place of its explanation.
    explained: usize,
    /// The money of its lines.
    amount: Amount,
    /// Its lines.
    seen: Places,
    /// The rules whose points it works on.
    pub(super) works_on: Choice,
    earning: &'a Earning,
}

/// The same where it must be seen together with others.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) met: Met<'a>,
    /// The base points that it works on.
    pub(super) base: Rc<Base>,
}

/// The bonuses of a program while they are judged.
struct Bonuses<'f, 'a> {
    fired: &'f [Fired<'a>],
    bases: Bases<'f, 'a>,
    /// Whether each adds its own, whatever the others do.
    stand_alone: bool,
    /// Those that wait for the others.
    candidates: Vec<Candidate<'a>>,
    /// All rules on which they may work.
    choice: Choice,
    /// How all earn rules are rounded, where none is rounded by smaller parts or in another way.
    rounding: Option<Rounding>,
}

impl<'f, 'a> Bonuses<'f, 'a> {
    fn new(program: &Program, fired: &'f [Fired<'a>]) -> Self {
        let earning = program.earning();
        let adds = |way: Stacking| way == Stacking::Sum;
        let mut bonuses = program.bonuses().iter();
        Self {
            fired,
            bases: Bases::new(fired),
            stand_alone: earning.multiply == Multiply::Rounded
                && adds(earning.bonus_combine)
                && bonuses.all(|bonus| adds(bonus.combine)),
            candidates: Vec::new(),
            choice: Choice::of_fired(program.earn_rules().len(), fired),
            rounding: program.rounds_as_one(),
        }
    }
}

impl<'a> Met<'a> {
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
        let base = self.works_on.of(fired).next();
        let manner = self.earning.manner;
        let granularity = base.map(|base| base.rule.granularity());
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

    /// Whether there are no base points to add to, though it needs some.
    fn lacks_base(&self, fired: &[Fired<'_>]) -> bool {
        if self.bonus.times().is_some() {
            return self.works_on.is_empty();
        }
        let mut base = self.works_on.of(fired);
        self.bonus.needs_base_points && !base.any(|fired| fired.points > Points::ZERO)
    }

    /// Tells what became of it.
    fn tell(&self, gain: Gain, told: &mut Explained) {
        let times = self.bonus.times();
        if gain.points > Points::ZERO {
            told.fired = true;
            told.points = Some(gain.points);
            told.reason = None;
        } else {
            told.reason = Some(if gain.is_silenced {
                Reason::AnotherRule
            } else if times.is_some() && gain.base.is_zero() {
                Reason::NoBasePoints
            } else {
                Reason::BelowMinimum
            });
        }
        if times.is_some() {
            told.base_points = Some(gain.base);
            told.times = times;
        }
    }
}

impl<'a> Reckoning<'_, 'a> {
    /// Adds the award of every bonus, in document order. What the member's ranks multiply goes
    /// before the bonuses of the document; ladders with multipliers also say that a rank has none.
    pub(super) fn add_bonuses(
        &mut self,
        context: &Context<'a>,
        fired: &[Fired<'a>],
    ) -> Result<(), Refusal> {
        let program = &context.version.program;
        let mut bonuses = Bonuses::new(program, fired);
        let customer = context.moment.customer;
        let steps = customer
            .into_iter()
            .flat_map(|customer| customer.held.steps());
        for (ladder, step) in steps {
            let multipliers = step.map_or(&[][..], |step| &step.multipliers);
            if multipliers.is_empty() && ladder.multiplies() {
                let silent = Explained::silent(ladder.rule.clone(), Reason::Rank);
                self.told.explanation.push(silent);
            }
            for bonus in multipliers {
                self.judge_bonus(context, bonus, &mut bonuses)?;
            }
        }
        for bonus in program.bonuses() {
            self.judge_bonus(context, bonus, &mut bonuses)?;
        }
        let candidates = bonuses.candidates;
        if candidates.is_empty() {
            return Ok(());
        }
        self.add_together(context, candidates, fired)
    }

    /// Explains a bonus, and grants what it adds unless it has to wait for the others.
    fn judge_bonus(
        &mut self,
        context: &Context<'a>,
        bonus: &'a Bonus,
        bonuses: &mut Bonuses<'_, 'a>,
    ) -> Result<(), Refusal> {
        let earning = context.version.program.earning();
        let when = (bonus.code.as_str(), &bonus.when);
        let (amount, seen) = match self.admit(when, earning.manner.basis, context)? {
            Ok(admitted) => admitted,
            Err(why) => {
                why.tell(&bonus.told, &mut self.told.explanation);
                return Ok(());
            }
        };
        let met = Met {
            bonus,
            explained: self.told.explanation.len(),
            amount,
            seen,
            works_on: bonuses.choice.of_bonus(bonus),
            earning,
        };
        let told = Explained::silent(bonus.told.clone(), Reason::NoBasePoints);
        let told = self.told.explanation.push_mut(told);
        told.amount = Some(met.amount);
        if met.lacks_base(bonuses.fired) {
            told.base_points = Some(Points::ZERO);
            told.times = bonus.times();
            return Ok(());
        }
        if !bonuses.stand_alone {
            let base = bonuses.bases.of(&met.works_on)?;
            bonuses.candidates.push(Candidate { met, base });
            return Ok(());
        }
        let gain = self.gain_alone(&met, bonuses)?;
        let told = self.told.explanation.last_mut().ok_or(Overflow)?;
        met.tell(gain, told);
        self.award_bonus(context, (bonus, met.explained), gain.points)
    }

    /// The base points of a scope that a bonus works on.
    fn base_within(
        &self,
        met: &Met<'a>,
        fired: &[Fired<'a>],
        scope: &Scope,
    ) -> Result<Points, Overflow> {
        let mut base = met.works_on.of(fired);
        base.try_fold(Points::ZERO, |sum, fired| {
            sum.checked_add(self.base_in(fired, scope)?)
        })
    }

    /// What a bonus adds whatever the others do.
    fn gain_alone(&self, met: &Met<'a>, bonuses: &mut Bonuses<'_, 'a>) -> Result<Gain, Overflow> {
        let (fired, scope) = (bonuses.fired, met.scope());
        let mut gain = Gain::default();
        match &met.bonus.effect {
            Effect::Add(points) => {
                gain.points = *points;
                return Ok(gain);
            }
            Effect::AddPerAmount(rate) => {
                gain.points = self.money_points(met.view(fired), rate, &scope)?;
                return Ok(gain);
            }
            Effect::Multiplier(times) => {
                let as_one = || as_one(met.works_on.of(fired));
                if let Some(rounding) = bonuses.rounding.or_else(as_one) {
                    gain.base = self.base_within(met, fired, &scope)?;
                    let added = times.units().checked_sub(Decimal4::SCALE);
                    let added = i128::from(added.ok_or(Overflow)?);
                    let added = added.checked_mul(i128::from(gain.base.get()));
                    let points =
                        rounding.apply(added.ok_or(Overflow)?, i128::from(Decimal4::SCALE))?;
                    gain.points = Points::new(points);
                    return Ok(gain);
                }
            }
        }
        let candidate = Candidate {
            met: met.clone(),
            base: bonuses.bases.of(&met.works_on)?,
        };
        let shares = [Share::alone(0, scope)];
        let gains = self.gains(&[candidate], fired, &shares)?;
        Ok(gains.first().copied().unwrap_or_default())
    }

    /// Tells and grants what bonuses add that must be seen together, in document order.
    fn add_together(
        &mut self,
        context: &Context<'a>,
        mut candidates: Vec<Candidate<'a>>,
        fired: &[Fired<'a>],
    ) -> Result<(), Refusal> {
        let mut gained: Vec<(usize, &'a Bonus, Points)> = Vec::with_capacity(candidates.len());
        for wallet in context.version.program.wallets() {
            let is_of_wallet =
                |candidate: &mut Candidate<'_>| candidate.met.bonus.wallet == wallet.code;
            let group: Vec<Candidate<'a>> = candidates.extract_if(.., is_of_wallet).collect();
            let shares = self.shares(&group, fired)?;
            let gains = self.gains(&group, fired, &shares)?;
            for (Candidate { met, .. }, gain) in group.iter().zip(gains) {
                let told = self.told.explanation.get_mut(met.explained);
                met.tell(gain, told.ok_or(Overflow)?);
                gained.push((met.explained, met.bonus, gain.points));
            }
        }
        gained.sort_unstable_by_key(|(explained, ..)| *explained);
        for (explained, bonus, points) in gained {
            self.award_bonus(context, (bonus, explained), points)?;
        }
        Ok(())
    }

    fn award_bonus(
        &mut self,
        context: &Context<'a>,
        (bonus, explained): (&'a Bonus, usize),
        wanted: Points,
    ) -> Result<(), Refusal> {
        if wanted <= Points::ZERO {
            return Ok(());
        }
        let code = bonus.code.as_str();
        let none = Uses::default();
        self.told.awards.push(Award {
            rule: &bonus.told,
            wallet_place: bonus.wallet_place,
            points: caps::allowed(context, code, &bonus.limits, wanted, none)?,
            wanted,
            overrides: &bonus.overrides,
            limits: &bonus.limits,
            explained,
        });
        Ok(())
    }
}

/// The rounding of rules whose points a multiplier takes as one; none where some are rounded by
/// smaller parts or in another way.
fn as_one<'f, 'a: 'f>(mut fired: impl Iterator<Item = &'f Fired<'a>>) -> Option<Rounding> {
    let of = |rule: &EarnRule| (rule.granularity(), rule.manner.rounding);
    let first = of(fired.next()?.rule);
    let is_one = first.0 == Granularity::Rule && fired.all(|fired| of(fired.rule) == first);
    is_one.then_some(first.1)
}
