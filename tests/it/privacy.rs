//! Placeholder of a slice.
