//! Which redemptions hold points after a batch.

use std::collections::{BTreeMap, BTreeSet};

use diesel::sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid};
use domain::decide::{RedemptionChanged, RedemptionOutcome, RedemptionState};
use jiff::Timestamp;
use uuid::Uuid;

use super::{both, exactly};
use crate::db::time::SqlInstant;
use crate::db::{DbError, TenantConn};
use crate::statement;

/// Reservations that begin and end.
#[derive(Debug, Default)]
pub(super) struct HeldRows {
    begun: BTreeMap<Uuid, (Uuid, Timestamp)>,
    ended: BTreeSet<Uuid>,
}

impl HeldRows {
    /// A redemption that was made.
    pub(super) fn made(&mut self, redemption: &RedemptionOutcome) {
        if let (RedemptionState::Reserved, Some(ends_at)) =
            (redemption.state, redemption.expires_at)
        {
            let held = (redemption.member_id.uuid(), ends_at);
            self.begun.insert(redemption.id.uuid(), held);
        }
    }

    /// A redemption that was changed. What was taken holds nothing any more, so that its reversal ends
    /// no reservation.
    pub(super) fn changed(&mut self, changed: &RedemptionChanged) {
        let id = changed.redemption.id.uuid();
        if changed.redemption.state != RedemptionState::Reversed && self.begun.remove(&id).is_none()
        {
            self.ended.insert(id);
        }
    }

    /// Write them. A reservation that has ended has no row that could end again.
    pub(super) async fn write(self, tx: &TenantConn) -> Result<(), DbError> {
        let tenant = tx.number();
        let (begun, ended) = (self.begun.len(), self.ended.len());
        let mut insert = InsertReservations {
            tenant,
            id: Vec::with_capacity(begun),
            member: Vec::with_capacity(begun),
            expires_at: Vec::with_capacity(begun),
        };
        for (id, (member, expires_at)) in self.begun {
            insert.id.push(id);
            insert.member.push(member);
            insert.expires_at.push(expires_at.into());
        }
        let id = self.ended.into_iter().collect();
        let delete = DeleteReservations { tenant, id };
        both(
            exactly(begun, insert.run(tx)),
            exactly(ended, delete.run(tx)),
        )
        .await
    }
}

statement! {
    /// Redemptions that hold points from now on.
    tenant InsertReservations = "insert into reservations (tenant_id, id, member_id, expires_at)
        select k.tenant_id, u.* from tenant_keys k, unnest($2, $3, $4) as u (id, member_id, expires_at)
        where k.tenant_id = $1";
    { tenant: i64 => BigInt, id: Vec<Uuid> => Array<SqlUuid>, member: Vec<Uuid> => Array<SqlUuid>,
      expires_at: Vec<SqlInstant> => Array<Timestamptz> }
}

statement! {
    /// Redemptions that hold nothing any more.
    tenant DeleteReservations = "delete from reservations where tenant_id = $1 and id = any($2)";
    { tenant: i64 => BigInt, id: Vec<Uuid> => Array<SqlUuid> }
}
