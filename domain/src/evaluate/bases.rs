//! Which base points each bonus works on. Many bonuses mostly work on the same ones, so that what
//! they have in common is added up once for each different choice of rules.

use super::base::Fired;
use crate::amount::{Overflow, Points};
use crate::bonus::Bonus;
use crate::earn::EarnRule;
use crate::earning::Granularity;
use crate::places::Places;
use crate::rounding::Rounding;
use std::collections::BTreeMap;
use std::rc::Rc;

/// So many rules are mostly enough.
const FEW: usize = 16;

/// The rules that a bonus works on, of those that fired, by their places in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice(Places);

/// The base points that a bonus works on.
#[derive(Debug)]
pub(super) struct Base {
    /// Tells it from other choices.
    pub(super) number: usize,
    works_on: Choice,
    /// The rules that are rounded in the same manner.
    pub(super) alike: Vec<Alike>,
}

/// Rules that are rounded alike, by their places among those that fired.
#[derive(Debug)]
pub(super) struct Alike {
    granularity: Granularity,
    pub(super) rounding: Rounding,
    /// Their points are taken as one: there is nothing smaller, or a limit left only a part.
    pub(super) whole: Vec<usize>,
    /// Their points are told apart by rate.
    pub(super) rates: Vec<usize>,
    /// The points of all others together by line: how many equal pieces, and the points of each.
    pub(super) lines: BTreeMap<usize, (i64, Points)>,
}

/// Every different choice so far.
pub(super) struct Bases<'f, 'a> {
    fired: &'f [Fired<'a>],
    known: Vec<Rc<Base>>,
}

impl<'f, 'a> Bases<'f, 'a> {
    pub(super) fn new(fired: &'f [Fired<'a>]) -> Self {
        Self {
            fired,
            known: Vec::new(),
        }
    }

    /// The base points of these rules.
    pub(super) fn of(&mut self, works_on: &Choice) -> Result<Rc<Base>, Overflow> {
        let mut known = self.known.iter();
        if let Some(known) = known.find(|base| base.works_on == *works_on) {
            return Ok(Rc::clone(known));
        }
        let base = Rc::new(Base::new(self.known.len(), works_on.clone(), self.fired)?);
        self.known.push(Rc::clone(&base));
        Ok(base)
    }
}

impl Choice {
    /// The rules on which bonuses may work: those that gave points, or less than one.
    pub(super) fn of_fired(rules: usize, fired: &[Fired<'_>]) -> Self {
        let mut choice = Places::none(rules);
        for fired in fired {
            if fired.points > Points::ZERO || fired.is_below_one() {
                choice.add(fired.rule.place);
            }
        }
        Self(choice)
    }

    /// Those of them on which a bonus works.
    pub(super) fn of_bonus(&self, bonus: &Bonus) -> Self {
        Self(self.0.and(&bonus.works_on))
    }

    /// Whether the rule is one of them.
    pub(super) fn has(&self, rule: &EarnRule) -> bool {
        self.0.has(rule.place)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rules, of all that fired.
    pub(super) fn of<'f, 'a>(&self, fired: &'f [Fired<'a>]) -> impl Iterator<Item = &'f Fired<'a>> {
        fired.iter().filter(|fired| self.has(fired.rule))
    }
}

impl Base {
    fn new(number: usize, works_on: Choice, fired: &[Fired<'_>]) -> Result<Self, Overflow> {
        let mut base = Self {
            number,
            works_on,
            alike: Vec::new(),
        };
        for (place, fired) in fired.iter().enumerate() {
            if base.works_on.has(fired.rule) {
                let alike = Alike::find(&mut base.alike, fired);
                alike.ok_or(Overflow)?.add(place, fired)?;
            }
        }
        Ok(base)
    }
}

impl Alike {
    fn find<'s>(alike: &'s mut Vec<Self>, fired: &Fired<'_>) -> Option<&'s mut Self> {
        let (granularity, rounding) = (fired.rule.granularity(), fired.rule.manner.rounding);
        let is_like = |one: &Self| one.granularity == granularity && one.rounding == rounding;
        let found = alike.iter().position(is_like);
        let place = found.unwrap_or_else(|| {
            alike.push(Self {
                granularity,
                rounding,
                whole: Vec::with_capacity(FEW),
                rates: Vec::new(),
                lines: BTreeMap::new(),
            });
            alike.len().saturating_sub(1)
        });
        alike.get_mut(place)
    }

    fn add(&mut self, place: usize, fired: &Fired<'_>) -> Result<(), Overflow> {
        match self.granularity {
            Granularity::Rule => self.whole.push(place),
            _ if fired.is_cut() => self.whole.push(place),
            Granularity::TaxRate => self.rates.push(place),
            Granularity::Line | Granularity::Unit => {
                for cell in &fired.cells {
                    let line = self.lines.entry(cell.place);
                    let (_, sum) = line.or_insert((cell.count, Points::ZERO));
                    *sum = sum.checked_add(cell.points)?;
                }
            }
        }
        Ok(())
    }
}
