//! Takes the rows of deleted tenants out of every table, as the owner: the service itself may take nothing out of a ledger.

mod store;

use secrecy::SecretString;

use crate::db::{ControlConn, DbError, Session};

use store::Purge;

/// Purge every deleted tenant, all or nothing. Repeating it finds nothing.
pub async fn purge(owner_url: &SecretString) -> Result<(), DbError> {
    let session = Box::new(Box::pin(Session::open(owner_url)).await?);
    let control = ControlConn::open_unhurried(session.into()).await?;
    (Purge {}).run(&control).await?;
    control.commit().await
}
