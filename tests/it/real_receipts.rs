//! Real receipts of the demo data, and the points that an independent program computed for them.
//! `r1`: a point per 100. `r2`: doubled at weekends, and 2 more per 100 of soft drinks in July, at most
//! 500 a receipt. `r2b`: of three times on soft drinks in July and twice at weekends the better on each
//! line, rounded once, at most 500. `discounts`: 5 to 20 % by what the member bought in the 365 days
//! before.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::books;
use crate::harness::tenant::Spec;
use crate::harness::{TestTenant, block_on, node};

const EXPECTED: &str = include_str!("real_receipts/expected.csv");
const DISCOUNTS: &str = include_str!("real_receipts/discounts.csv");
const RECEIPTS: &[u8] = include_bytes!("../../api/demo/receipts.jsonl.gz");
const STORES: &[u8] = include_bytes!("../../api/demo/stores.jsonl.gz");

fn documents(packed: &[u8]) -> Vec<Value> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Points by receipt number, in the order of the columns.
fn expected() -> BTreeMap<String, [i64; 3]> {
    let rows = EXPECTED.lines().skip(1).map(|row| {
        let (number, points) = row.split_once(',').unwrap();
        let points: Vec<i64> = points
            .split(',')
            .map(|cell| cell.parse().unwrap())
            .collect();
        (number.to_owned(), points.try_into().unwrap())
    });
    rows.collect()
}

fn program(earning: &Value, limits: &Value, bonuses: &Value) -> Value {
    json!({
        "wallets": [{"code": "points", "name": "Points", "limits": limits}],
        "earning": earning,
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
        "bonuses": bonuses,
    })
}

fn programs() -> [Value; 3] {
    let weekend = json!({"code": "weekend", "wallet": "points", "when": {"weekdays": ["sat", "sun"]},
        "effect": {"type": "multiplier", "times": "2"}});
    let drinks = |effect: Value| {
        json!({"code": "drinks", "wallet": "points", "effect": effect,
            "when": {"categories": ["grocery/soft drinks"], "from": "2017-07-01", "to": "2017-07-31"}})
    };
    let most = json!([{"per": "receipt", "points": 500}]);
    [
        program(&json!({}), &json!([]), &json!([])),
        program(
            &json!({"bonus_combine": "stack_sum"}),
            &most,
            &json!([
                weekend,
                drinks(json!({"type": "add_per_amount", "amount": 100, "points": 2}))
            ]),
        ),
        program(
            &json!({"bonus_combine": "best", "multiply": "exact"}),
            &most,
            &json!([drinks(json!({"type": "multiplier", "times": "3"})), weekend]),
        ),
    ]
}

/// A retailer in New York whose days begin at midnight.
async fn retailer(program: &Value, receipts: &[Value]) -> TestTenant {
    let settings = json!({"currency": "USD", "time_zone": "America/New_York", "business_day_cutover": "00:00"});
    let tenant = TestTenant::with(Spec {
        settings,
        program: None,
        stores: Vec::new(),
    })
    .await;
    let published = tenant.publish(program, Some("2016-01-01T00:00:00Z")).await;
    published.expect(201);
    for store in documents(STORES) {
        tenant.api.post("/v1/stores", &store).await.expect(201);
    }
    let members = receipts.iter().map(|receipt| receipt["member"].to_string());
    for member in members.collect::<std::collections::BTreeSet<_>>() {
        let member: Value = serde_json::from_str(&member).unwrap();
        tenant.enrol(&member).await;
    }
    tenant
}

#[test]
fn real_receipts_earn_what_the_reference_says() {
    block_on(async {
        let expected = expected();
        let mut receipts = documents(RECEIPTS);
        receipts
            .retain(|receipt| expected.contains_key(receipt["receipt_number"].as_str().unwrap()));
        assert_eq!(receipts.len(), expected.len());
        for (column, program) in programs().iter().enumerate() {
            let tenant = retailer(program, &receipts).await;
            let body = json!({"purchases": receipts});
            let answer = tenant.api.keyed("/v1/purchases/batch", "year", &body).await;
            let answer = answer.expect(200);
            for (receipt, result) in receipts
                .iter()
                .zip(answer.json["results"].as_array().unwrap())
            {
                let number = receipt["receipt_number"].as_str().unwrap();
                let awards = result["purchase"]["earned"].as_array();
                let awards = awards
                    .unwrap_or_else(|| panic!("{number}: {result}"))
                    .iter();
                let points: i64 = awards.map(|award| award["points"].as_i64().unwrap()).sum();
                assert_eq!(points, expected[number][column], "{number}: {result}");
            }
            books::hold(node().cluster, tenant.number).await;
        }
    });
}

/// Rate and discount by receipt number.
fn discounts() -> BTreeMap<String, (String, i64)> {
    let rows = DISCOUNTS.lines().skip(1).map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        let discount = (cells[1].to_owned(), cells[2].parse().unwrap());
        (cells[0].to_owned(), discount)
    });
    rows.collect()
}

/// The thresholds of the reference, which are in cents.
fn climbing() -> Value {
    let tiers = [(0, "5"), (129_326, "10"), (257_774, "15"), (408_645, "20")];
    let tiers = tiers.map(|(from, percent)| json!({"from": from, "percent": percent}));
    let mut program = program(&json!({}), &json!([]), &json!([]));
    program["discounts"] = json!([{"code": "climbing", "type": "progressive",
        "metric": "gross_spend", "window": {"type": "rolling_days", "days": 365}, "tiers": tiers}]);
    program
}

#[test]
fn real_receipts_are_discounted_as_the_reference_says() {
    block_on(async {
        let expected = discounts();
        let mut receipts = documents(RECEIPTS);
        receipts
            .retain(|receipt| expected.contains_key(receipt["receipt_number"].as_str().unwrap()));
        assert_eq!(receipts.len(), expected.len());
        let tenant = retailer(&climbing(), &receipts).await;
        let body = json!({"purchases": receipts});
        let answer = tenant.api.keyed("/v1/purchases/batch", "year", &body).await;
        let answer = answer.expect(200);
        let results = answer.json["results"].as_array().unwrap();
        for (receipt, result) in receipts.iter().zip(results) {
            let number = receipt["receipt_number"].as_str().unwrap();
            let (percent, discount) = &expected[number];
            let purchase = &result["purchase"];
            assert_eq!(
                purchase["amounts"]["discount"], *discount,
                "{number}: {result}"
            );
            let told = &purchase["explanation"][0];
            assert_eq!(told["percent"], *percent, "{number}: {result}");
        }
        books::hold(node().cluster, tenant.number).await;
    });
}
