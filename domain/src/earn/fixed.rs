//! The same points for every receipt, whatever it is worth.

use super::MAX_AWARD_POINTS;
use super::measure::Measure;
use crate::amount::{Overflow, Points};
use crate::program::reader::{Object, Reader};
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// Points for a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fixed {
    points: Points,
}

impl Fixed {
    pub(super) fn points(&self, measure: &Measure, rounding: Rounding) -> Result<Points, Overflow> {
        let points = Ratio::whole(i128::from(self.points.get()));
        let points = points.checked_mul(measure.times)?.round(rounding)?;
        Ok(Points::new(points))
    }

    /// The same where nothing is multiplied.
    pub(super) const fn points_of_visit(&self) -> Points {
        self.points
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let points = reader.required_integer(object, "points", 1..=MAX_AWARD_POINTS);
        Self {
            points: Points::new(points),
        }
    }
}
