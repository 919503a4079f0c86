//! Goods that come back: what they earned goes, what points paid comes back, by the rules of then.

mod claims;
mod excluded;
mod money;
mod points;
mod properties;
mod ranks;
mod shop;
