//! What members can be told of their discounts before they buy. Reads only.

pub(crate) mod read;
mod store;
