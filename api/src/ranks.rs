//! Ranks of members: how they stand, why, and ranks that somebody sets.

pub(crate) mod history;
pub(crate) mod read;
pub(crate) mod set;
mod store;
