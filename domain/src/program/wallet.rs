//! Reads one of the `wallets` of a document.

use super::reader::Reader;
use super::{Wallet, read_activation, read_expiry};
use crate::amount::Points;
use crate::code::Code;
use crate::limit::Limits;
use crate::redeem::RedemptionTerms;
use crate::shortage::Shortage;
use serde_json::Value;

pub(super) fn read(reader: &mut Reader<'_>, value: &Value, pointer: String) -> Wallet {
    let mut object = reader.object(value, pointer);
    let code = reader.new_code(&mut object);
    let name = object
        .get("name")
        .map(|name| reader.text_at(name, object.at("name")));
    let expiry = read_expiry(reader, &mut object);
    let redemption = reader.child(&mut object, "redemption").map(|mut terms| {
        let read = RedemptionTerms::read(reader, &mut terms);
        reader.close(&terms);
        read
    });
    let activation = read_activation(reader, &mut object);
    let on_shortage = Shortage::read(reader, &mut object);
    let most = reader.integer(&mut object, "max_balance", 1..=Points::MAX_BALANCE.get());
    let limits = Limits::read(reader, &mut object);
    reader.close(&object);
    Wallet {
        name: name.unwrap_or_else(|| code.clone()),
        told: Code::from(&code),
        code,
        expiry: expiry.unwrap_or_default(),
        activation: activation.unwrap_or_default(),
        redemption: redemption.unwrap_or_default(),
        on_shortage,
        max_balance: most.map(Points::new),
        limits,
    }
}
