//! The running balances of wallets: row by row, and summed up at past instants.

use diesel::sql_types::{BigInt, Text};

use super::{Finding, SHOWN};
use crate::db::DbError;
use crate::db::tenant::OnControl;
use crate::statement;

/// What each look proves.
const PROMISES: [(&str, &str); 2] = [
    (
        "I7",
        "No balance ever fell below 0, and each follows from the one before",
    ),
    (
        "I27",
        "What a tenant gave out is what its members had, at past instants too",
    ),
];

statement! {
    /// Which invariant, how many violations it has, the tenant and the words of some.
    control RunningBalances = include_str!("i07_i27_balances.sql");
    {}
    -> { String => Text, i64 => BigInt, i64 => BigInt, String => Text }
}

/// Check both.
pub(super) async fn findings(conn: &impl OnControl) -> Result<Vec<Finding>, DbError> {
    let rows = RunningBalances {}.all(conn).await?;
    let finding = |(invariant, promise)| {
        let found = rows.iter().filter(|(name, ..)| name == invariant);
        Finding {
            invariant,
            promise,
            violations: found
                .clone()
                .map(|(_, count, ..)| *count)
                .max()
                .unwrap_or(0),
            examples: found
                .take(SHOWN)
                .map(|(_, _, tenant, what)| (*tenant, what.clone()))
                .collect(),
        }
    };
    Ok(PROMISES.map(finding).into())
}
