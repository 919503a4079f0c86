//! Prices that only members get. They are prices, not offers: no other discount silences them.

use crate::amount::{Amount, Decimal4, Overflow};
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};
use crate::receipt::Line;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most member prices of a program.
pub(crate) const MAX_MEMBER_PRICES: usize = 10_000;
/// What they are called where discounts are named; no part of a document that has some may be called so.
pub(crate) const MEMBER_PRICE_RULE: &str = "member_price";

/// Prices of one piece, or of one unit of weight, by article.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MemberPrices(Vec<(String, Amount)>);

impl MemberPrices {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the article of the line has one.
    pub(crate) fn has(&self, line: &Line) -> bool {
        self.of(line).is_some()
    }

    /// What a line costs a member; none when it is not less than what the till priced.
    pub(crate) fn lowered(&self, line: &Line, priced: i64) -> Result<Option<i64>, Overflow> {
        let Some(price) = self.of(line).filter(|_| priced > 0) else {
            return Ok(None);
        };
        let quantity = line.quantity.decimal().units();
        if quantity <= 0 {
            return Ok(None);
        }
        let units = i128::from(price.minor()).checked_mul(i128::from(quantity));
        let scale = i128::from(Decimal4::SCALE);
        let money = units.and_then(|units| units.checked_div_euclid(scale));
        let money = money.ok_or(Overflow)?;
        Ok(i64::try_from(money).ok().filter(|money| *money < priced))
    }

    fn of(&self, line: &Line) -> Option<Amount> {
        let sku = line.sku.as_deref()?;
        let place = self
            .0
            .binary_search_by(|(known, _)| known.as_str().cmp(sku));
        let (_, price) = self.0.get(place.ok()?)?;
        Some(*price)
    }

    /// Reads `member_prices`.
    pub(crate) fn read(reader: &mut Reader<'_>, root: &mut Object<'_>) -> Self {
        let items = reader.list(root, "member_prices", MAX_MEMBER_PRICES);
        let mut prices = BTreeMap::new();
        for (pointer, value) in items.unwrap_or_default() {
            let (sku, price) = read_price(reader, value, pointer.clone());
            if !sku.is_empty() && prices.insert(sku, price).is_some() {
                let detail = "another price has this sku; leave one of them out";
                reader.fault(format!("{pointer}/sku"), FaultCode::Duplicate, detail);
            }
        }
        Self(prices.into_iter().collect())
    }
}

fn read_price(reader: &mut Reader<'_>, value: &Value, pointer: String) -> (String, Amount) {
    let mut object = reader.object(value, pointer);
    reader.require(&mut object, "sku");
    let at = object.at("sku");
    let sku = object.get("sku").map(|sku| reader.text_at(sku, at));
    let price = reader.required_integer(&mut object, "price", 0..=Amount::MAX.minor());
    reader.close(&object);
    (sku.unwrap_or_default(), Amount::new(price))
}
