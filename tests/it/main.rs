//! One binary for everything that needs a real server on real Postgres and Redis.

mod bad_input;
mod balances;
mod batches;
mod books;
mod business_dates;
mod concurrency;
mod conditions;
mod discounts;
mod faults;
#[expect(dead_code, reason = "not every slice needs every tool")]
mod harness;
mod harness_works;
mod hot_balances;
mod identifiers;
mod isolation;
mod languages;
mod ledger_model;
mod limits;
mod members;
mod programs;
mod purchases;
mod random_programs;
mod ranks;
mod real_receipts;
mod redemptions;
mod returns;
mod schema_rules;
mod tidy;
mod time;
mod write_path;
mod year_end;
