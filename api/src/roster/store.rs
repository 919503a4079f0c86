//! The roster's statements.

use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use domain::id::MemberId;
use uuid::Uuid;

use super::LookUp;
use crate::db::{Db, TenantNumber};
use crate::problem::Problem;
use crate::statement;

statement! {
    /// The members behind look-up hashes; a hash that nobody has is left out.
    tenant MembersByLookUp = "select look_up, member_id from member_identifiers
        where tenant_id = $1 and look_up = any($2)";
    { tenant: i64 => BigInt, look_ups: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, Uuid => SqlUuid }
}

statement! {
    /// A member of the tenant.
    tenant MemberById = "select id from members where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> { Uuid => SqlUuid }
}

/// The member that is found so, if the tenant has one.
pub(crate) async fn member_of(
    db: &Db,
    tenant: TenantNumber,
    named: LookUp,
) -> Result<Option<MemberId>, Problem> {
    let reads = db.clone();
    let found = db.run(async move {
        let tx = reads.snapshot(tenant).await?;
        let tenant = tx.number();
        let found = match named {
            LookUp::Hash(hash) => {
                let look_ups = vec![hash];
                let found = MembersByLookUp { tenant, look_ups }.all(&tx).await?.pop();
                found.map(|(_, member)| member)
            }
            LookUp::Id(member) => {
                let member = member.uuid();
                let found = MemberById { tenant, member }.all(&tx).await?.pop();
                found.map(|(member,)| member)
            }
        };
        tx.commit().await?;
        Ok::<_, Problem>(found)
    });
    Ok(found.await??.map(MemberId::from_uuid))
}
