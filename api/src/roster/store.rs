//! The roster's statements.

use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use uuid::Uuid;

use crate::statement;

statement! {
    /// The members behind look-up hashes; a hash that nobody has is left out.
    tenant MembersByLookUp = "select look_up, member_id from member_identifiers
        where tenant_id = $1 and look_up = any($2)";
    { tenant: i64 => BigInt, look_ups: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, Uuid => SqlUuid }
}
