//! What happened, as webhooks tell it, for those who missed it.

pub(crate) mod list;
pub(crate) mod redeliver;
mod store;

use domain::id::{EventId, MemberId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Event {
    /// Its id, which is also the `webhook-id` of its messages.
    pub(crate) id: EventId,
    /// What happened.
    #[schema(example = "purchase.recorded")]
    pub(crate) r#type: String,
    /// When it was recorded, by the tenant's time.
    pub(crate) timestamp: Timestamp,
    /// The member that it concerns.
    pub(crate) member_id: Option<MemberId>,
    /// Ids and numbers, as webhooks carry them.
    #[schema(value_type = Object)]
    pub(crate) data: serde_json::Value,
}
