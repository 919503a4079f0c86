//! What a member has, what is going to expire, and how it came about. Reads only: every point
//! moves through the ledger.

mod entry;
pub(crate) mod expirations;
mod past;
pub(crate) mod read;
mod store;
pub(crate) mod transaction;
pub(crate) mod transactions;
