//! Points taken outside a receipt, at once or held first.

pub(crate) mod answer;
pub(crate) mod capture;
pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod release;
pub(crate) mod reverse;
pub(crate) mod store;
