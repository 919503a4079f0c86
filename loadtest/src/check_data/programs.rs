//! The programs of the reference, as documents.

use serde_json::{Value, json};

use super::points::Reading;

const WALLET: &str = "points";

/// The program that grants what the reference calls by this name.
pub(crate) fn program(reading: Reading, expiry: &Value) -> Value {
    let weekend = |times: &str| {
        json!({"code": "weekend", "wallet": WALLET, "when": {"weekdays": ["sat", "sun"]},
            "effect": {"type": "multiplier", "times": times}})
    };
    let drinks = |effect: Value| {
        json!({"code": "drinks", "wallet": WALLET, "effect": effect,
            "when": {"categories": ["SOFT DRINKS"], "from": "2017-07-01", "to": "2017-07-31"}})
    };
    let (earning, bonuses) = match reading {
        Reading::R1 => (json!({}), json!([])),
        Reading::R2 => (
            json!({"bonus_combine": "stack_sum"}),
            json!([
                weekend("2"),
                drinks(json!({"type": "add_per_amount", "amount": 100, "points": 2}))
            ]),
        ),
        Reading::R2b => (
            json!({"bonus_combine": "best", "multiply": "exact"}),
            json!([
                drinks(json!({"type": "multiplier", "times": "3"})),
                weekend("2")
            ]),
        ),
    };
    let limits = match reading {
        Reading::R1 => json!([]),
        Reading::R2 | Reading::R2b => json!([{"per": "receipt", "points": 500}]),
    };
    json!({
        "wallets": [{"code": WALLET, "name": "Points", "expiry": expiry, "limits": limits}],
        "earning": earning,
        "earn_rules": [{"code": "base", "wallet": WALLET,
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
        "bonuses": bonuses,
    })
}
