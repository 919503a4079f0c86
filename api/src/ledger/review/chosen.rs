//! The members of one transaction of a review, and how they are read: one by one, or all that lie between two of them,
//! which costs a fraction where most of them are wanted.

use std::collections::HashMap;

use domain::history::DayBook;
use domain::id::MemberId;
use domain::window::DateRange;
use uuid::Uuid;

use super::statements::{LockBetween, LockForReview};
use crate::db::{DbError, TenantConn};
use crate::ledger::facts::MemberRow;
use crate::ledger::ranks::{self, RankRow};

/// Who is decided.
#[derive(Debug, Clone)]
pub(super) enum Chosen {
    /// So many, wherever they lie.
    These(Vec<Uuid>),
    /// All after the first, up to and with the second: whoever is decided needlessly stays as is.
    Between(Uuid, Uuid),
}

impl Chosen {
    /// Lock them in ascending order.
    pub(super) async fn lock(&self, tx: &TenantConn) -> Result<Vec<MemberRow>, DbError> {
        let tenant = tx.number();
        match self {
            Self::These(members) => {
                let members = members.clone();
                LockForReview { tenant, members }.all(tx).await
            }
            Self::Between(after, until) => {
                let (after, until) = (*after, *until);
                let lock = LockBetween {
                    tenant,
                    after,
                    until,
                };
                lock.all(tx).await
            }
        }
    }

    /// Where they stand.
    pub(super) async fn states(&self, tx: &TenantConn) -> Result<Vec<RankRow>, DbError> {
        match self {
            Self::These(members) => ranks::states(tx, members.clone()).await,
            Self::Between(after, until) => ranks::states_between(tx, (*after, *until)).await,
        }
    }

    /// What was recorded of them day by day, each over its own dates.
    pub(super) async fn days(
        &self,
        tx: &TenantConn,
        asked: Vec<(MemberId, DateRange)>,
    ) -> Result<HashMap<MemberId, DayBook>, DbError> {
        let first = asked.first().map(|(_, range)| *range);
        let one = first.filter(|first| asked.iter().all(|(_, range)| range == first));
        match (self, one) {
            (Self::Between(after, until), Some(_)) => {
                ranks::days_between(tx, asked, (*after, *until)).await
            }
            _ => ranks::days(tx, asked).await,
        }
    }
}
