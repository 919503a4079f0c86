//! What of a receipt a rule rounds alone: all of its lines, each line, each piece or each tax
//! rate; and which lines a bonus looks at.

use super::Reckoning;
use crate::amount::{Amount, Overflow};
use crate::earn::{Counted, EarnRule, Measure, Reached};
use crate::earning::{Basis, Granularity};
use crate::places::Places;
use crate::ratio::Ratio;

/// Some lines of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    /// By place; none = every line.
    lines: Option<Places>,
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
    pub(super) fn of(lines: Places, visit: bool) -> Self {
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
        lines.is_none_or(|lines| lines.has(place))
    }

    pub(super) fn is_empty(&self) -> bool {
        let lines = self.lines.as_ref();
        !self.visit && lines.is_some_and(Places::is_empty)
    }

    /// Those of these lines that belong to it.
    pub(super) fn of_these<'s>(&'s self, lines: &'s Places) -> impl Iterator<Item = usize> + 's {
        lines.common(self.lines.as_ref().unwrap_or(lines))
    }

    /// Whether every one of these lines belongs to it.
    pub(super) fn covers(&self, lines: &Places) -> bool {
        self.lines.as_ref().is_none_or(|own| own.covers(lines))
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
        Scope::of(Places::of(lines), scope.visit && self.visit == level)
    }

    /// Adds to the multiplier of everything in a scope.
    pub(super) fn add(&mut self, scope: &Scope, added: Ratio) -> Result<(), Overflow> {
        let lines = self.lines.iter_mut().enumerate();
        for (_, level) in lines.filter(|(place, _)| scope.has(*place)) {
            *level = level.checked_add(added)?;
        }
        if scope.visit {
            self.visit = self.visit.checked_add(added)?;
        }
        Ok(())
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
    pub(super) seen: &'v Places,
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

impl Cell {
    /// Whether there is anything to multiply.
    pub(super) fn counts_something(&self, counted: Counted) -> bool {
        match counted {
            Counted::Visit => true,
            Counted::Money => self.measure.amount > Amount::ZERO,
            Counted::Pieces => self.measure.pieces > 0,
        }
    }
}

impl<'v> View<'v> {
    /// How an earn rule looks at a receipt.
    pub(super) fn of(rule: &EarnRule, seen: &'v Places, reached: Reached) -> Self {
        Self {
            seen,
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

    fn sum<'g>(parts: impl Iterator<Item = &'g Self>) -> Result<Self, Overflow> {
        let mut sum = Self::EMPTY;
        for part in parts {
            sum.amount = sum.amount.checked_add(part.amount).ok_or(Overflow)?;
            sum.pieces = sum.pieces.checked_add(part.pieces).ok_or(Overflow)?;
            sum.multiplied = sum.multiplied.checked_add(part.multiplied)?;
        }
        Ok(sum)
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

impl Reckoning<'_, '_> {
    /// The lines that the view sees within the scope, with their money.
    fn parts<'p>(
        &'p self,
        view: View<'p>,
        scope: &'p Scope,
    ) -> impl Iterator<Item = (usize, Part)> {
        let amounts = self.basket.amounts(view.basis);
        scope.of_these(view.seen).filter_map(move |place| {
            let amount = *amounts.get(place)?;
            // A line that takes money back has no pieces, and few rules count them.
            let pieces = if amount < 0 || view.counted != Counted::Pieces {
                0
            } else {
                self.basket.pieces(place)
            };
            Some((place, Part { amount, pieces }))
        })
    }

    /// All that the view sees within the scope as one; none when it sees no line.
    pub(super) fn whole(&self, view: View<'_>, scope: &Scope) -> Result<Option<Measure>, Overflow> {
        let (mut amount, mut pieces, mut is_seen) = (0_i64, 0_i64, false);
        for (_, part) in self.parts(view, scope) {
            amount = amount.checked_add(part.amount).ok_or(Overflow)?;
            pieces = pieces.checked_add(part.pieces).ok_or(Overflow)?;
            is_seen = true;
        }
        let measure = Measure::of(Amount::new(amount), pieces, view.reached);
        Ok(is_seen.then_some(measure))
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
            Granularity::Rule if times.is_none() => {
                let measure = self.whole(view, scope)?;
                measure.map_or(Ok(()), |measure| {
                    each(Cell {
                        place: 0,
                        count: 1,
                        measure,
                    })
                })
            }
            Granularity::Rule => {
                let mut grown = None;
                for (place, part) in self.parts(view, scope) {
                    let grown = grown.get_or_insert(Growing::EMPTY);
                    grown.add(counted, part, times_of(place))?;
                }
                grown.map_or(Ok(()), |grown| each(close(0, &grown, 1)?))
            }
            Granularity::TaxRate => {
                let mut rates = Vec::new();
                for (place, part) in self.parts(view, scope) {
                    let mut grown = Growing::EMPTY;
                    grown.add(counted, part, times_of(place))?;
                    rates.push((self.basket.rate_place(place), grown));
                }
                rates.sort_by_key(|(rate, _)| *rate);
                let alike = rates.chunk_by(|one, other| one.0 == other.0);
                for rate in alike {
                    let place = rate.first().map_or(0, |(rate, _)| *rate);
                    let grown = Growing::sum(rate.iter().map(|(_, grown)| grown))?;
                    each(close(place, &grown, 1)?)?;
                }
                Ok(())
            }
            Granularity::Line | Granularity::Unit => {
                for (place, part) in self.parts(view, scope) {
                    let mut grown = Growing::EMPTY;
                    grown.add(counted, part, times_of(place))?;
                    let line = self.basket.lines().get(place);
                    let whole = line.and_then(|line| line.quantity.whole());
                    let is_split = view.granularity == Granularity::Unit;
                    let pieces = whole.filter(|pieces| is_split && *pieces > 0).unwrap_or(1);
                    each(close(place, &grown, pieces)?)?;
                }
                Ok(())
            }
        }
    }

    /// The pieces of all lines that the view sees.
    pub(super) fn pieces_of(&self, view: View<'_>) -> Result<i64, Overflow> {
        let mut parts = self.parts(view, &Scope::ALL);
        let sum = parts.try_fold(0_i64, |sum, (_, part)| sum.checked_add(part.pieces));
        sum.ok_or(Overflow)
    }

    /// The counted of all lines that the view sees within the scope.
    pub(super) fn weight_of(&self, view: View<'_>, scope: &Scope) -> i128 {
        let parts = self.parts(view, scope);
        parts
            .map(|(_, part)| i128::from(part.counted(view.counted)))
            .sum()
    }

    /// The counted of each line that the view sees; 0 for the others.
    pub(super) fn weights(&self, view: View<'_>, scope: &Scope) -> Vec<i64> {
        let mut weights = vec![0; self.basket.lines().len()];
        for (place, part) in self.parts(view, scope) {
            if let Some(weight) = weights.get_mut(place) {
                *weight = part.counted(view.counted);
            }
        }
        weights
    }
}
