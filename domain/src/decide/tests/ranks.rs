//! Ranks through whole decisions.

mod place;
mod random;
mod reference;
mod spec;
mod world;
