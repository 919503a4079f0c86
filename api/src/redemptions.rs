//! Points taken outside a receipt.

pub(crate) mod answer;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod store;
