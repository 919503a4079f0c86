//! Rules that produce base points. Each kind of award is a file of its own; here they are only
//! told apart.

use crate::amount::{Amount, Overflow, Points};
use crate::condition::Condition;
use crate::program::reader::{Object, Reader};
use crate::program::{read_grant_overrides, read_overrides, read_wallet_code};
use fixed::Fixed;
use per_amount::PerAmount;
use tiered::Tiered;

mod fixed;
mod per_amount;
#[cfg(test)]
mod tests;
mod tiered;

/// The most points that one block or visit may give.
pub(crate) const MAX_AWARD_POINTS: i64 = 1_000_000_000;

/// A rule that produces base points of one wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EarnRule {
    pub(crate) code: String,
    pub(crate) wallet: String,
    pub(crate) award: Award,
    pub(crate) when: Condition,
}

/// How many points a rule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Award {
    PerAmount(PerAmount),
    Fixed(Fixed),
    Tiered(Tiered),
}

impl Award {
    /// The points for the money that the rule looks at.
    pub(crate) fn points(&self, amount: Amount) -> Result<Points, Overflow> {
        match self {
            Self::PerAmount(award) => award.points(amount),
            Self::Fixed(award) => Ok(award.points()),
            Self::Tiered(award) => award.points(amount),
        }
    }

    /// How much more money would give the first point; none when money does not decide it.
    pub(crate) fn missing(&self, amount: Amount) -> Option<Amount> {
        match self {
            Self::PerAmount(award) => award.missing(amount),
            Self::Fixed(_) => None,
            Self::Tiered(award) => award.missing(amount),
        }
    }
}

impl EarnRule {
    /// Reads one of `earn_rules`; none when its award can't be done.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Option<Self> {
        let code = reader.new_code(object);
        let wallet = read_wallet_code(reader, object);
        reader.require(object, "award");
        let award = reader.child(object, "award").and_then(|mut award| {
            let read = read_award(reader, &mut award)?;
            reader.close(&award);
            Some(read)
        });
        let when = Condition::read_optional(reader, object);
        reader.only(object, "exclusive", |value| *value == false);
        reader.refuse(object, &["priority"]);
        read_overrides(reader, object);
        read_grant_overrides(reader, object);
        Some(Self {
            code,
            wallet,
            award: award?,
            when,
        })
    }
}

fn read_award(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Option<Award> {
    reader.require(object, "type");
    object.get("type")?;
    let kinds = [
        ("per_amount", "per_amount"),
        ("fixed", "fixed"),
        ("tiered", "tiered"),
    ];
    match reader.choice(object, "type", &kinds, &["per_item", "percent"])? {
        "per_amount" => Some(Award::PerAmount(PerAmount::read(reader, object))),
        "fixed" => Some(Award::Fixed(Fixed::read(reader, object))),
        _ => Tiered::read(reader, object).map(Award::Tiered),
    }
}
