//! Base points: what each earn rule gives, which of them go together, and what their own limits
//! leave of it.

use super::caps;
use super::cells::{Scope, View};
use super::{Award, Context, Reckoning};
use crate::amount::{Amount, Overflow, Points};
use crate::decide::{Explained, Reason, Refusal};
use crate::earn::{Counted, EarnRule, Measure, Reached};
use crate::earning::{Combine, Granularity, Multiply};
use crate::history::Uses;
use crate::places::Places;
use crate::program::Program;
use smallvec::SmallVec;

/// An earn rule that gave base points.
#[derive(Debug)]
pub(super) struct Fired<'a> {
    /// The place of its explanation.
    explained: usize,
    pub(super) rule: &'a EarnRule,
    pub(super) reached: Reached,
    pub(super) seen: Places,
    /// Its points before its limits, line by line; only where it goes by line.
    pub(super) cells: Vec<BaseCell>,
    /// Before its limits.
    pub(super) wanted: Points,
    /// After its own limits: what bonuses work on.
    pub(super) points: Points,
}

/// All rules that gave base points; those of a usual program need no memory of their own.
pub(super) type AllFired<'a> = SmallVec<[Fired<'a>; 16]>;

/// The base points of what is rounded alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct BaseCell {
    pub(super) place: usize,
    /// How many equal pieces it stands for.
    pub(super) count: i64,
    /// Of each of them.
    pub(super) points: Points,
}

impl BaseCell {
    pub(super) fn sum(self) -> Result<Points, Overflow> {
        let points = self.points.get().checked_mul(self.count);
        points.map(Points::new).ok_or(Overflow)
    }
}

impl Fired<'_> {
    /// How it looks at a receipt.
    pub(super) fn view(&self) -> View<'_> {
        View::of(self.rule, &self.seen, self.reached)
    }

    /// Whether a limit left less than it wanted.
    pub(super) fn is_cut(&self) -> bool {
        self.points < self.wanted
    }

    /// Whether it is rounded line by line, so that its lines can be looked at one by one.
    pub(super) fn goes_by_line(&self) -> bool {
        goes_by_line(self.rule)
    }

    /// Whether it gives a point or more to the wallet.
    fn gives_to(&self, wallet: &str) -> bool {
        !self.is_below_one() && self.rule.wallet == wallet
    }

    /// Whether it gave less than a point, which a multiplier before the rounding may make one.
    pub(super) fn is_below_one(&self) -> bool {
        self.wanted.is_zero()
    }
}

impl<'a> Reckoning<'_, 'a> {
    /// The base points of every earn rule, in document order.
    pub(super) fn earn(
        &mut self,
        context: &Context<'a>,
        all: &mut AllFired<'a>,
    ) -> Result<(), Refusal> {
        let program = &context.version.program;
        for rule in program.earn_rules() {
            self.judge_rule(rule, context, all)?;
        }
        silence(program, all, &mut self.told.explanation);
        self.told
            .awards
            .reserve(all.len().saturating_add(program.bonuses().len()));
        for fired in all.iter_mut().filter(|fired| !fired.is_below_one()) {
            let rule = fired.rule;
            let none = Uses::default();
            let code = rule.code.as_str();
            fired.points = caps::allowed(context, code, &rule.limits, fired.wanted, none)?;
            self.told.awards.push(Award {
                rule: &rule.told,
                wallet_place: rule.wallet_place,
                points: fired.points,
                wanted: fired.wanted,
                overrides: &rule.overrides,
                limits: &rule.limits,
                explained: fired.explained,
            });
        }
        Ok(())
    }

    /// Explains a rule, and keeps it if it gave points or, where multipliers come before the
    /// rounding, less than one.
    fn judge_rule(
        &mut self,
        rule: &'a EarnRule,
        context: &Context<'a>,
        all: &mut AllFired<'a>,
    ) -> Result<(), Refusal> {
        let basis = rule.manner.basis;
        let (amount, seen) = match self.admit((&rule.code, &rule.when), basis, context)? {
            Ok(admitted) => admitted,
            Err(silent) => {
                silent.tell(&rule.told, &mut self.told.explanation);
                return Ok(());
            }
        };
        let reached = self.look(rule, context)?;
        let view = View::of(rule, &seen, reached);
        let mut cells = Vec::new();
        let points = if view.granularity == Granularity::Rule {
            // The sum of the lines is known already.
            self.points_of_sum(rule, view, amount)?
        } else if goes_by_line(rule) {
            cells = self.base_cells(rule, view, &Scope::ALL)?;
            sum(&cells)?
        } else {
            self.base_points(rule, view, &Scope::ALL)?
        };
        let explained = self.told.explanation.len();
        let is_exact = context.version.program.earning().multiply == Multiply::Exact;
        if is_exact || !points.is_zero() {
            all.push(Fired {
                explained,
                rule,
                reached,
                seen,
                cells,
                wanted: points,
                points,
            });
        }
        if points.is_zero() {
            return self.tell_below_minimum(rule, amount, reached);
        }
        let told = Explained::fired(rule.told.clone(), points);
        self.told.explanation.push_mut(told).amount = Some(amount);
        Ok(())
    }

    /// Tells that a rule gave nothing for so much money, and what it would take.
    fn tell_below_minimum(
        &mut self,
        rule: &EarnRule,
        amount: Amount,
        reached: Reached,
    ) -> Result<(), Refusal> {
        let told = Explained::silent(rule.told.clone(), Reason::BelowMinimum);
        let told = self.told.explanation.push_mut(told);
        told.amount = Some(amount);
        told.missing_amount = missing(rule, amount, reached);
        if let Some(missing) = told.missing_amount {
            let enough = (amount.checked_add(missing)?, 0);
            let points = rule
                .award
                .points_of_sum(enough, reached, rule.manner.rounding)?;
            told.next_points = Some(points);
        }
        Ok(())
    }

    /// The points of a rule that is rounded as a whole, when its lines cost so much.
    fn points_of_sum(
        &self,
        rule: &EarnRule,
        view: View<'_>,
        amount: Amount,
    ) -> Result<Points, Overflow> {
        let pieces = match view.counted {
            Counted::Pieces => self.pieces_of(view)?,
            Counted::Money | Counted::Visit => 0,
        };
        rule.award
            .points_of_sum((amount, pieces), view.reached, rule.manner.rounding)
    }

    /// The base points of a rule over the lines of a scope, by what is rounded alone.
    pub(super) fn base_cells(
        &self,
        rule: &EarnRule,
        view: View<'_>,
        scope: &Scope,
    ) -> Result<Vec<BaseCell>, Overflow> {
        let mut cells = Vec::new();
        self.cells(view, scope, None, &mut |cell| {
            cells.push(BaseCell {
                place: cell.place,
                count: cell.count,
                points: rule.award.points(&cell.measure, rule.manner.rounding)?,
            });
            Ok(())
        })?;
        Ok(cells)
    }

    /// Their sum alone.
    fn base_points(
        &self,
        rule: &EarnRule,
        view: View<'_>,
        scope: &Scope,
    ) -> Result<Points, Overflow> {
        if view.granularity == Granularity::Rule {
            let whole = self.whole(view, scope)?;
            return whole.map_or(Ok(Points::ZERO), |measure| {
                let counted = (measure.amount, measure.pieces);
                rule.award
                    .points_of_sum(counted, view.reached, rule.manner.rounding)
            });
        }
        let mut sum = Points::ZERO;
        self.cells(view, scope, None, &mut |cell| {
            let points = rule.award.points(&cell.measure, rule.manner.rounding)?;
            let points = points.get().checked_mul(cell.count).ok_or(Overflow)?;
            sum = sum.checked_add(Points::new(points))?;
            Ok(())
        })?;
        Ok(sum)
    }

    /// What was granted, or the rule over the lines of the scope alone; never more than granted.
    pub(super) fn base_in(&self, fired: &Fired<'_>, scope: &Scope) -> Result<Points, Overflow> {
        if fired.rule.award.counted() == Counted::Visit {
            let points = if scope.visit {
                fired.points
            } else {
                Points::ZERO
            };
            return Ok(points);
        }
        if scope.covers(&fired.seen) {
            return Ok(fired.points);
        }
        let points = if fired.goes_by_line() {
            let mut cells = fired.cells.iter().filter(|cell| scope.has(cell.place));
            cells.try_fold(Points::ZERO, |sum, cell| sum.checked_add(cell.sum()?))?
        } else {
            self.base_points(fired.rule, fired.view(), scope)?
        };
        Ok(points.min(fired.points))
    }

    fn look(&self, rule: &EarnRule, context: &Context<'_>) -> Result<Reached, Refusal> {
        let Some(customer) = &context.moment.customer else {
            return Ok(Reached::default());
        };
        Ok(rule.award.look(customer, self.told.spend)?)
    }
}

fn goes_by_line(rule: &EarnRule) -> bool {
    matches!(rule.granularity(), Granularity::Line | Granularity::Unit)
}

/// The points of all cells together.
pub(super) fn sum(cells: &[BaseCell]) -> Result<Points, Overflow> {
    let mut cells = cells.iter();
    cells.try_fold(Points::ZERO, |sum, cell| sum.checked_add(cell.sum()?))
}

/// How much more money would give the first point, where the lines together decide it.
fn missing(rule: &EarnRule, amount: Amount, reached: Reached) -> Option<Amount> {
    let measure = Measure::of(amount, 0, reached);
    let is_one = rule.granularity() == Granularity::Rule;
    let missing = rule.award.missing(&measure, rule.manner.rounding);
    missing.filter(|_| is_one)
}

/// Leaves of each wallet the rules that go together; before bonuses and limits.
fn silence(program: &Program, all: &mut AllFired<'_>, explanation: &mut [Explained]) {
    let combine = program.earning().combine;
    let is_exclusive = |rule: &EarnRule| rule.exclusive.is_some();
    if combine == Combine::Sum && !program.earn_rules().iter().any(is_exclusive) {
        return;
    }
    for wallet in program.wallets() {
        let winner = winner(combine, &wallet.code, all);
        keep_below_one(combine, &wallet.code, winner, all);
        let Some(winner) = winner else {
            continue;
        };
        all.retain(|other| {
            let is_silenced = other.explained != winner && other.gives_to(&wallet.code);
            let told = explanation.get_mut(other.explained);
            if let Some(told) = told.filter(|_| is_silenced) {
                let amount = told.amount;
                *told = Explained::silent(told.rule.clone(), Reason::AnotherRule);
                told.amount = amount;
            }
            !is_silenced
        });
    }
}

/// Of rules that gave less than a point, those that the winner does not silence; without one, the
/// earliest where only one may count.
fn keep_below_one(combine: Combine, wallet: &str, winner: Option<usize>, all: &mut AllFired<'_>) {
    let mut is_over = winner.is_some();
    all.retain(|fired| {
        let is_meant = fired.is_below_one() && fired.rule.wallet == wallet;
        let is_kept = !is_meant || !is_over;
        is_over |= is_meant && combine != Combine::Sum;
        is_kept
    });
}

/// The place of the one rule of a wallet that silences the others; ties to the earlier.
fn winner(combine: Combine, wallet: &str, all: &[Fired<'_>]) -> Option<usize> {
    let firing = || all.iter().filter(|fired| fired.gives_to(wallet));
    // The last of equals is the earliest when they are looked at backwards.
    let exclusive = firing()
        .rev()
        .filter(|fired| fired.rule.exclusive.is_some())
        .max_by_key(|fired| fired.rule.exclusive);
    let winner = exclusive.or_else(|| match combine {
        Combine::Sum => None,
        Combine::Best => firing().rev().max_by_key(|fired| fired.wanted),
        Combine::First => firing().next(),
    });
    winner.map(|fired| fired.explained)
}
