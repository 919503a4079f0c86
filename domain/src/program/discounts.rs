//! Reads the `discounts` of a document, and adds those that ranks promise.

use super::reader::{Object, Reader};
use crate::discount::Discount;
use crate::fault::FaultCode;
use crate::rank::Ladder;

/// Reads them, in the order in which they apply.
pub(super) fn read(
    reader: &mut Reader<'_>,
    root: &mut Object<'_>,
    ladders: &[Ladder],
    maximum: usize,
) -> Vec<Discount> {
    let mut discounts = Vec::new();
    let items = reader.list(root, "discounts", maximum).unwrap_or_default();
    for (pointer, value) in items {
        let mut object = reader.object(value, pointer);
        if let Some(discount) = Discount::read(reader, &mut object) {
            if let Some(ladder) = discount.of_rank() {
                check_rank_discount(reader, ladders, ladder, &object);
            }
            discounts.push(discount);
            reader.close(&object);
        }
    }
    // What a step promises is given, also where no discount of the document says how.
    for ladder in ladders.iter().filter(|ladder| ladder.discounts()) {
        let says_how = |discount: &Discount| {
            let of = discount.of_rank();
            of.is_some_and(|of| of.is_none_or(|code| code == ladder.code))
        };
        if !discounts.iter().any(says_how) {
            discounts.push(Discount::of_ladder(&ladder.code));
        }
    }
    discounts.sort_by_key(Discount::turn);
    discounts
}

/// A ladder that a rank discount names must stand in the document, and some step must give one.
fn check_rank_discount(
    reader: &mut Reader<'_>,
    ladders: &[Ladder],
    code: Option<&str>,
    object: &Object<'_>,
) {
    let is_named = |ladder: &&Ladder| code.is_none_or(|code| ladder.code == code);
    let mut named = ladders.iter().filter(is_named).peekable();
    if let (Some(_), None) = (code, named.peek()) {
        let detail = "the document has no ladder with this code; add it under /ranks";
        reader.fault(object.at("ladder"), FaultCode::UnknownReference, detail);
    } else if !named.any(Ladder::discounts) {
        let detail = "no step of a ladder gives a discount, so it can never fire";
        reader.warn(object.at("type"), detail);
    }
}
