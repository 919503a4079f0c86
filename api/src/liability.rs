//! What the tenant owes its members, by its own books.

pub(crate) mod read;
