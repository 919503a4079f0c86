//! Why a rule fired or not, as codes and numbers; the words are made where they are shown.

use crate::amount::{Amount, Decimal4, Points};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a rule did not fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The receipt names no member.
    NoMember,
    /// The business date is not one of the rule's.
    OutsidePeriod,
    /// The store is not one of the rule's.
    Store,
    /// No line is one that the rule looks at.
    NoMatchingLines,
    /// The matching lines are worth too little.
    BelowMinimum,
    /// A bonus without base points to work on.
    NoBasePoints,
    /// Another rule of the wallet goes before it.
    AnotherRule,
    /// A limit leaves nothing of it.
    LimitReached,
}

/// Why one rule fired or not, in numbers; a field is absent when it has nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explained {
    /// Code of the rule.
    pub rule: String,
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
    /// The next business date on which it may fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_date: Option<Date>,
}

impl Explained {
    pub(crate) fn fired(rule: &str, points: Points) -> Self {
        Self {
            fired: true,
            points: Some(points),
            ..Self::blank(rule)
        }
    }

    pub(crate) fn silent(rule: &str, reason: Reason) -> Self {
        Self {
            reason: Some(reason),
            ..Self::blank(rule)
        }
    }

    fn blank(rule: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            fired: false,
            reason: None,
            amount: None,
            base_points: None,
            times: None,
            points: None,
            missing_amount: None,
            next_date: None,
        }
    }
}
