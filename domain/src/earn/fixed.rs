//! The same points for every receipt, whatever it is worth.

use super::MAX_AWARD_POINTS;
use crate::amount::Points;
use crate::program::reader::{Object, Reader};

/// Points for a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fixed {
    points: Points,
}

impl Fixed {
    pub(super) fn points(&self) -> Points {
        self.points
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let points = reader.required_integer(object, "points", 1..=MAX_AWARD_POINTS);
        Self {
            points: Points::new(points),
        }
    }
}
