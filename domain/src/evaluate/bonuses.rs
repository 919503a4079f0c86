//! What bonuses add to base points, each as its own award, under the way in which the program
//! lets them go together.

use super::base::Fired;
use super::caps;
use super::cells::View;
use super::gains::Gain;
use super::{Award, Context, Evaluation};
use crate::amount::{Amount, Points};
use crate::bonus::Bonus;
use crate::decide::{Explained, Reason, Refusal};
use crate::earn::{Counted, Reached};
use crate::earning::{Earning, Multiply};
use crate::history::Uses;

/// A bonus whose condition is met.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) bonus: &'a Bonus,
    /// Its place among the bonuses of the program.
    place: usize,
    /// The money of its lines.
    amount: Amount,
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
    pub(super) fn works_on(&self, fired: &Fired<'_>) -> bool {
        (fired.points > Points::ZERO || fired.is_below_one())
            && fired.rule.wallet == self.bonus.wallet
            && self.bonus.works_on(&fired.rule.code)
    }

    /// How it looks at money of its own: as the program says, cell by cell like its base rule.
    pub(super) fn view(&self, fired: &[Fired<'_>]) -> View<'a> {
        let base = fired.iter().find(|fired| self.works_on(fired));
        let manner = self.earning.manner;
        View {
            when: &self.bonus.when,
            basis: manner.basis,
            granularity: base.map_or(manner.granularity, |base| base.rule.granularity()),
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
        let has_base = |fired: &Fired<'_>| {
            self.works_on(fired) && (is_multiplier || fired.points > Points::ZERO)
        };
        if !needs_base || fired.iter().any(has_base) {
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
        told.sort_unstable_by_key(|told| told.place);
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
        let (mut candidates, mut told) = (Vec::new(), Vec::new());
        for (place, bonus) in program.bonuses().iter().enumerate() {
            let silent = |explained: Explained| Told {
                bonus,
                place,
                explained,
                points: Points::ZERO,
            };
            let basis = earning.manner.basis;
            let amount = match self.admit(&bonus.code, &bonus.when, basis, context)? {
                Ok(amount) => amount,
                Err(explained) => {
                    told.push(silent(explained));
                    continue;
                }
            };
            let candidate = Candidate {
                bonus,
                place,
                amount,
                earning,
            };
            match candidate.without_base(fired) {
                Some(explained) => told.push(silent(explained)),
                None => candidates.push(candidate),
            }
        }
        Ok((candidates, told))
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
