//! Takes away whatever lets somebody act for a tenant and its sandbox twin.

use diesel::sql_types::BigInt;

use crate::statement;

statement! {
    /// Revoke every key.
    control EndKeys = "update api_keys set revoked_at = coalesce(revoked_at, now()), changed_at = now()
        where tenant_id in (select id from tenants where id = $1 or sandbox_of = $1)";
    { live: i64 => BigInt }
}

statement! {
    /// Revoke every grant to a partner.
    control EndGrants = "update partner_grants set revoked_at = coalesce(revoked_at, now()), changed_at = now()
        where tenant_id in (select id from tenants where id = $1 or sandbox_of = $1)";
    { live: i64 => BigInt }
}
