//! Commands of one caller that must take effect in their order: a queue gives back what waits too
//! long, and what stands behind it may not overtake it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by the commands of one line; broken off as soon as one of them is given back.
#[derive(Debug, Clone, Default)]
pub struct Line(Arc<AtomicBool>);

impl Line {
    /// Nothing of this line that is not written yet may be written.
    pub(crate) fn break_off(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether one before was given back.
    pub(super) fn is_broken_off(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
