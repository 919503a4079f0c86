//! Tamaru: the point-program service. Modules stand by level; imports go down only.

// Level 1: nothing of ours below.
pub mod clock;
pub mod config;
pub mod problem;
pub mod secrets;
pub mod services;
// Level 2: storage.
pub mod db;
pub mod redis;
// Level 3: what guards a request and its data.
pub mod idempotency;
pub mod vault;
// Level 4: what the resources share.
pub mod balances_cache;
pub mod catalog;
pub mod roster;
// Level 5: the one write door.
pub mod ledger;
