//! Reads of redemptions.

use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::statement;

statement! {
    /// What was answered for one redemption.
    tenant RedemptionById = "select outcome from redemptions where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { String => Text }
}
