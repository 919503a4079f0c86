//! One binary for everything that needs a real server on real Postgres and Redis.

mod balances;
#[expect(dead_code, reason = "not every slice needs every tool")]
mod harness;
mod harness_works;
mod identifiers;
mod members;
mod tidy;
