//! How instants and dates cross into SQL.

pub use jiff_diesel::{Date as SqlDate, Time as SqlTime, Timestamp as SqlInstant};

use jiff::Timestamp;

/// An optional instant as a column value.
pub fn maybe(at: Option<Timestamp>) -> Option<SqlInstant> {
    at.map(SqlInstant::from)
}

/// A column value as an optional instant.
pub fn maybe_from(at: Option<SqlInstant>) -> Option<Timestamp> {
    at.map(Timestamp::from)
}
