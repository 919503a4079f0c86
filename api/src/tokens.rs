//! Short-lived access tokens, by RFC 6749 (client credentials) and RFC 9068, and the public keys
//! that verify them.

pub(crate) mod create;
mod form;
pub(crate) mod keys;
