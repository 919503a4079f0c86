//! Rules that produce base points. Each kind of award is a file of its own; here they are only
//! told apart.

use crate::amount::{Amount, Overflow, Points};
use crate::code::Code;
use crate::condition::{Condition, Customer};
use crate::earning::{Granularity, Manner};
use crate::history::HistoryNotLoaded;
use crate::limit::Limits;
use crate::needs::Needs;
use crate::program::reader::{Object, Reader};
use crate::program::{Overrides, read_grant_overrides, read_wallet_code};
use crate::ratio::Ratio;
use crate::rounding::Rounding;
use fixed::Fixed;
use per_item::PerItem;
use percent::Percent;
use tiered::Tiered;

pub(crate) use measure::{Measure, Reached};
pub(crate) use per_amount::PerAmount;
pub(crate) use tiered::{MAX_THRESHOLD, MAX_TIERS, check_threshold};

mod fixed;
mod measure;
mod per_amount;
mod per_item;
mod percent;
#[cfg(test)]
mod tests;
mod tiered;

/// The most points that one block or visit may give.
pub(crate) const MAX_AWARD_POINTS: i64 = 1_000_000_000;
/// The largest priority of an exclusive rule.
const MAX_PRIORITY: i64 = 1_000_000;

/// A rule that produces base points of one wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EarnRule {
    pub(crate) code: String,
    /// The same as answers tell it.
    pub(crate) told: Code,
    /// Its own place in the document.
    pub(crate) place: usize,
    pub(crate) wallet: String,
    /// The place of the wallet in the document.
    pub(crate) wallet_place: usize,
    pub(crate) award: Award,
    pub(crate) when: Condition,
    pub(crate) manner: Manner,
    /// Silences the other rules of its wallet when it fires; the highest priority goes first.
    pub(crate) exclusive: Option<i64>,
    pub(crate) limits: Limits,
    pub(crate) overrides: Overrides,
}

/// How many points a rule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Award {
    PerAmount(PerAmount),
    Fixed(Fixed),
    PerItem(PerItem),
    Percent(Percent),
    Tiered(Tiered),
}

/// What an award counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Money,
    Pieces,
    Visit,
}

impl Award {
    /// The points for the money and pieces that the rule looks at.
    pub(crate) fn points(&self, measure: &Measure, rounding: Rounding) -> Result<Points, Overflow> {
        match self {
            Self::PerAmount(award) => award.points(measure, rounding),
            Self::Fixed(award) => award.points(measure, rounding),
            Self::PerItem(award) => award.points(measure, rounding),
            Self::Percent(award) => award.points(measure, rounding),
            Self::Tiered(award) => award.points(measure, rounding),
        }
    }

    /// The same for what is rounded as one and not multiplied.
    pub(crate) fn points_of_sum(
        &self,
        (amount, pieces): (Amount, i64),
        reached: Reached,
        rounding: Rounding,
    ) -> Result<Points, Overflow> {
        match self {
            Self::PerAmount(award) => award.points_of_sum(amount, rounding),
            Self::Fixed(award) => Ok(award.points_of_visit()),
            Self::PerItem(award) => award.points_of_pieces(pieces),
            Self::Percent(award) => award.points_of_sum(amount, rounding),
            Self::Tiered(award) => award.points_of_sum(amount, reached, rounding),
        }
    }

    /// How much more money would give the first point; none when money does not decide it.
    pub(crate) fn missing(&self, measure: &Measure, rounding: Rounding) -> Option<Amount> {
        match self {
            Self::PerAmount(award) => award.missing(measure.amount, rounding),
            Self::Percent(award) => award.missing(measure.amount, rounding),
            Self::Tiered(award) => award.missing(measure),
            Self::Fixed(_) | Self::PerItem(_) => None,
        }
    }

    /// Points for each of what it counts; none where it is not always the same.
    pub(crate) fn rate(&self) -> Option<Ratio> {
        match self {
            Self::PerAmount(award) => award.rate().ok(),
            Self::Percent(award) => Some(award.rate()),
            Self::PerItem(award) => Some(award.rate()),
            Self::Fixed(_) | Self::Tiered(_) => None,
        }
    }

    /// What it counts.
    pub(crate) fn counted(&self) -> Counted {
        match self {
            Self::PerAmount(_) | Self::Percent(_) | Self::Tiered(_) => Counted::Money,
            Self::PerItem(_) => Counted::Pieces,
            Self::Fixed(_) => Counted::Visit,
        }
    }

    /// Where the member stands on the scale that the award goes by.
    pub(crate) fn look(
        &self,
        customer: &Customer<'_>,
        spend: Amount,
    ) -> Result<Reached, HistoryNotLoaded> {
        match self {
            Self::Tiered(award) => award.look(customer, spend),
            _ => Ok(Reached::default()),
        }
    }
}

impl EarnRule {
    /// What is rounded alone; awards that go by the whole receipt have no smaller parts.
    pub(crate) fn granularity(&self) -> Granularity {
        let is_whole = match &self.award {
            Award::PerAmount(_) | Award::Percent(_) => false,
            Award::Fixed(_) | Award::PerItem(_) => true,
            Award::Tiered(award) => award.goes_by_the_sum(),
        };
        if is_whole {
            Granularity::Rule
        } else {
            self.manner.granularity
        }
    }

    /// Whether it looks at what was recorded before, or at who the member is.
    pub(crate) fn looks_back(&self) -> bool {
        let tiered = matches!(&self.award, Award::Tiered(award) if award.looks_back());
        tiered || self.when.asks_for_member() || self.limits.are_kept()
    }

    /// Adds what it will look at.
    pub(crate) fn need(&self, customer: &Customer<'_>, needs: &mut Needs) {
        if let Award::Tiered(award) = &self.award {
            award.need(customer, needs);
        }
        self.limits.need(&self.code, customer, needs);
    }

    /// Reads one of `earn_rules`; none when its award can't be done.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        object: &mut Object<'_>,
        default: Manner,
    ) -> Option<Self> {
        let code = reader.new_code(object);
        let wallet = read_wallet_code(reader, object);
        reader.require(object, "award");
        let award = reader.child(object, "award").and_then(|mut award| {
            let read = read_award(reader, &mut award)?;
            reader.close(&award);
            Some(read)
        });
        let when = Condition::read_optional(reader, object);
        let is_exclusive = reader.flag(object, "exclusive", false);
        let priority = reader.integer(object, "priority", -MAX_PRIORITY..=MAX_PRIORITY);
        let manner = Manner::read(reader, object, default);
        let limits = Limits::read(reader, object);
        let overrides = read_grant_overrides(reader, object);
        Some(Self {
            told: Code::from(&code),
            code,
            place: 0,
            wallet,
            wallet_place: 0,
            award: award?,
            when,
            manner,
            exclusive: is_exclusive.then_some(priority.unwrap_or(0)),
            limits,
            overrides,
        })
    }
}

fn read_award(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Option<Award> {
    reader.require(object, "type");
    object.get("type")?;
    let kinds = [
        ("per_amount", "per_amount"),
        ("fixed", "fixed"),
        ("per_item", "per_item"),
        ("percent", "percent"),
        ("tiered", "tiered"),
    ];
    match reader.choice(object, "type", &kinds, &["formula"])? {
        "per_amount" => Some(Award::PerAmount(PerAmount::read(reader, object))),
        "fixed" => Some(Award::Fixed(Fixed::read(reader, object))),
        "per_item" => Some(Award::PerItem(PerItem::read(reader, object))),
        "percent" => Some(Award::Percent(Percent::read(reader, object))),
        _ => Tiered::read(reader, object).map(Award::Tiered),
    }
}
