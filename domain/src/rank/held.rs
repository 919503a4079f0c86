//! The ranks by which a receipt is judged.

use super::{Ladder, Place, Step};
use crate::amount::Decimal4;
use crate::decide::HeldRank;
use crate::program::Program;

/// Those of a program without ladders, and where nobody asks.
pub(crate) static NO_RANKS: Held<'static> = Held { ranks: Vec::new() };

/// A member's step on every ladder of a program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held<'a> {
    ranks: Vec<(&'a Ladder, Place)>,
}

impl<'a> Held<'a> {
    /// The ranks that a receipt was judged by.
    pub(crate) fn recorded(program: &'a Program, ranks: &[HeldRank]) -> Self {
        let place = |ladder: &'a Ladder| {
            let mut ranks = ranks.iter();
            let rank = ranks.find(|rank| rank.ladder.as_str() == ladder.code);
            (ladder, ladder.place(rank.map(|rank| rank.code.as_str())))
        };
        Self::of(program.ladders().iter().map(place).collect())
    }

    /// The places on ladders, in document order.
    pub(super) fn of(ranks: Vec<(&'a Ladder, Place)>) -> Self {
        Self { ranks }
    }

    /// Each ladder with the member's step; none below the lowest.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (&'a Ladder, Option<&'a Step>)> {
        let ranks = self.ranks.iter();
        ranks.map(|(ladder, place)| (*ladder, place.and_then(|place| ladder.steps.get(place))))
    }

    /// Whether the member has one of these ranks.
    pub(crate) fn is_one_of(&self, codes: &[String]) -> bool {
        let mut steps = self.steps().filter_map(|(_, step)| step);
        steps.any(|step| codes.contains(&step.code))
    }

    /// The discount that ranks bring: of one ladder, or the largest of all.
    pub(crate) fn discount_percent(&self, of: Option<&str>) -> Option<Decimal4> {
        let steps = self.steps();
        let steps = steps.filter(|(ladder, _)| of.is_none_or(|code| ladder.code == code));
        let percents = steps.filter_map(|(_, step)| step?.discount_percent);
        percents.max()
    }

    /// The same with the ranks that a receipt reached and that serve it already; none when there
    /// are none.
    pub(crate) fn lifted(&self, climbed: &Climbed<'a>) -> Option<Self> {
        let mut serving = climbed
            .iter()
            .filter(|(ladder, _)| ladder.at_once)
            .peekable();
        serving.peek()?;
        let mut ranks = self.ranks.clone();
        for (ladder, reached) in serving {
            let place = ranks
                .iter_mut()
                .find(|(other, _)| other.code == ladder.code);
            if let Some((_, place)) = place {
                *place = (*place).max(*reached);
            }
        }
        Some(Self { ranks })
    }
}

/// The ladders that a receipt climbs, and the places that it reaches.
pub(crate) type Climbed<'a> = Vec<(&'a Ladder, Place)>;
