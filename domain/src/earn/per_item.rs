//! Points for every whole piece that was bought.

use super::MAX_AWARD_POINTS;
use super::measure::Measure;
use crate::amount::{Overflow, Points};
use crate::program::reader::{Object, Reader};
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// Points per piece; a weight below one piece counts nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PerItem {
    points: Points,
}

impl PerItem {
    pub(super) fn points(&self, measure: &Measure, rounding: Rounding) -> Result<Points, Overflow> {
        let points = measure.exact_pieces()?.checked_mul(self.rate())?;
        points.round(rounding).map(Points::new)
    }

    /// The same where nothing is multiplied.
    pub(super) fn points_of_pieces(&self, pieces: i64) -> Result<Points, Overflow> {
        let points = self.points.get().checked_mul(pieces);
        points.map(Points::new).ok_or(Overflow)
    }

    /// Points per piece.
    pub(super) fn rate(&self) -> Ratio {
        Ratio::whole(i128::from(self.points.get()))
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let points = reader.required_integer(object, "points", 1..=MAX_AWARD_POINTS);
        Self {
            points: Points::new(points),
        }
    }
}
