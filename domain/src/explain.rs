//! Why a rule fired or not, as codes and numbers; the words are made where they are shown.

use crate::amount::{Amount, Decimal4, Points};
use crate::code::Code;
use crate::condition::Unmet;
use crate::condition::hours::ShownHours;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a rule did not fire. Nothing here tells more of a member than that a condition was not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The receipt names no member.
    NoMember,
    /// The business date is not one of the rule's.
    OutsidePeriod,
    /// The day is one of the rule's and the hour is not.
    OutsideHours,
    /// The store is not one of the rule's.
    Store,
    /// The till is not one of the rule's.
    Terminal,
    /// It was not paid as the rule asks.
    Tender,
    /// The birthday is not near, or not known.
    Birthday,
    /// The member bought before.
    NotFirstPurchase,
    /// It is another visit than the one that the rule asks for.
    OtherVisit,
    /// The enrolment is too long ago.
    EnrolledTooLong,
    /// The last visit is too short ago.
    VisitedRecently,
    /// There is no earlier visit to come back from.
    NoEarlierVisit,
    /// The member's attributes are not those that the rule asks for.
    Attributes,
    /// The member's rank is not one that the rule asks for, or brings nothing here.
    Rank,
    /// No line is one that the rule looks at.
    NoMatchingLines,
    /// The matching lines are worth too little.
    BelowMinimum,
    /// The matching lines have too few pieces.
    BelowQuantity,
    /// A bonus without base points to work on.
    NoBasePoints,
    /// Another rule of the wallet goes before it.
    AnotherRule,
    /// A limit leaves nothing of it.
    LimitReached,
    /// Another discount goes before it.
    AnotherDiscount,
    /// No rank of the member gives a discount.
    NoRank,
}

/// Why one rule fired or not, in numbers; a field is absent when it has nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explained {
    /// Code of the rule.
    #[schema(value_type = String)]
    pub rule: Code,
    /// Whether it granted something.
    pub fired: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The money that the rule looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The base points that a bonus worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_points: Option<Points>,
    /// The multiplier of a bonus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Decimal4>,
    /// What it granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// How much more would have made it fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_amount: Option<Amount>,
    /// What so much more would bring, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_points: Option<Points>,
    /// How many more pieces would have made it fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_quantity: Option<i64>,
    /// How many more visits it takes; the last of them is the one that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visits_to_go: Option<i64>,
    /// The most days since the enrolment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_days: Option<i64>,
    /// The hours in which it may fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<ShownHours>,
    /// The next business date on which it may fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_date: Option<Date>,
    /// What a discount took off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Amount>,
    /// The rate of a discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Decimal4>,
    /// The rate that what is missing would bring from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_percent: Option<Decimal4>,
}

impl Explained {
    pub(crate) fn fired(rule: impl Into<Code>, points: Points) -> Self {
        Self {
            fired: true,
            points: Some(points),
            ..Self::blank(rule)
        }
    }

    pub(crate) fn discounted(rule: impl Into<Code>, discount: Amount) -> Self {
        Self {
            fired: true,
            discount: Some(discount),
            ..Self::blank(rule)
        }
    }

    pub(crate) fn silent(rule: impl Into<Code>, reason: Reason) -> Self {
        Self {
            reason: Some(reason),
            ..Self::blank(rule)
        }
    }

    /// Adds what it would take to meet a condition.
    pub(crate) fn add_unmet(&mut self, unmet: Unmet) {
        match unmet {
            Unmet::OutsidePeriod(next_date) | Unmet::VisitedRecently(next_date) => {
                self.next_date = next_date;
            }
            Unmet::OutsideHours(hours) => self.hours = Some(hours.shown()),
            Unmet::OtherVisit(visits_to_go) => self.visits_to_go = visits_to_go,
            Unmet::EnrolledTooLong(days) => self.most_days = Some(days),
            _ => {}
        }
    }

    fn blank(rule: impl Into<Code>) -> Self {
        Self {
            rule: rule.into(),
            fired: false,
            reason: None,
            amount: None,
            base_points: None,
            times: None,
            points: None,
            missing_amount: None,
            next_points: None,
            missing_quantity: None,
            visits_to_go: None,
            most_days: None,
            hours: None,
            next_date: None,
            discount: None,
            percent: None,
            next_percent: None,
        }
    }
}

impl Unmet {
    /// The same without what it would take.
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::OutsidePeriod(_) => Reason::OutsidePeriod,
            Self::OutsideHours(_) => Reason::OutsideHours,
            Self::Store => Reason::Store,
            Self::Terminal => Reason::Terminal,
            Self::Tender => Reason::Tender,
            Self::NoMember => Reason::NoMember,
            Self::Birthday => Reason::Birthday,
            Self::NotFirstPurchase => Reason::NotFirstPurchase,
            Self::OtherVisit(_) => Reason::OtherVisit,
            Self::EnrolledTooLong(_) => Reason::EnrolledTooLong,
            Self::VisitedRecently(_) => Reason::VisitedRecently,
            Self::NoEarlierVisit => Reason::NoEarlierVisit,
            Self::Attributes => Reason::Attributes,
            Self::Rank => Reason::Rank,
            Self::AsBefore(reason) => reason,
        }
    }
}
