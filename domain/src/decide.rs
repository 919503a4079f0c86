//! The only door: what a command does to a member, given the facts. The quote, the purchase and
//! every later replay pass through it, so they can't differ.

use crate::amount::Points;
use crate::catalog::Catalog;
use crate::history::Budgets;
use crate::id::{MemberId, PurchaseId};
use crate::ledger::Transaction;
use crate::member::MemberFacts;
use crate::rank::RankUpdate;
use crate::receipt::Receipt;
use crate::settings::Settings;
use crate::trail::{Subject, Trail};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

mod adjust;
mod claim;
mod event;
mod exchange;
mod judged;
mod judged_by;
mod outcome;
mod posting;
mod purchase;
mod ranks;
mod redeem;
mod redemption;
mod refusal;
mod return_goods;
mod returned;
mod slide;
mod sweep;
mod terms;
#[cfg(test)]
pub(crate) mod tests;
mod transfer;

pub use crate::condition::hours::ShownHours;
pub use crate::explain::{Explained, Reason};
pub use adjust::{AdjustPoints, ReviewAdjustment};
pub use claim::ClaimPurchase;
pub use exchange::{ExchangeGoods, ExchangeOutcome, Exchanged, decide_exchange};
pub use judged_by::{HeldRank, JudgedBy, KnownCounters, KnownUses, Room, TaxTerms};
pub use outcome::{
    ActivatedPoints, Amounts, AppliedDiscount, Counted, Earned, EventOutcome, Outcome,
    PurchaseOutcome, RankState, Redeemable, Redeemed, RedemptionChanged, RedemptionOutcome,
    RedemptionState, RedemptionStep, TaxPart,
};
pub use outcome::{
    AdjustmentOutcome, AdjustmentReviewed, AdjustmentState, TransferOutcome, TransferSide,
};
pub use posting::makers_of;
pub use refusal::Refusal;
pub use return_goods::{RecordedPurchase, ReturnGoods, ReturnLine, ReturnedGoods};
pub use returned::{ClawedBack, GoodsBack, Refund, Restored, ReturnKind, ReturnOutcome, UsedBack};
pub use transfer::{TransferPoints, Transferred, decide_transfer};

/// Something that a caller wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Record or quote a receipt.
    Purchase(RecordPurchase),
    /// Take points outside a receipt.
    Redeem(RedeemPoints),
    /// Take held points, or give held or taken ones back.
    ChangeRedemption(Box<ChangeRedemption>),
    /// Correct points by hand.
    Adjust(Box<AdjustPoints>),
    /// Approve or reject a correction.
    ReviewAdjustment(Box<ReviewAdjustment>),
    /// Let points go to another member; decided by [`decide_transfer`].
    Transfer(TransferPoints),
    /// Note what happened to a recorded purchase.
    Event(ReportEvent),
    /// Make points spendable whose day has come.
    Activate(Sweep),
    /// End points whose time is over.
    Expire(Sweep),
    /// Do the reviews of ranks that are due.
    ReviewRanks(ReviewRanks),
    /// Set a rank by hand.
    SetRank(SetRank),
    /// Take goods back, or undo a receipt.
    Return(Box<ReturnGoods>),
    /// Give a receipt its member.
    Claim(Box<ClaimPurchase>),
    /// Take goods back and sell others for them.
    Exchange(Box<ExchangeGoods>),
}

impl Command {
    /// Whether it takes points, so that the member's open lots must be known.
    #[must_use]
    pub fn takes_points(&self) -> bool {
        match self {
            Self::Purchase(purchase) => !purchase.receipt.redeem.is_empty(),
            Self::Redeem(_)
            | Self::ChangeRedemption(_)
            | Self::Adjust(_)
            | Self::ReviewAdjustment(_)
            | Self::Transfer(_)
            | Self::Event(_)
            | Self::Activate(_)
            | Self::Expire(_)
            | Self::Return(_)
            | Self::Claim(_)
            | Self::Exchange(_) => true,
            Self::ReviewRanks(_) | Self::SetRank(_) => false,
        }
    }

    /// The purchase or redemption that it takes up again, so that what was done to it must be known.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Self::Return(goods) => Some(goods.purchase.subject()),
            Self::Claim(claim) => Some(claim.purchase.subject()),
            Self::Exchange(exchange) => exchange.back.subject(),
            Self::ChangeRedemption(change) => Some(change.subject()),
            Self::ReviewAdjustment(review) => Some(review.subject()),
            _ => None,
        }
    }

    /// The second member that it concerns, who has to be known and locked too.
    #[must_use]
    pub const fn counterpart(&self) -> Option<MemberId> {
        match self {
            Self::Transfer(transfer) => Some(transfer.to),
            _ => None,
        }
    }

    /// Whether it lets open lots live longer, so that they must be known though nothing is taken
    /// from them.
    #[must_use]
    pub fn moves_lots(&self, catalog: &Catalog) -> bool {
        let Self::Purchase(purchase) = self else {
            return false;
        };
        let version = catalog.version_at(purchase.receipt.occurred_at);
        version.is_some_and(|version| version.program.slides())
    }
}

/// A receipt to be recorded, or only evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPurchase {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The receipt, checked.
    pub receipt: Receipt,
    /// Evaluate only: the decision carries no transaction.
    pub quote: bool,
}

/// Points to be taken or held, outside a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedeemPoints {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The wallet's code.
    pub wallet: String,
    /// How many.
    pub points: Points,
    /// For how long they are held; none = they are taken at once.
    pub hold: Option<SignedDuration>,
    /// The caller's own name for it.
    pub reference: Option<String>,
    /// When it happened; none = now.
    pub occurred_at: Option<Timestamp>,
    /// Code of the store where it happens, where it is known.
    pub store: Option<String>,
}

/// What is to be done to a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedemptionChange {
    /// Take held points: so many and give the rest back, or all.
    Capture {
        /// How many; none = all.
        points: Option<Points>,
    },
    /// Give held points back.
    Release,
    /// Give taken points back.
    Reverse,
    /// Give held points back whose time is over; nothing for others.
    Lapse,
}

/// Something to be done to a redemption that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRedemption {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The redemption as it was first answered, which never changes.
    pub redemption: RedemptionOutcome,
    /// What is to be done.
    pub change: RedemptionChange,
    /// When it happened; none = now. What time itself does has its own.
    pub occurred_at: Option<Timestamp>,
}

impl ChangeRedemption {
    fn subject(&self) -> Subject {
        Subject {
            id: self.redemption.id.uuid(),
            recorded: Some((self.redemption.member_id, self.redemption.version)),
        }
    }
}

/// Something that happened to a recorded purchase, as the shop reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportEvent {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The purchase.
    pub purchase: PurchaseId,
    /// When the purchase took place; it never changes.
    pub purchased_at: Timestamp,
    /// What happened, in the words of the program.
    pub event: String,
    /// When it happened; none = now.
    pub occurred_at: Option<Timestamp>,
}

/// A look through a member's lots for those whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
}

/// A look at a member's ranks as business days begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewRanks {
    /// The last business date whose review is done.
    pub until: Date,
}

/// A rank that somebody sets, or takes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetRank {
    /// Code of the ladder; none = the only one.
    pub ladder: Option<String>,
    /// Code of the step; none = as spending makes it.
    pub code: Option<String>,
    /// Its last business date; none = until it is set anew.
    pub until: Option<Date>,
    /// Why, as the shop says it.
    pub reason: Option<String>,
}

/// What a command does, and what its caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is to be written; none for a quote and for a receipt without a member.
    pub transaction: Option<Box<Transaction>>,
    /// What changes of the member's ranks; none when nothing does.
    pub ranks: Option<RankUpdate>,
    /// The answer.
    pub outcome: Outcome,
}

/// What a decision may look at, loaded under lock.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// None for a receipt without a member.
    pub member: Option<&'a MemberFacts>,
    /// What all members together used of the campaign limits that `Command::needs` names.
    pub budgets: &'a Budgets,
    /// What was done to the purchase or redemption that `Command::subject` names.
    pub trail: Option<&'a Trail>,
}

/// Decides one command; `now` is the ledger's time.
pub fn decide(
    catalog: &Catalog,
    facts: Facts<'_>,
    command: &Command,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    match command {
        Command::Purchase(command) => purchase::decide(catalog, facts, command, now),
        Command::Redeem(command) => redeem::decide(catalog, facts.member, command, now),
        Command::ChangeRedemption(command) => redemption::decide(catalog, facts, command, now),
        Command::Adjust(command) => adjust::decide(catalog, facts.member, command, now),
        Command::ReviewAdjustment(command) => adjust::review(catalog, facts, command, now),
        // Both sides are decided by functions of their own.
        Command::Transfer(_) | Command::Exchange(_) => Err(Refusal::CounterpartNotLoaded),
        Command::Event(command) => event::decide(catalog, facts.member, command, now),
        Command::Activate(command) => sweep::activate(facts.member, command, now),
        Command::Expire(command) => sweep::expire(facts.member, command, now),
        Command::ReviewRanks(command) => ranks::review(catalog, facts.member, *command),
        Command::SetRank(command) => ranks::set(catalog, facts.member, command, now),
        Command::Return(command) => return_goods::decide(catalog, facts, command, now),
        Command::Claim(command) => claim::decide(catalog, facts, command, now),
    }
}

/// Refuses a time that lies further ahead than a till's clock may be.
fn check_future(
    settings: &Settings,
    occurred_at: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    let minutes = i64::from(settings.receipt_max_future_minutes);
    let ahead = SignedDuration::from_mins(minutes);
    let latest = now.checked_add(ahead).unwrap_or(Timestamp::MAX);
    if occurred_at > latest {
        return Err(Refusal::OccurredInFuture {
            occurred_at,
            latest,
        });
    }
    Ok(())
}
