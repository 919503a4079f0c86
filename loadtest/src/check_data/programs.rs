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
        Reading::R1 | Reading::R3 => (json!({}), json!([])),
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
        Reading::R1 | Reading::R3 => json!([]),
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

/// 5 %, and 5 more from each threshold on, by what was bought in the 365 days before, without discounts.
pub(crate) fn climbing(thresholds: &[i64]) -> Value {
    let froms = [0].iter().chain(thresholds);
    let tiers = froms.zip(["5", "10", "15", "20"]);
    let tiers: Vec<Value> = tiers
        .map(|(from, percent)| json!({"from": from, "percent": percent}))
        .collect();
    let mut program = program(Reading::R3, &json!({"type": "never"}));
    if let Some(fields) = program.as_object_mut() {
        let climbing = json!([{"code": "climbing", "type": "progressive", "metric": "gross_spend",
            "window": {"type": "rolling_days", "days": 365}, "refresh": "daily", "tiers": tiers}]);
        fields.insert("discounts".to_owned(), climbing);
    }
    program
}
