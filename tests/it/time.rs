//! What time does to points: by the clock of a sandbox tenant, and by the worker.

mod clock;
mod worker;

use serde_json::{Value, json};

use crate::harness::TestTenant;
use crate::harness::call::{Answer, Api};
use crate::harness::tenant::unique;

/// A sandbox with a store, whose clock stands at `now`, and its program.
pub(crate) async fn sandbox(program: &Value, now: &str) -> Api {
    let api = TestTenant::new().await.sandbox;
    begin(&api, program, now).await;
    api
}

/// Gives a new sandbox a store, a clock that stands at `now`, and its program.
pub(crate) async fn begin(api: &Api, program: &Value, now: &str) {
    let store = json!({"code": "shibuya", "name": "Shibuya"});
    api.post("/v1/stores", &store).await.expect(201);
    set_clock(api, now).await;
    let draft = api.get("/v1/program/draft").await.expect(200);
    let save = api.request(reqwest::Method::PUT, "/v1/program/draft");
    let save = save.json(program).header("If-Match", draft.header("etag"));
    api.send(save).await.expect(200);
    let publication = json!({"effective_from": now});
    let publish = api.post("/v1/program/publish", &publication).await;
    publish.expect(201);
}

pub(crate) async fn set_clock(api: &Api, now: &str) -> Answer {
    let answer = api.post("/v1/test-clock", &json!({"now": now})).await;
    answer.expect(200)
}

pub(crate) async fn enrol(api: &Api) -> String {
    let enrolled = api.post("/v1/members", &json!({})).await;
    enrolled.expect(201).text("/id")
}

/// A receipt of now; the answer.
pub(crate) async fn buy(api: &Api, member: &str, amount: i64, occurred_at: &str) -> Value {
    let number = unique();
    let receipt = json!({
        "store": "shibuya", "receipt_number": number, "occurred_at": occurred_at,
        "member": {"id": member}, "lines": [{"amount": amount}]
    });
    let answer = api.keyed("/v1/purchases", &number, &receipt).await;
    answer.expect(201).json
}

/// Available and pending points of the first wallet.
async fn balance(api: &Api, member: &str) -> (i64, i64) {
    let path = format!("/v1/members/{member}/balances");
    let wallet = api.get(&path).await.expect(200).json["wallets"][0].clone();
    let points = |field: &str| wallet[field].as_i64().unwrap();
    (points("available"), points("pending"))
}

/// Types and points of the statement, newest first.
async fn statement(api: &Api, member: &str) -> Vec<(String, i64)> {
    let path = format!("/v1/members/{member}/transactions");
    let statement = api.get(&path).await.expect(200).json;
    let entries = statement["data"].as_array().unwrap().iter();
    let line = |entry: &Value| {
        let kind = entry["type"].as_str().unwrap().to_owned();
        (kind, entry["points"].as_i64().unwrap())
    };
    entries.map(line).collect()
}

/// One point per 100, with these settings of the wallet.
fn program(wallet: Value) -> Value {
    let mut points = wallet;
    points["code"] = json!("points");
    json!({
        "wallets": [points],
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}}]
    })
}
