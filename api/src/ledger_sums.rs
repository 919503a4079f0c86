//! What all moves of a tenant's ledger come to at an instant. To add up a large ledger takes longer than a statement may,
//! so a worker writes sums down at moments that are over for good, and a reading adds only what came after one.

mod close;
mod store;

use jiff::Timestamp;

use crate::db::{DbError, TenantConn};
use store::{Accounts, LastMoment};

pub use close::{Closing, close};

/// A wallet and what went through its accounts: issued, redeemed, expired, adjusted, donated, transferred, available,
/// pending, reserved and owed.
pub(crate) type WalletSums = (String, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);

/// Every wallet that was used until an instant, inclusive, in the order of their codes.
pub(crate) async fn at(tx: &TenantConn, until: Timestamp) -> Result<Vec<WalletSums>, DbError> {
    tx.plan_for_values().await?;
    let last = LastMoment {
        tenant: tx.number(),
        until: until.into(),
    };
    let from = last.all(tx).await?.pop().map(|(until,)| until);
    let accounts = Accounts {
        tenant: tx.number(),
        from,
        until: until.into(),
    };
    accounts.all(tx).await
}
