//! Points given or taken by hand, and what a second key says to large ones.

pub(crate) mod answer;
pub(crate) mod approve;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod reject;
mod review;
mod store;
