//! What a program says of goods that come back.

use crate::program::reader::{Object, Reader};

/// The most days of grace, and after which a receipt can still get its member: ten years.
const MAX_DAYS: i64 = 3_650;

/// How what a receipt earned is taken back with a part of its goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnMode {
    /// What is left is judged once more, by the rules and numbers of then.
    Recompute,
    /// By the share of the goods' value.
    Prorate,
}

/// Where points that paid go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RestoreTo {
    /// To the lots that they were taken from.
    OriginalLot,
    /// To a new one, whose time begins now.
    NewLot,
}

/// The `returns` of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Returns {
    pub(crate) mode: ReturnMode,
    pub(crate) restore_to: RestoreTo,
    /// So many days points live that come back to a lot whose time is over; 0 = they stay over.
    pub(crate) grace_days: i64,
    /// Whether a rank ends that was reached with what comes back.
    pub(crate) review_rank: bool,
    /// So many days after it a receipt without a member can get one.
    pub(crate) late_claim_days: i64,
}

impl Default for Returns {
    fn default() -> Self {
        Self {
            mode: ReturnMode::Recompute,
            restore_to: RestoreTo::OriginalLot,
            grace_days: 0,
            review_rank: true,
            late_claim_days: 30,
        }
    }
}

impl Returns {
    /// Reads the `returns` of a program.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let default = Self::default();
        let modes = [
            ("recompute", ReturnMode::Recompute),
            ("prorate", ReturnMode::Prorate),
        ];
        let places = [
            ("original_lot", RestoreTo::OriginalLot),
            ("new_lot", RestoreTo::NewLot),
        ];
        Self {
            mode: reader
                .choice(object, "mode", &modes, &[])
                .unwrap_or(default.mode),
            restore_to: reader
                .choice(object, "restore_to", &places, &[])
                .unwrap_or(default.restore_to),
            grace_days: reader
                .integer(object, "grace_days", 0..=MAX_DAYS)
                .unwrap_or(default.grace_days),
            review_rank: reader.flag(object, "review_rank", default.review_rank),
            late_claim_days: reader
                .integer(object, "late_claim_days", 0..=MAX_DAYS)
                .unwrap_or(default.late_claim_days),
        }
    }
}
