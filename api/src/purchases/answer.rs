//! What a till is told about a receipt. Made from what was recorded, so that a repeat is answered byte for byte.

use domain::amount::{Amount, Decimal4, Points};
use domain::code::Code;
use domain::decide::{
    Amounts, AppliedDiscount, Earned, Explained, PurchaseOutcome, RankState, Reason, Redeemable,
    Redeemed, ShownHours,
};
use domain::id::{MemberId, PurchaseId, TransactionId};
use domain::ledger::Balance;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::detail::Wording;

/// A receipt that was recorded, with its evaluation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Purchase {
    /// The purchase.
    pub id: PurchaseId,
    /// The member's transaction; null without a member.
    pub transaction_id: Option<TransactionId>,
    /// The evaluation.
    #[serde(flatten)]
    pub evaluation: Evaluation,
}

/// A receipt that was evaluated and not recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quote {
    /// The evaluation. Balances are those that the purchase would leave; the version is the present one, since nothing
    /// is written.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// The most that each wallet could pay for this receipt.
    pub redeemable: Vec<Redeemable>,
}

/// Discounts, points and the reason for each of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Evaluation {
    /// The day it counts for, in the store's zone and after the cut-over.
    pub business_date: Date,
    /// The program version that judged it.
    pub program_version: i32,
    /// Whose purchase; null without a member.
    pub member_id: Option<MemberId>,
    /// Code of the store.
    #[schema(value_type = String)]
    pub store: Code,
    /// When it took place, by the till.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The money, in minor units.
    pub amounts: Amounts,
    /// The program's discounts that applied.
    pub discounts: Vec<AppliedDiscount>,
    /// The rules that fired and what each granted.
    pub earned: Vec<Earned>,
    /// Points that paid, wallet by wallet as asked.
    pub redeemed: Vec<Redeemed>,
    /// The member's wallets afterwards; empty without a member.
    pub balances: Vec<Balance>,
    /// The member's version, after it where it was recorded; null without a member.
    pub version: Option<i64>,
    /// The member's ranks afterwards.
    pub ranks: Vec<RankState>,
    /// Every rule of the program in its order: why it fired or not.
    pub explanation: Vec<Explanation>,
    /// Vouchers that this receipt brought.
    pub vouchers_issued: Vec<String>,
    /// What the till may tell the customer.
    pub messages: Vec<String>,
}

/// Why one rule fired or not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// Code of the rule.
    #[schema(value_type = String)]
    pub rule: Code,
    /// Whether it granted something.
    pub fired: bool,
    /// Why not; null when it fired.
    pub reason: Option<Reason>,
    /// The same in words for the person at the till.
    pub detail: String,
    /// The money that the rule looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The base points that a bonus worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_points: Option<Points>,
    /// The multiplier of a bonus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<Decimal4>,
    /// What it granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// How much more would have made it fire, in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_amount: Option<Amount>,
    /// What so much more would bring, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_points: Option<Points>,
    /// How many more pieces would have made it fire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_quantity: Option<i64>,
    /// How many more visits it takes; the last of them is the one that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visits_to_go: Option<i64>,
    /// The most days since the enrolment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_days: Option<i64>,
    /// The hours in which it may fire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<ShownHours>,
    /// The next business date on which it may fire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_date: Option<Date>,
    /// What a discount took off, in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Amount>,
    /// The rate of a discount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<Decimal4>,
    /// The rate that what is missing would bring from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_percent: Option<Decimal4>,
}

impl Explanation {
    fn told(explained: Explained, wording: &Wording) -> Self {
        Self {
            detail: wording.detail(&explained),
            rule: explained.rule,
            fired: explained.fired,
            reason: explained.reason,
            amount: explained.amount,
            base_points: explained.base_points,
            times: explained.times,
            points: explained.points,
            missing_amount: explained.missing_amount,
            next_points: explained.next_points,
            missing_quantity: explained.missing_quantity,
            visits_to_go: explained.visits_to_go,
            most_days: explained.most_days,
            hours: explained.hours,
            next_date: explained.next_date,
            discount: explained.discount,
            percent: explained.percent,
            next_percent: explained.next_percent,
        }
    }
}

impl Purchase {
    /// The answer in the words of one caller.
    pub(crate) fn told(outcome: PurchaseOutcome, wording: &Wording) -> Self {
        Self {
            id: outcome.id,
            transaction_id: outcome.transaction_id,
            evaluation: Evaluation::told(outcome, wording),
        }
    }
}

impl Quote {
    /// The answer in the words of one caller.
    pub(crate) fn told(mut outcome: PurchaseOutcome, wording: &Wording) -> Self {
        Self {
            redeemable: std::mem::take(&mut outcome.redeemable),
            evaluation: Evaluation::told(outcome, wording),
        }
    }
}

impl Evaluation {
    fn told(outcome: PurchaseOutcome, wording: &Wording) -> Self {
        Self {
            business_date: outcome.business_date,
            program_version: outcome.program_version,
            member_id: outcome.member_id,
            store: outcome.store,
            occurred_at: outcome.occurred_at,
            recorded_at: outcome.recorded_at,
            amounts: outcome.amounts,
            discounts: outcome.discounts,
            earned: outcome.earned,
            redeemed: outcome.redeemed,
            balances: outcome.balances,
            version: outcome.version,
            ranks: outcome.ranks,
            explanation: outcome
                .explanation
                .into_iter()
                .map(|explained| Explanation::told(explained, wording))
                .collect(),
            vouchers_issued: Vec::new(),
            messages: Vec::new(),
        }
    }
}
