//! Ladders step by step.

use serde_json::{Value, json};

use super::told;

pub(super) fn program() -> Value {
    json!({
        "ranks": [{"code": "main", "metric": "spend",
            "window": {"type": "rolling_months", "months": 12},
            "downgrade": {"at": "month_start", "steps": "one"},
            "steps": [
                {"code": "bronze", "from": 0},
                {"code": "silver", "from": 50_000, "earn_multiplier": "1.5"},
                {"code": "gold", "any_of": [{"metric": "spend", "from": 200_000},
                    {"metric": "visits", "from": 50}],
                    "earn_multiplier": "2", "discount_percent": "5"}]}],
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut document = program();
    change(&mut document["ranks"][0]);
    document
}

/// What was done, and the document afterwards.
pub(super) fn cases() -> Vec<(&'static str, Value)> {
    let mut cases = step_cases();
    cases.extend(ladder_cases());
    cases
}

fn step_cases() -> Vec<(&'static str, Value)> {
    vec![
        (
            "a step starts later",
            changed(|ladder| ladder["steps"][1]["from"] = json!(60_000)),
        ),
        (
            "benefits",
            changed(|ladder| {
                ladder["steps"][0]["discount_percent"] = json!("1");
                ladder["steps"][1]["earn_multiplier"] = json!("1.75");
                let gold = ladder["steps"][2].as_object_mut().unwrap();
                gold.remove("discount_percent");
            }),
        ),
        (
            "criteria",
            changed(|ladder| {
                ladder["steps"][2]["any_of"] = json!([{"metric": "spend", "from": 200_000},
                    {"metric": "gross_spend", "from": 80_000, "window": {"type": "calendar_half"}},
                    {"metric": "points_earned", "from": 3_000}]);
            }),
        ),
        (
            "criteria instead of one threshold",
            changed(|ladder| {
                let silver = ladder["steps"][1].as_object_mut().unwrap();
                silver.remove("from");
                silver.insert(
                    "all_of".to_owned(),
                    json!([{"metric": "spend", "from": 30_000}, {"metric": "visits", "from": 1}]),
                );
            }),
        ),
        (
            "new steps",
            changed(|ladder| {
                let steps = ladder["steps"].as_array_mut().unwrap();
                steps.push(json!({"code": "platinum", "from": 500_000,
                    "earn_multiplier": "3", "discount_percent": "10"}));
                steps.push(json!({"code": "black",
                    "all_of": [{"metric": "spend", "from": 900_000}, {"metric": "visits", "from": 100}]}));
            }),
        ),
        (
            "step gone and others turned",
            changed(|ladder| {
                let steps = ladder["steps"].as_array_mut().unwrap();
                steps.remove(0);
                steps.reverse();
            }),
        ),
    ]
}

fn ladder_cases() -> Vec<(&'static str, Value)> {
    vec![
        (
            "measure, with steps that count something else",
            changed(|ladder| {
                ladder["metric"] = json!("visits");
                ladder["steps"][1]["from"] = json!(10);
            }),
        ),
        (
            "points as measure",
            changed(|ladder| {
                ladder["metric"] = json!("points_earned");
                ladder["steps"][1]["from"] = json!(1_000);
            }),
        ),
        (
            "terms",
            changed(|ladder| {
                ladder["window"] = json!({"type": "since_enrolment"});
                ladder["upgrade"] = json!("period_end");
                ladder["applies"] = json!("at_once");
                ladder["downgrade"] = json!({"at": "dates", "dates": ["06-01", "12-01"],
                    "steps": "full", "grace_days": 30});
            }),
        ),
        (
            "never down",
            changed(|ladder| ladder["downgrade"] = json!({"at": "never"})),
        ),
        (
            "no word of how to fall",
            changed(|ladder| {
                ladder.as_object_mut().unwrap().remove("downgrade");
            }),
        ),
        ("new ladder", {
            let mut document = program();
            document["ranks"]
                .as_array_mut()
                .unwrap()
                .push(json!({"code": "visits",
                "metric": "visits", "window": {"type": "anniversary_year"},
                "upgrade": "next_day", "applies": "next_receipt",
                "downgrade": {"at": "anniversary", "steps": "one", "grace_days": 1},
                "steps": [{"code": "guest", "from": 0}, {"code": "friend", "from": 10,
                    "earn_multiplier": "1.2", "discount_percent": "3"},
                    {"code": "family", "all_of": [{"metric": "visits", "from": 30},
                        {"metric": "spend", "from": 100_000}], "discount_percent": "7.5"}]}));
            document
        }),
        ("new ladder without a measure of its own", {
            let mut document = program();
            document["ranks"]
                .as_array_mut()
                .unwrap()
                .push(json!({"code": "club",
                "window": {"type": "calendar_year"}, "steps": [{"code": "club-member",
                    "all_of": [{"metric": "visits", "from": 3}]}]}));
            document
        }),
        ("no ladder", json!({})),
    ]
}

#[test]
fn ladders_in_words() {
    insta::assert_snapshot!(told(&program(), cases()));
}
