//! Program documents: what validation takes can be loaded, and judges whatever receipt comes.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use domain::catalog::{Catalog, Store, Version};
use domain::decide::{Command, Facts, Outcome, RecordPurchase, decide};
use domain::history::Budgets;
use domain::id::StoreId;
use domain::program::Program;
use domain::receipt::Receipt;
use domain::settings::Settings;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use super::dice::Dice;
use super::feed;
use super::sample::sample;

/// Samples of the schema to begin with, beside documents that are right.
const SAMPLES: usize = 40;

static RECEIPTS: LazyLock<Vec<Receipt>> = LazyLock::new(|| {
    let line = |amount: i64, category: &str, quantity: Value| json!({"sku": "4901234567894", "category": category, "quantity": quantity, "amount": amount, "tax_percent": "8"});
    let receipt = |lines: Vec<Value>| json!({"store": "shibuya", "terminal": "1", "receipt_number": "1", "occurred_at": "2026-11-21T10:15:00+09:00", "lines": lines, "tenders": [{"type": "cash", "amount": 1}]});
    let all = [
        receipt(vec![line(0, "food", json!(0))]),
        receipt(vec![
            line(1_234, "food/fresh", json!(2)),
            line(-100, "x", json!(1)),
            line(345, "drinks", json!("0.345")),
        ]),
        receipt(vec![line(999_999_999_999, "food", json!(999_999_999))]),
        receipt((0..40).map(|n| line(n * 37, "food", json!(n))).collect()),
    ];
    all.into_iter()
        .map(|receipt| serde_json::from_value(receipt).expect("a receipt"))
        .collect()
});

fn seeds() -> Vec<Vec<u8>> {
    let rich = json!({
        "wallets": [{"code": "points", "name": "ポイント", "expiry": {"type": "end_of_month", "months": 12}, "redemption": {"minimum": 100, "step": 100},
            "activation": {"type": "after_days", "days": 14}, "max_balance": 10_000, "on_shortage": "clamp"}],
        "earning": {"combine": "best", "rounding": "half_even", "granularity": "tax_rate", "multiply": "exact", "bonus_combine": "stack_product",
            "basis": {"tax": "excluded", "after_discounts": true, "after_points_paid": true}, "exclude": {"categories": ["tobacco"]}},
        "earn_rules": [
            {"code": "base", "wallet": "points", "award": {"type": "per_amount", "amount": 100, "points": 1, "blocks": "proportional"},
                "limits": [{"per": "member_month", "points": 500, "over": "cut"}]},
            {"code": "tiers", "wallet": "points", "award": {"type": "tiered", "by": "receipt_amount", "mode": "marginal",
                "tiers": [{"from": 0, "amount": 100, "points": 1}, {"from": 3_000, "amount": 100, "points": 3}]}},
            {"code": "pieces", "wallet": "points", "award": {"type": "per_item", "points": 2}, "when": {"categories": ["food"], "rrule": "DTSTART:20260101T100000\nRRULE:FREQ=WEEKLY;BYDAY=SA\nDURATION:PT4H"}}],
        "bonuses": [{"code": "five-times-day", "wallet": "points", "effect": {"type": "multiplier", "times": "5"},
            "when": {"days_of_month": [5, 15, 21], "stores": ["shibuya"], "hours": {"from": "22:00", "to": "12:00"}}, "limits": [{"per": "receipt", "points": 500}]}],
        "discounts": [{"code": "progressive", "type": "progressive", "metric": "spend", "window": {"type": "rolling_days", "days": 365},
            "tiers": [{"from": 0, "percent": "5"}, {"from": 50_000, "percent": "10"}]}, {"code": "off", "type": "fixed", "amount": 50, "cap": 30}],
        "ranks": [{"code": "main", "metric": "spend", "window": {"type": "rolling_months", "months": 12}, "downgrade": {"at": "month_start", "steps": "one"},
            "steps": [{"code": "bronze", "from": 0}, {"code": "silver", "from": 50_000, "earn_multiplier": "1.5"}]}],
        "member_prices": [{"sku": "4901234567894", "price": 90}],
        "returns": {"mode": "prorate", "grace_days": 3}
    });
    let plain = json!({"wallets": [{"code": "points", "name": "Points"}],
        "earn_rules": [{"code": "base", "wallet": "points", "award": {"type": "percent", "percent": "1.25"}}]});
    let document = crate::openapi::document().expect("the document");
    let schema = json!({"$ref": "#/components/schemas/ProgramDocument"});
    let mut dice = Dice(2);
    let samples = (0..SAMPLES).map(|_| sample(&document, &schema, &mut dice));
    let all = [rich, plain, json!({})].into_iter().chain(samples);
    all.map(|program| program.to_string().into_bytes())
        .collect()
}

fn catalog(program: Program) -> Catalog {
    let store = Store {
        id: StoreId::from_uuid(Uuid::from_u128(7)),
        code: "shibuya".to_owned(),
        time_zone: None,
    };
    Catalog {
        revision: 1,
        settings: Settings {
            time_zone: TimeZone::get("Asia/Tokyo").expect("a zone"),
            ..Settings::default()
        },
        stores: HashMap::from([(store.code.clone(), store)]),
        versions: vec![Version {
            number: 1,
            effective_from: Timestamp::UNIX_EPOCH,
            program: Arc::new(program),
        }],
    }
}

/// What a receipt comes to, if it is not refused: nothing below zero, and no more points than wanted.
fn judge(catalog: &Catalog, receipt: &Receipt) -> &'static str {
    let command = Command::Purchase(RecordPurchase {
        seed: Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000),
        receipt: receipt.clone(),
        quote: true,
    });
    let facts = Facts {
        member: None,
        budgets: &Budgets::default(),
        trail: None,
    };
    let now = "2026-12-01T00:00:00Z".parse().expect("a time");
    match decide(catalog, facts, &command, now).map(|decision| decision.outcome) {
        Ok(Outcome::Purchase(outcome)) => {
            let told = serde_json::to_value(&outcome).expect("an answer");
            for part in ["gross", "discount", "total"] {
                assert!(
                    told["amounts"][part]
                        .as_i64()
                        .is_none_or(|amount| amount >= 0),
                    "{told}"
                );
            }
            for award in told["earned"].as_array().into_iter().flatten() {
                let (points, wanted) = (award["points"].as_i64(), award["wanted"].as_i64());
                assert!(points >= Some(0) && wanted >= points, "{told}");
            }
            "judged"
        }
        Ok(other) => panic!("a receipt was answered as {other:?}"),
        Err(_refused) => "turned away",
    }
}

#[test]
fn programs() {
    let stores = BTreeSet::from(["shibuya".to_owned()]);
    feed("programs", seeds(), |input| {
        let Ok(document) = crate::body::parse::<Value>(input) else {
            return "refused as JSON".to_owned();
        };
        match Program::parse(&document, &stores) {
            Ok((_, warnings)) => {
                let program = Program::load(&document).expect("what was taken can be loaded");
                let catalog = catalog(program);
                let judged: Vec<&str> = RECEIPTS
                    .iter()
                    .map(|receipt| judge(&catalog, receipt))
                    .collect();
                let warned: Vec<String> = warnings
                    .iter()
                    .map(|fault| format!("{:?}", fault.code))
                    .collect();
                format!("taken {judged:?} {warned:?} {}", shape(&document))
            }
            Err(faults) => {
                assert!(!faults.is_empty(), "refused without a reason");
                super::refusal(&crate::problem::Problem::invalid(faults))
            }
        }
    });
}

/// Which parts a document has, so that documents with other parts are worth keeping.
fn shape(document: &Value) -> String {
    let fields = document.as_object().into_iter().flatten();
    let part = |(name, value): (&String, &Value)| {
        format!("{name}{}", value.as_array().map_or(1, Vec::len).min(3))
    };
    fields.map(part).collect()
}
