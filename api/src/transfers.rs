//! Points that go from one member to another.

pub(crate) mod create;
mod party;
