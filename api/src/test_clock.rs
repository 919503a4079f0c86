//! The clock of a sandbox tenant, so that expiry and periods can be tried without waiting.

pub(crate) mod set;
