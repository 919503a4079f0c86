//! What a transaction is made of. A row moves points from one account to another, so that every
//! transaction sums to zero by construction.

use crate::amount::{Amount, Overflow, Points};
use crate::code::Code;
use crate::id::{LotId, MemberId, PurchaseEventId, PurchaseId, RedemptionId, TransactionId};
use crate::lot::Lot;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where points lie: the first four belong to a member's wallet, the others to the tenant's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// Spendable by the member.
    Available,
    /// Granted but not active yet.
    Pending,
    /// Held by a reservation.
    Reserved,
    /// Owed by the member; the next credit repays it first.
    Deficit,
    /// The source of every grant.
    Issued,
    /// Where spent points go.
    Redeemed,
    /// Where expired points go.
    Expired,
    /// The other side of corrections by hand.
    Adjusted,
    /// Where donated points go.
    Donated,
    /// Between two members: what one sends, the other gets, so that it sums to nothing over all.
    Transferred,
}

impl Account {
    /// Every account.
    pub const ALL: [Self; 10] = [
        Self::Available,
        Self::Pending,
        Self::Reserved,
        Self::Deficit,
        Self::Issued,
        Self::Redeemed,
        Self::Expired,
        Self::Adjusted,
        Self::Donated,
        Self::Transferred,
    ];

    /// The number it is stored as.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Available => 1,
            Self::Pending => 2,
            Self::Reserved => 3,
            Self::Deficit => 4,
            Self::Issued => 11,
            Self::Redeemed => 12,
            Self::Expired => 13,
            Self::Adjusted => 14,
            Self::Donated => 15,
            Self::Transferred => 16,
        }
    }

    /// The account stored as `code`.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.code() == code)
    }

    /// Its name in JSON and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Pending => "pending",
            Self::Reserved => "reserved",
            Self::Deficit => "deficit",
            Self::Issued => "issued",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::Adjusted => "adjusted",
            Self::Donated => "donated",
            Self::Transferred => "transferred",
        }
    }
}

/// What made a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransactionKind {
    /// A receipt; its rows redeem and earn.
    Purchase,
    /// Points taken outside a receipt.
    Redeem,
    /// Points that waited became spendable, by time or by an event.
    Activate,
    /// Points whose time is over, or that waited too long for their event.
    Expire,
    /// Goods that came back.
    Return,
    /// A receipt that is undone.
    Void,
    /// A receipt that got its member afterwards.
    Claim,
    /// Points held for a redemption.
    Reserve,
    /// Held points that are taken.
    Capture,
    /// Held points that are given back.
    Release,
    /// Taken points that are given back.
    Reverse,
    /// A correction by hand.
    Adjust,
    /// Points that go to another member.
    Transfer,
}

impl TransactionKind {
    /// Its name in JSON and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Redeem => "redeem",
            Self::Activate => "activate",
            Self::Expire => "expire",
            Self::Return => "return",
            Self::Void => "void",
            Self::Claim => "claim",
            Self::Reserve => "reserve",
            Self::Capture => "capture",
            Self::Release => "release",
            Self::Reverse => "reverse",
            Self::Adjust => "adjust",
            Self::Transfer => "transfer",
        }
    }
}

/// One row: points that moved from the debit account to the credit account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The wallet's code.
    pub wallet: String,
    /// Where the points came from.
    pub debit: Account,
    /// Where they went.
    pub credit: Account,
    /// Above zero.
    pub points: Points,
    /// The stored `available` of the wallet after this row.
    pub balance_after: Points,
    /// The rule that caused it.
    pub rule: Option<String>,
    /// The lot it filled or emptied.
    pub lot: Option<LotId>,
}

/// A lot that was there before a transaction, as it is after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotChange {
    /// When it expired before, which is part of its key in the store.
    pub expired_at: Option<Timestamp>,
    /// Whether more than what is left of it changed.
    pub is_moved: bool,
    /// The lot.
    pub lot: Lot,
}

impl LotChange {
    /// What made `before` into `after`.
    pub(crate) fn between(before: &Lot, after: Lot) -> Self {
        let is_moved = after.expires_at != before.expires_at || after.pending != before.pending;
        Self {
            expired_at: before.expires_at,
            is_moved,
            lot: after,
        }
    }
}

/// A wallet's stored numbers after a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletState {
    /// The wallet's code.
    pub wallet: Code,
    /// The sum of its open active lots, swept or not.
    pub available: Points,
    /// Granted but not active yet.
    pub pending: Points,
    /// Held by reservations.
    pub reserved: Points,
    /// Owed by the member.
    pub deficit: Points,
    /// The earliest expiry among lots with points left; maybe too early, never too late.
    pub next_expires_at: Option<Timestamp>,
}

/// A wallet as the member may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Balance {
    /// The wallet's code.
    #[schema(value_type = String)]
    pub wallet: Code,
    /// Spendable now; never negative and without expired points.
    pub available: Points,
    /// Granted but not active yet.
    pub pending: Points,
    /// Held by reservations.
    pub reserved: Points,
    /// Owed; the next credit repays it first.
    pub deficit: Points,
}

/// What a receipt adds to the counters of its business date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayDelta {
    /// The business date in the tenant's zone, which makes member windows.
    pub business_date: Date,
    /// After discounts, before points paid.
    pub spend: Amount,
    /// Before the program's discounts.
    pub gross_spend: Amount,
    /// One for a receipt.
    pub visits: i64,
    /// Over all wallets.
    pub points_earned: Points,
}

impl DayDelta {
    /// Both together, for the date of the first.
    pub fn checked_add(self, other: Self) -> Result<Self, Overflow> {
        Ok(Self {
            business_date: self.business_date,
            spend: self.spend.checked_add(other.spend)?,
            gross_spend: self.gross_spend.checked_add(other.gross_spend)?,
            visits: self.visits.checked_add(other.visits).ok_or(Overflow)?,
            points_earned: self.points_earned.checked_add(other.points_earned)?,
        })
    }
}

/// What a code with limits granted to a member on one business day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleUse {
    /// Code of the rule, bonus or wallet that has the limits.
    pub code: String,
    /// The business date in the tenant's zone.
    pub business_date: Date,
    /// What was granted.
    pub points: Points,
    /// Awards above zero.
    pub times: i64,
    /// Whether it also counts for all members together.
    pub campaign: bool,
}

/// One atomic change of a member's points, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The id outside.
    pub id: TransactionId,
    /// Whose points.
    pub member: MemberId,
    /// The member's version after it; one above the version before.
    pub version: i64,
    /// What made it.
    pub kind: TransactionKind,
    /// When it happened, by the till.
    pub occurred_at: Timestamp,
    /// When it was recorded; never before the member's last.
    pub recorded_at: Timestamp,
    /// The purchase it belongs to.
    pub purchase: Option<PurchaseId>,
    /// The event of a purchase that made it.
    pub event: Option<PurchaseEventId>,
    /// The redemption it belongs to.
    pub redemption: Option<RedemptionId>,
    /// What was done beside receipts and redemptions, or to one of them: the bits of its id.
    pub operation: Option<Uuid>,
    /// The transaction that it corrects.
    pub corrects: Option<TransactionId>,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// The rows, in the order in which they took place.
    pub transfers: Vec<Transfer>,
    /// New lots; one that expired on arrival has nothing left.
    pub lots_opened: Vec<Lot>,
    /// Lots that were there before and hold less or end at another time now.
    pub lots_changed: Vec<LotChange>,
    /// The wallets it touched, after it.
    pub wallets: Vec<WalletState>,
    /// What it adds to the counters.
    pub day: Option<DayDelta>,
    /// What it used of limits that outlive the receipt; one entry per code.
    pub uses: Vec<RuleUse>,
}
