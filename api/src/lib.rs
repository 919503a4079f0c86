//! Tamaru: the point-program service. Modules stand by level; imports go down only.

// Level 1: nothing of ours below.
pub mod as_of;
pub mod body;
pub mod clock;
pub mod config;
pub mod json;
pub mod language;
pub mod money;
pub mod outbound;
pub mod page;
pub mod problem;
pub mod revision;
pub mod secrets;
pub mod services;
pub mod telemetry;
pub mod zone;
// Level 2: storage.
pub mod db;
pub mod redis;
// Level 3: how fast a tenant may call, and what it is told of what happened.
pub(crate) mod outbox;
pub mod rate_limit;
// Level 4: what guards a request and its data.
pub mod auth;
pub mod idempotency;
pub mod vault;
// Level 5: what the resources share.
pub(crate) mod audit;
pub mod balances_cache;
pub mod catalog;
pub mod roster;
// Level 6: the one write door, what keys may move through it, its sums, and the proof of what came of it.
pub mod allowance;
pub mod ledger;
pub mod ledger_sums;
pub mod verify;
// Level 7: what handlers may use, and what is done without a caller.
pub mod app;
pub mod jobs;
// Level 8: the resources.
mod adjustments;
mod api_keys;
mod audit_log;
mod balances;
mod discounts;
mod docs;
mod events;
mod health;
mod liability;
mod members;
mod partner_grants;
mod partners;
mod programs;
mod purchases;
mod ranks;
mod redemptions;
mod stores;
pub mod tenants;
mod test_clock;
mod tokens;
mod transfers;
mod webhooks;
// Level 9: the contract and the table of contents.
pub mod openapi;
pub mod router;
// Level 10: a node.
pub mod server;
// Level 11: the whole on one machine.
pub mod dev;

#[cfg(test)]
mod tests;
