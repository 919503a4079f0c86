//! Members: enrolment, profile and look-up. What is personal is sealed before it reaches the
//! database and never stands in a log; identifiers are found by keyed hashes.

mod change;
mod check;
pub(crate) mod close;
mod consents;
pub(crate) mod document;
pub(crate) mod enrol;
pub(crate) mod erase;
pub(crate) mod export;
pub(crate) mod find;
pub(crate) mod get;
mod identifiers;
pub(crate) mod patch;
mod patch_document;
mod record;
mod store;
