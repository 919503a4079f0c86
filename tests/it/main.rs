//! One binary for everything that needs a real server on real Postgres and Redis.

#[expect(dead_code, reason = "not every slice needs every tool")]
mod harness;
mod harness_works;
mod tidy;
