//! Ranks through whole decisions.

mod benefits;
mod climbing;
mod falling;
mod late;
mod manual;
mod place;
mod random;
mod reference;
mod spec;
pub(crate) mod story;
mod versions;
mod world;
