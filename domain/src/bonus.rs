//! What adds to base points. Each bonus is granted as its own amount ("5×" = base × 1 + bonus
//! × 4), so that the cost of every promotion is known.

use crate::amount::{Decimal4, Overflow, Points};
use crate::condition::Condition;
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};
use crate::program::{read_grant_overrides, read_stacking, read_wallet_code};
use crate::rounding::Rounding;

/// The largest multiplier.
const MAX_TIMES: Decimal4 = Decimal4::from_units(1_000 * Decimal4::SCALE);

/// A multiplier on the base points of one wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bonus {
    pub(crate) code: String,
    pub(crate) wallet: String,
    /// At least one.
    pub(crate) times: Decimal4,
    pub(crate) when: Condition,
}

impl Bonus {
    /// What it adds to so many base points, rounded down alone.
    pub(crate) fn points(&self, base: Points) -> Result<Points, Overflow> {
        let added = self
            .times
            .units()
            .checked_sub(Decimal4::SCALE)
            .ok_or(Overflow)?;
        let product = i128::from(base.get())
            .checked_mul(i128::from(added))
            .ok_or(Overflow)?;
        Rounding::Floor
            .apply(product, i128::from(Decimal4::SCALE))
            .map(Points::new)
    }

    /// Reads one of `bonuses`.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let code = reader.new_code(object);
        let wallet = read_wallet_code(reader, object);
        reader.require(object, "effect");
        let times = reader
            .child(object, "effect")
            .map(|mut effect| read_times(reader, &mut effect));
        let when = Condition::read_optional(reader, object);
        read_stacking(reader, object, "combine");
        reader.refuse(object, &["rules"]);
        reader.only(object, "needs_base_points", |value| *value == true);
        read_grant_overrides(reader, object);
        Self {
            code,
            wallet,
            times: times.unwrap_or(Decimal4::ONE),
            when,
        }
    }
}

fn read_times(reader: &mut Reader<'_>, effect: &mut Object<'_>) -> Decimal4 {
    reader.require(effect, "type");
    let kinds = [("multiplier", ())];
    if reader
        .choice(effect, "type", &kinds, &["add", "add_per_amount"])
        .is_none()
    {
        return Decimal4::ONE;
    }
    if effect.get("times").is_none() {
        let detail = "a multiplier needs times, for example \"5\"";
        reader.fault(effect.at("times"), FaultCode::Required, detail);
    }
    let times = reader.decimal(effect, "times", Decimal4::ONE..=MAX_TIMES);
    if times == Some(Decimal4::ONE) {
        reader.warn(
            effect.at("times"),
            "a multiplier of 1 adds nothing, so it can never fire",
        );
    }
    reader.close(effect);
    times.unwrap_or(Decimal4::ONE)
}
