//! A receipt and what is left of it, for the model.

use super::answer::no;
use super::steps::Goods;

#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) pieces: i64,
    pub(crate) price: i64,
    pub(crate) cheaper: i64,
    pub(crate) back: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    /// None while nobody claimed it.
    pub(crate) member: Option<usize>,
    pub(crate) occurred: i64,
    /// Its place among everything that was made.
    pub(crate) made: usize,
    pub(crate) lines: Vec<Line>,
    pub(crate) is_void: bool,
    pub(crate) granted: i64,
    pub(crate) earns: i64,
    pub(crate) paid: i64,
    pub(crate) total: i64,
    /// What the goods cost by which its member earned.
    pub(crate) earned_by: i64,
    pub(crate) refunded: i64,
    pub(crate) counted_lost: i64,
    pub(crate) spent: Vec<(usize, i64)>,
}

impl Line {
    pub(crate) fn left(&self) -> i64 {
        self.pieces - self.back
    }

    pub(crate) fn worth(&self) -> i64 {
        (self.price * self.left() / self.pieces - self.cheaper).max(0)
    }

    fn is_gone(&self) -> bool {
        self.left() == 0 || (self.cheaper > 0 && self.worth() == 0)
    }
}

impl Purchase {
    pub(crate) fn is_gone(&self) -> bool {
        self.lines.iter().all(Line::is_gone)
    }

    pub(crate) fn worth(&self) -> i64 {
        let kept = self.lines.iter().filter(|line| !line.is_gone());
        kept.map(Line::worth).sum()
    }

    fn take_off(&mut self, line: usize, worth: i64) {
        let line = &mut self.lines[line];
        if worth == line.worth() {
            line.back = line.pieces;
        } else {
            line.cheaper += worth;
        }
    }

    /// Takes goods off; the whole operation is undone by the caller where this fails.
    pub(crate) fn give(&mut self, goods: &Goods) -> Result<(), String> {
        match goods {
            Goods::All => self
                .lines
                .iter_mut()
                .for_each(|line| line.back = line.pieces),
            Goods::Worth(amount) => self.spread(*amount)?,
            Goods::Line(place, pieces, worth) => {
                let Some(line) = self.lines.get_mut(*place) else {
                    return no("validation_failed");
                };
                if line.is_gone()
                    || pieces.is_some_and(|n| n > line.left())
                    || worth.is_some_and(|n| n > line.worth())
                {
                    return no("over_returned");
                }
                match (pieces, worth) {
                    (_, Some(worth)) => self.take_off(*place, *worth),
                    (pieces, None) => line.back += pieces.unwrap_or(line.left()),
                }
            }
        }
        Ok(())
    }

    /// By value; what division leaves goes to the largest remainders, the earlier line first.
    fn spread(&mut self, amount: i64) -> Result<(), String> {
        let all = self.worth();
        if amount >= all {
            return if amount > all {
                no("over_returned")
            } else {
                self.give(&Goods::All)
            };
        }
        let weight = |line: &Line| if line.is_gone() { 0 } else { line.worth() };
        let weights: Vec<i64> = self.lines.iter().map(weight).collect();
        let mut parts: Vec<i64> = weights.iter().map(|weight| amount * weight / all).collect();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|place| -(amount * weights[*place] % all));
        let rest = usize::try_from(amount - parts.iter().sum::<i64>()).unwrap();
        order.iter().take(rest).for_each(|place| parts[*place] += 1);
        let parts = parts.into_iter().enumerate().filter(|(_, part)| *part > 0);
        parts.for_each(|(place, part)| self.take_off(place, part));
        Ok(())
    }
}
