//! Which base points each bonus works on. Many bonuses mostly work on the same ones, so that what
//! they have in common is added up once for each different choice of rules.

use super::base::Fired;
use crate::amount::{Overflow, Points};
use crate::bonus::Bonus;
use crate::earning::Granularity;
use crate::rounding::Rounding;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The base points that a bonus works on.
#[derive(Debug)]
pub(super) struct Base {
    /// Tells it from other choices.
    pub(super) number: usize,
    /// Whether it works on the rule in this place among those that fired.
    works_on: Vec<bool>,
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
    places: BTreeMap<&'a str, usize>,
    known: BTreeMap<Vec<bool>, Rc<Base>>,
}

impl<'f, 'a> Bases<'f, 'a> {
    pub(super) fn new(fired: &'f [Fired<'a>]) -> Self {
        let places = fired.iter().enumerate();
        let places = places.map(|(place, fired)| (fired.rule.code.as_str(), place));
        Self {
            fired,
            places: places.collect(),
            known: BTreeMap::new(),
        }
    }

    /// The base points of a bonus.
    pub(super) fn of(&mut self, bonus: &Bonus) -> Result<Rc<Base>, Overflow> {
        let is_base = |fired: &Fired<'_>| {
            (fired.points > Points::ZERO || fired.is_below_one())
                && fired.rule.wallet == bonus.wallet
        };
        let mut works_on = vec![bonus.rules.is_none(); self.fired.len()];
        let rules = bonus.rules.iter().flatten();
        for place in rules.filter_map(|rule| self.places.get(rule.as_str())) {
            if let Some(works_on) = works_on.get_mut(*place) {
                *works_on = true;
            }
        }
        for (works_on, fired) in works_on.iter_mut().zip(self.fired) {
            *works_on &= is_base(fired);
        }
        if let Some(known) = self.known.get(&works_on) {
            return Ok(Rc::clone(known));
        }
        let base = Rc::new(Base::new(self.known.len(), &works_on, self.fired)?);
        self.known.insert(works_on, Rc::clone(&base));
        Ok(base)
    }
}

impl Base {
    fn new(number: usize, works_on: &[bool], fired: &[Fired<'_>]) -> Result<Self, Overflow> {
        let mut base = Self {
            number,
            works_on: works_on.to_vec(),
            alike: Vec::new(),
        };
        for (place, fired) in fired.iter().enumerate() {
            if base.has(place) {
                let alike = Alike::find(&mut base.alike, fired);
                alike.ok_or(Overflow)?.add(place, fired)?;
            }
        }
        Ok(base)
    }

    /// Whether it works on the rule in this place among those that fired.
    pub(super) fn has(&self, place: usize) -> bool {
        self.works_on.get(place).is_some_and(|works_on| *works_on)
    }

    /// The rules that it works on, of all that fired.
    pub(super) fn of<'f, 'a>(
        &self,
        fired: &'f [Fired<'a>],
    ) -> impl Iterator<Item = (usize, &'f Fired<'a>)> {
        let fired = fired.iter().enumerate();
        fired.filter(|(place, _)| self.has(*place))
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
                whole: Vec::new(),
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
