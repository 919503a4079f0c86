//! Tiers that start at ranks: `from` is the code of a step, or 0 for everybody else.

use super::{MAX_TIERS, Tier};
use crate::earn::PerAmount;
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};

/// Reads the tiers; each counts for its step and those above it up to the next tier.
pub(super) fn read_tiers(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Vec<Tier> {
    reader.require(object, "tiers");
    let mut tiers: Vec<Tier> = Vec::new();
    // The steps from the tier's own upwards.
    let mut left: Option<Vec<String>> = None;
    for (number, (pointer, value)) in (0_i64..).zip(
        reader
            .filled_list(object, "tiers", MAX_TIERS)
            .unwrap_or_default(),
    ) {
        let mut tier = reader.object(value, pointer);
        let ranks = read_from(reader, &mut tier, number == 0, left.as_deref());
        let rate = PerAmount::read_rate(reader, &mut tier, 0);
        reader.close(&tier);
        if let (Some(ranks), Some(before)) = (&ranks, tiers.last_mut()) {
            before.ranks.retain(|code| !ranks.contains(code));
        }
        if ranks.is_some() {
            left.clone_from(&ranks);
        }
        tiers.push(Tier {
            from: if ranks.is_some() {
                number.saturating_add(1)
            } else {
                0
            },
            rate,
            ranks: ranks.unwrap_or_default(),
        });
    }
    tiers
}

/// The steps from the named one upwards; none for 0, which only the first tier may have.
fn read_from(
    reader: &mut Reader<'_>,
    tier: &mut Object<'_>,
    is_first: bool,
    left: Option<&[String]>,
) -> Option<Vec<String>> {
    reader.require(tier, "from");
    let value = tier.get("from")?;
    let pointer = tier.at("from");
    if *value == 0 && is_first {
        return None;
    }
    if !value.is_string() {
        let detail = "give the code of a rank, or 0 in the first tier";
        reader.fault(pointer, FaultCode::InvalidType, detail);
        return None;
    }
    let code = reader.rank_at(value, pointer.clone());
    let steps = reader.ladder_of(&code)?;
    let place = steps.iter().position(|step| *step == code)?;
    let above = steps.get(place..)?.to_vec();
    // Each rank must stand above the one before it, on the same ladder.
    let rises = left.is_none_or(|left| left.iter().skip(1).any(|step| *step == code));
    if !rises {
        let detail = "each tier starts at a higher step of the same ladder";
        reader.fault(pointer, FaultCode::TiersOrder, detail);
    }
    Some(above)
}
