//! Discounts as people say them.

use serde_json::Value;

use super::describe::plain;
use super::measure::metric_of;
use super::words::{Words, given};

/// What a discount may say beside how much it takes off.
const TERMS: &[&str] = &["mode", "refresh", "base", "stacking", "cap", "rounding"];

impl Words {
    /// What a new discount takes off, and on which terms.
    pub(super) fn discount(&self, discount: &Value) -> Vec<String> {
        let terms = given(discount, TERMS).map(|(field, value)| self.labelled(field, value));
        [self.taken_off(discount)]
            .into_iter()
            .chain(terms)
            .collect()
    }

    fn taken_off(&self, discount: &Value) -> String {
        let value = |field: &str| self.text(field, discount.get(field));
        match plain(discount, "type").as_str() {
            "percent" => self.off(&value("percent")),
            "fixed" => self.off(&value("amount")),
            "rank" => match discount.get("ladder").and_then(Value::as_str) {
                Some(ladder) => self.say(format!("by rank of “{ladder}”"), || {
                    format!("「{ladder}」のランク別")
                }),
                None => self.say("by rank".to_owned(), || "ランク別".to_owned()),
            },
            _ => {
                let by = self.by(metric_of(Some(discount)), discount.get("window"));
                let tiers = discount.get("tiers").unwrap_or(&Value::Null);
                format!("{by}: {}", self.discount_tiers(tiers, Some(discount)))
            }
        }
    }

    /// So much less to pay.
    pub(super) fn off(&self, off: &str) -> String {
        self.say(format!("{off} off"), || format!("{off}割引"))
    }
}
