//! What happened, for those who want to hear of it. An event is written in the transaction of what happened, so that
//! neither is ever there without the other; a tenant without endpoints writes none.

pub(crate) mod store;

use domain::id::MemberId;
use domain::ledger::TransactionKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock;
use crate::db::{DbError, TenantConn};
use store::InsertOutbox;

/// Declares the types of events: variant and text.
macro_rules! event_types {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        pub(crate) enum EventType {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl EventType {
            /// The text in events and documents.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The type with this text.
            pub(crate) fn named(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

event_types! {
    /// A receipt was recorded.
    PurchaseRecorded "purchase.recorded";
    /// Points were spent outside a receipt.
    PointsRedeemed "points.redeemed";
    /// Points that waited became spendable.
    PointsActivated "points.activated";
    /// Points ended, or waited too long.
    PointsExpired "points.expired";
    /// Goods came back.
    PurchaseReturned "purchase.returned";
    /// A receipt was undone.
    PurchaseVoided "purchase.voided";
    /// A receipt got its member afterwards.
    PurchaseClaimed "purchase.claimed";
    /// Points are held.
    PointsReserved "points.reserved";
    /// Held points were taken.
    PointsCaptured "points.captured";
    /// Held points were given back.
    PointsReleased "points.released";
    /// Taken points were given back.
    PointsReversed "points.reversed";
    /// Points were corrected by hand.
    PointsAdjusted "points.adjusted";
    /// Points changed hands.
    PointsTransferred "points.transferred";
    /// A member stands elsewhere on a ladder.
    RankChanged "rank.changed";
    /// A member was enrolled.
    MemberEnrolled "member.enrolled";
    /// Something about a member changed; what is personal is read by its id.
    MemberChanged "member.changed";
    /// A member was closed.
    MemberClosed "member.closed";
    /// What is personal about a member was destroyed.
    MemberErased "member.erased";
    /// A version of the program was published.
    ProgramPublished "program.published";
}

impl From<TransactionKind> for EventType {
    fn from(kind: TransactionKind) -> Self {
        match kind {
            TransactionKind::Purchase => Self::PurchaseRecorded,
            TransactionKind::Redeem => Self::PointsRedeemed,
            TransactionKind::Activate => Self::PointsActivated,
            TransactionKind::Expire => Self::PointsExpired,
            TransactionKind::Return => Self::PurchaseReturned,
            TransactionKind::Void => Self::PurchaseVoided,
            TransactionKind::Claim => Self::PurchaseClaimed,
            TransactionKind::Reserve => Self::PointsReserved,
            TransactionKind::Capture => Self::PointsCaptured,
            TransactionKind::Release => Self::PointsReleased,
            TransactionKind::Reverse => Self::PointsReversed,
            TransactionKind::Adjust => Self::PointsAdjusted,
            TransactionKind::Transfer => Self::PointsTransferred,
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    id: Uuid,
    kind: EventType,
    member: Option<MemberId>,
    transaction: Option<Uuid>,
    data: Map<String, Value>,
    recorded_at: Timestamp,
}

impl Event {
    /// Something of this type, recorded at the tenant's time.
    pub(crate) fn new(kind: EventType, recorded_at: Timestamp) -> Self {
        Self {
            id: clock::new_id(),
            kind,
            member: None,
            transaction: None,
            data: Map::new(),
            recorded_at,
        }
    }

    /// Whom it concerns, and at which version of the ledger: events of one member are in the order of their versions.
    #[must_use]
    pub(crate) fn of_member(mut self, member: MemberId, version: i64) -> Self {
        self.member = Some(member);
        self.with("member_id", member).with("version", version)
    }

    /// The transaction of the ledger that it tells of; one transaction has one event.
    #[must_use]
    pub(crate) fn of_transaction(mut self, id: domain::id::TransactionId) -> Self {
        self.transaction = Some(id.uuid());
        self.with("transaction_id", id)
    }

    /// One more fact. Ids, codes and numbers only: nothing personal may stand here.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        // Ids and numbers can always be written.
        if let Ok(value) = serde_json::to_value(value)
            && !value.is_null()
        {
            self.data.insert(name.to_owned(), value);
        }
        self
    }
}

/// Write events in the transaction of what happened. Without any nothing is sent.
pub(crate) async fn write(tx: &TenantConn, events: Vec<Event>) -> Result<(), DbError> {
    if events.is_empty() {
        return Ok(());
    }
    // Apart, so that those who write none carry nothing for it.
    Box::pin(insert(tx, events)).await
}

async fn insert(tx: &TenantConn, events: Vec<Event>) -> Result<(), DbError> {
    let n = events.len();
    let mut columns = InsertOutbox {
        tenant: tx.number(),
        id: Vec::with_capacity(n),
        kind: Vec::with_capacity(n),
        member: Vec::with_capacity(n),
        transaction: Vec::with_capacity(n),
        data: Vec::with_capacity(n),
        recorded_at: Vec::with_capacity(n),
    };
    for event in events {
        columns.id.push(event.id);
        columns.kind.push(event.kind.as_str());
        columns.member.push(event.member.map(MemberId::uuid));
        columns.transaction.push(event.transaction);
        columns.data.push(Value::Object(event.data).to_string());
        columns.recorded_at.push(event.recorded_at.into());
    }
    match columns.run(tx).await? {
        written if written == n => Ok(()),
        written => Err(DbError::Failed(format!(
            "{written} events were written instead of {n}"
        ))),
    }
}
