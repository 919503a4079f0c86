//! What adds to base points. Each bonus is granted as its own amount ("5×" = base × 1 + bonus
//! × 4), so that the cost of every promotion is known.

use crate::amount::{Decimal4, Overflow, Points};
use crate::code::Code;
use crate::condition::Condition;
use crate::earn::{MAX_AWARD_POINTS, PerAmount};
use crate::earning::Stacking;
use crate::fault::FaultCode;
use crate::limit::Limits;
use crate::places::Places;
use crate::program::reader::{Object, Reader};
use crate::program::{MAX_RULES, Overrides, read_grant_overrides, read_wallet_code};
use crate::ratio::Ratio;

/// The largest multiplier.
pub(crate) const MAX_TIMES: Decimal4 = Decimal4::from_units(1_000 * Decimal4::SCALE);

/// What adds to the base points of one wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bonus {
    pub(crate) code: String,
    /// The same as answers tell it.
    pub(crate) told: Code,
    pub(crate) wallet: String,
    /// The place of the wallet in the document.
    pub(crate) wallet_place: usize,
    pub(crate) effect: Effect,
    pub(crate) when: Condition,
    pub(crate) combine: Stacking,
    /// Codes of the earn rules whose points it works on; none = all of the wallet.
    pub(crate) rules: Option<Vec<String>>,
    /// The same rules by their places in the document.
    pub(crate) works_on: Places,
    /// It adds nothing where nothing was earned.
    pub(crate) needs_base_points: bool,
    pub(crate) limits: Limits,
    pub(crate) overrides: Overrides,
}

/// What a bonus adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The base points once more for each unit above one.
    Multiplier(Decimal4),
    /// So many points.
    Add(Points),
    /// Points for money.
    AddPerAmount(PerAmount),
}

impl Bonus {
    /// The multiplier, if it is one.
    pub(crate) fn times(&self) -> Option<Decimal4> {
        match self.effect {
            Effect::Multiplier(times) => Some(times),
            Effect::Add(_) | Effect::AddPerAmount(_) => None,
        }
    }

    /// What a multiplier adds to one base point.
    pub(crate) fn added(&self) -> Result<Ratio, Overflow> {
        let times = self.times().unwrap_or(Decimal4::ONE).units();
        let added = times.checked_sub(Decimal4::SCALE).ok_or(Overflow)?;
        Ratio::decimal(Decimal4::from_units(added))
    }

    /// Whether it looks at what was recorded before, or at who the member is.
    pub(crate) fn looks_back(&self) -> bool {
        self.when.asks_for_member() || self.limits.are_kept()
    }

    /// Reads one of `bonuses`; `combine` counts where it says nothing of its own.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        object: &mut Object<'_>,
        combine: Stacking,
    ) -> Self {
        let code = reader.new_code(object);
        let wallet = read_wallet_code(reader, object);
        reader.require(object, "effect");
        let effect = reader.child(object, "effect").and_then(|mut effect| {
            let read = read_effect(reader, &mut effect)?;
            reader.close(&effect);
            Some(read)
        });
        let when = Condition::read_optional(reader, object);
        let own = Stacking::read(reader, object, "combine");
        let rules = reader.filled_list(object, "rules", MAX_RULES).map(|items| {
            let items = items.into_iter();
            items
                .map(|(pointer, value)| reader.text_at(value, pointer))
                .collect()
        });
        Self {
            told: Code::from(&code),
            code,
            wallet,
            wallet_place: 0,
            effect: effect.unwrap_or(Effect::Multiplier(Decimal4::ONE)),
            when,
            combine: own.unwrap_or(combine),
            rules,
            works_on: Places::none(0),
            needs_base_points: reader.flag(object, "needs_base_points", true),
            limits: Limits::read(reader, object),
            overrides: read_grant_overrides(reader, object),
        }
    }
}

fn read_effect(reader: &mut Reader<'_>, effect: &mut Object<'_>) -> Option<Effect> {
    reader.require(effect, "type");
    let kinds = [
        ("multiplier", "multiplier"),
        ("add", "add"),
        ("add_per_amount", "add_per_amount"),
    ];
    Some(match reader.choice(effect, "type", &kinds, &[])? {
        "add" => {
            let points = reader.required_integer(effect, "points", 1..=MAX_AWARD_POINTS);
            Effect::Add(Points::new(points))
        }
        "add_per_amount" => Effect::AddPerAmount(PerAmount::read_rate(reader, effect, 1)),
        _ => Effect::Multiplier(read_times(reader, effect)),
    })
}

fn read_times(reader: &mut Reader<'_>, effect: &mut Object<'_>) -> Decimal4 {
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
    times.unwrap_or(Decimal4::ONE)
}
