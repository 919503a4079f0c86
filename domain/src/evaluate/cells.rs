//! What of a receipt a rule rounds alone: all of its lines, each line, each piece or each tax
//! rate; and which lines a bonus looks at.

use super::Evaluation;
use crate::amount::{Amount, Decimal4, Overflow};
use crate::condition::Condition;
use crate::earn::{Counted, EarnRule, Measure, Reached};
use crate::earning::{Basis, Granularity};
use crate::ratio::Ratio;
use crate::receipt::Line;

/// Some lines of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    /// By place; none = every line.
    lines: Option<Vec<bool>>,
    /// Whether awards for the visit itself belong to it.
    pub(super) visit: bool,
}

impl Scope {
    /// Everything.
    pub(super) const ALL: Self = Self {
        lines: None,
        visit: true,
    };

    /// These lines.
    pub(super) fn of(lines: Vec<bool>, visit: bool) -> Self {
        Self {
            lines: Some(lines),
            visit,
        }
    }

    pub(super) fn is_all(&self) -> bool {
        self.lines.is_none()
    }

    pub(super) fn has(&self, place: usize) -> bool {
        let lines = self.lines.as_ref();
        lines.is_none_or(|lines| lines.get(place).is_some_and(|has| *has))
    }

    pub(super) fn is_empty(&self) -> bool {
        let lines = self.lines.as_ref();
        !self.visit && lines.is_some_and(|lines| !lines.contains(&true))
    }
}

/// What each line, and the visit, is multiplied by.
#[derive(Debug, Clone)]
pub(super) struct Times {
    pub(super) lines: Vec<Ratio>,
    pub(super) visit: Ratio,
}

impl Times {
    /// Nothing is multiplied yet.
    pub(super) fn one(lines: usize) -> Self {
        Self {
            lines: vec![Ratio::ONE; lines],
            visit: Ratio::ONE,
        }
    }

    /// The different multipliers within a scope.
    pub(super) fn levels(&self, scope: &Scope) -> Vec<Ratio> {
        let lines = self.lines.iter().enumerate();
        let lines = lines.filter(|(place, _)| scope.has(*place));
        let all = lines.map(|(_, level)| *level);
        let mut levels = Vec::new();
        for level in all.chain(scope.visit.then_some(self.visit)) {
            if !levels.contains(&level) {
                levels.push(level);
            }
        }
        levels
    }

    /// The part of a scope that is at one level.
    pub(super) fn part(&self, scope: &Scope, level: Ratio, by_line: bool) -> Scope {
        if !by_line {
            return Scope::ALL;
        }
        let lines = self.lines.iter().enumerate();
        let lines = lines.map(|(place, of_line)| scope.has(place) && *of_line == level);
        Scope::of(lines.collect(), scope.visit && self.visit == level)
    }

    /// Multiplies everything in a scope.
    pub(super) fn multiply(&mut self, scope: &Scope, times: Ratio) -> Result<(), Overflow> {
        let lines = self.lines.iter_mut().enumerate();
        for (_, level) in lines.filter(|(place, _)| scope.has(*place)) {
            *level = level.checked_mul(times)?;
        }
        if scope.visit {
            self.visit = self.visit.checked_mul(times)?;
        }
        Ok(())
    }
}

/// How something looks at a receipt.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'v> {
    pub(super) when: &'v Condition,
    pub(super) basis: Basis,
    pub(super) granularity: Granularity,
    pub(super) counted: Counted,
    pub(super) reached: Reached,
}

/// What is rounded alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// The same for the same part of the receipt, whichever rule looks at it.
    pub(super) place: usize,
    /// How many equal pieces it stands for.
    pub(super) count: i64,
    pub(super) measure: Measure,
}

impl<'v> View<'v> {
    /// How an earn rule looks at a receipt.
    pub(super) fn of(rule: &'v EarnRule, reached: Reached) -> Self {
        Self {
            when: &rule.when,
            basis: rule.manner.basis,
            granularity: rule.granularity(),
            counted: rule.award.counted(),
            reached,
        }
    }
}

/// A cell while it grows.
struct Growing {
    amount: i64,
    pieces: i64,
    /// The counted of each line times its multiplier.
    multiplied: Ratio,
}

impl Growing {
    const EMPTY: Self = Self {
        amount: 0,
        pieces: 0,
        multiplied: Ratio::ZERO,
    };

    fn add(&mut self, counted: Counted, part: Part, times: Option<Ratio>) -> Result<(), Overflow> {
        self.amount = self.amount.checked_add(part.amount).ok_or(Overflow)?;
        self.pieces = self.pieces.checked_add(part.pieces).ok_or(Overflow)?;
        if let Some(times) = times {
            let value = Ratio::whole(i128::from(part.counted(counted)));
            self.multiplied = self.multiplied.checked_add(value.checked_mul(times)?)?;
        }
        Ok(())
    }

    /// What all of it is multiplied by.
    fn times(&self, counted: Counted, times: Option<&Times>) -> Result<Ratio, Overflow> {
        let Some(times) = times else {
            return Ok(Ratio::ONE);
        };
        let value = match counted {
            Counted::Visit => return Ok(times.visit),
            Counted::Money => self.amount,
            Counted::Pieces => self.pieces,
        };
        if value <= 0 {
            return Ok(Ratio::ONE);
        }
        let share = self
            .multiplied
            .checked_div(Ratio::whole(i128::from(value)))?;
        // Lines below zero may outweigh the others once they are multiplied.
        Ok(if share.numerator() < 0 {
            Ratio::ZERO
        } else {
            share
        })
    }
}

/// The money and pieces of one line.
#[derive(Clone, Copy)]
struct Part {
    amount: i64,
    pieces: i64,
}

impl Part {
    fn counted(self, counted: Counted) -> i64 {
        match counted {
            Counted::Money => self.amount,
            Counted::Pieces => self.pieces,
            Counted::Visit => 0,
        }
    }
}

/// Whole pieces of a line; one that takes money back has none.
fn pieces(line: &Line, amount: i64) -> i64 {
    if amount < 0 {
        0
    } else {
        line.quantity.full_pieces()
    }
}

impl Evaluation<'_> {
    /// The lines that the view sees within the scope, with their money.
    fn parts(&self, view: View<'_>, scope: &Scope) -> impl Iterator<Item = (usize, &Line, Part)> {
        let amounts = self.basket.amounts(view.basis).iter();
        let lines = self.basket.lines().iter().zip(amounts).enumerate();
        let seen = lines
            .filter(move |(place, _)| scope.has(*place) && self.basket.is_seen(*place, view.when));
        seen.map(|(place, (line, amount))| {
            let part = Part {
                amount: *amount,
                pieces: pieces(line, *amount),
            };
            (place, line, part)
        })
    }

    /// Calls `each` for what is rounded alone; for nothing when the view sees no line.
    pub(super) fn cells(
        &self,
        view: View<'_>,
        scope: &Scope,
        times: Option<&Times>,
        each: &mut dyn FnMut(Cell) -> Result<(), Overflow>,
    ) -> Result<(), Overflow> {
        let times_of = |place: usize| times.map(|times| times.lines.get(place).copied());
        let times_of = |place: usize| times_of(place).map(|times| times.unwrap_or(Ratio::ONE));
        let counted = view.counted;
        let close = |place: usize, grown: &Growing, pieces: i64| {
            let mut measure = Measure::of(Amount::new(grown.amount), grown.pieces, view.reached);
            measure.divisor = pieces;
            measure.times = grown.times(counted, times)?;
            Ok(Cell {
                place,
                count: pieces,
                measure,
            })
        };
        // A visit belongs to a scope as a whole, whichever lines do.
        let scope = match counted {
            Counted::Visit if scope.visit => &Scope::ALL,
            Counted::Visit => return Ok(()),
            Counted::Money | Counted::Pieces => scope,
        };
        match view.granularity {
            Granularity::Rule => {
                let mut grown = None;
                for (place, _, part) in self.parts(view, scope) {
                    let grown = grown.get_or_insert(Growing::EMPTY);
                    grown.add(counted, part, times_of(place))?;
                }
                grown.map_or(Ok(()), |grown| each(close(0, &grown, 1)?))
            }
            Granularity::TaxRate => {
                let mut rates: Vec<(Decimal4, Growing)> = Vec::new();
                for (place, line, part) in self.parts(view, scope) {
                    let grown = of_rate(&mut rates, self.basket.rate(line)).ok_or(Overflow)?;
                    grown.add(counted, part, times_of(place))?;
                }
                let mut rates = rates.iter();
                rates.try_for_each(|(rate, grown)| {
                    let place = usize::try_from(rate.units()).map_err(|_negative| Overflow)?;
                    each(close(place, grown, 1)?)
                })
            }
            Granularity::Line | Granularity::Unit => {
                for (place, line, part) in self.parts(view, scope) {
                    let mut grown = Growing::EMPTY;
                    grown.add(counted, part, times_of(place))?;
                    let whole = line.quantity.whole().filter(|pieces| *pieces > 0);
                    let is_split = view.granularity == Granularity::Unit;
                    let pieces = whole.filter(|_| is_split).unwrap_or(1);
                    each(close(place, &grown, pieces)?)?;
                }
                Ok(())
            }
        }
    }

    /// The counted of each line that the view sees; 0 for the others.
    pub(super) fn weights(&self, view: View<'_>, scope: &Scope) -> Vec<i64> {
        let mut weights = vec![0; self.basket.lines().len()];
        for (place, _, part) in self.parts(view, scope) {
            if let Some(weight) = weights.get_mut(place) {
                *weight = part.counted(view.counted);
            }
        }
        weights
    }
}

fn of_rate(rates: &mut Vec<(Decimal4, Growing)>, rate: Decimal4) -> Option<&mut Growing> {
    let found = rates.iter().position(|(known, _)| *known == rate);
    let place = found.unwrap_or_else(|| {
        rates.push((rate, Growing::EMPTY));
        rates.len().saturating_sub(1)
    });
    rates.get_mut(place).map(|(_, grown)| grown)
}
