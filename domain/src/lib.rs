//! What the point program means: pure functions from values to values. No clock, no I/O and no
//! randomness, so that what is promised, recorded and simulated can't differ.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::float_arithmetic
)]

mod activation;
pub mod amount;
mod bonus;
pub mod calendar;
pub mod catalog;
pub mod code;
mod condition;
pub mod decide;
pub mod discount;
mod earn;
mod earning;
mod evaluate;
mod exclude;
mod expiry;
mod explain;
pub mod fault;
pub mod history;
pub mod id;
pub mod ledger;
mod limit;
pub mod lot;
pub mod member;
mod member_price;
pub mod needs;
mod places;
pub mod program;
pub mod rank;
mod ratio;
pub mod receipt;
mod redeem;
mod returns;
pub mod rounding;
pub mod settings;
mod shortage;
pub mod trail;
pub mod window;
