//! A year of a small retailer: every kind of write and every read.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::Answer;
use crate::harness::call::Api;

/// Plays everything; what it was told, in order.
pub(crate) async fn play(api: &Api) -> Vec<String> {
    let mut play = Play {
        api,
        told: Vec::new(),
        keys: 0,
    };
    play.open().await;
    let members = play.enrol().await;
    let purchases = play.sell(&members).await;
    play.correct(&members, &purchases).await;
    play.pass_time().await;
    play.read(&members, &purchases).await;
    play.told
}

struct Play<'a> {
    api: &'a Api,
    told: Vec<String>,
    keys: usize,
}

impl Play<'_> {
    /// Notes an answer.
    fn note(&mut self, what: &str, answer: Answer) -> Answer {
        let mut json = answer.json.clone();
        if let Some(object) = json.as_object_mut() {
            object.remove("request_id");
            object.remove("secret");
            // Signed with the id of the tenant and of the last row.
            let is_more = object.get("next_cursor").is_some_and(Value::is_string);
            object.insert("is_more".to_owned(), json!(is_more));
            object.remove("next_cursor");
        }
        self.told.push(format!("{what} = {} {json}", answer.status));
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        let answer = self.api.get(path).await;
        self.note(path, answer)
    }

    async fn send(&mut self, method: Method, path: &str, body: &Value) -> Answer {
        self.keys += 1;
        let request = self.api.request(method, path).json(body);
        let request = request.header("Idempotency-Key", format!("same-{}", self.keys));
        let answer = self.api.send(request).await;
        self.note(path, answer)
    }

    async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    async fn clock(&mut self, now: &str) {
        let moved = self.post("/v1/test-clock", &json!({"now": now})).await;
        moved.expect(200);
    }

    async fn open(&mut self) {
        self.clock("2025-05-01T00:00:00Z").await;
        let store = json!({"code": "shibuya", "name": "Shibuya"});
        self.post("/v1/stores", &store).await.expect(201);
        self.post("/v1/stores", &store).await.expect(409);
        let endpoint = json!({"url": "https://example.com/hook", "description": "Same"});
        let made = self.post("/v1/webhook-endpoints", &endpoint).await;
        made.expect(201);
        let draft = self
            .send(Method::PUT, "/v1/program/draft", &program())
            .await;
        draft.expect(200);
        let from = json!({"effective_from": "2025-01-01T00:00:00Z"});
        let published = self.post("/v1/program/publish", &from).await;
        published.expect(201);
    }

    async fn enrol(&mut self) -> Vec<String> {
        let mut members = Vec::new();
        for number in 0..3 {
            let member = json!({
                "external_id": format!("same-{number}"),
                "cards": [format!("290000000000{number}")],
                "phones": [format!("+81901234567{number}")],
                "emails": [format!("same{number}@example.com")],
                "family_name": "山田",
                "attributes": {"note": "same"},
                "consents": {"mail": true},
                "store": "shibuya",
            });
            let enrolled = self.post("/v1/members", &member).await.expect(201);
            self.post("/v1/members", &member).await.expect(409);
            members.push(enrolled.text("/id"));
        }
        members
    }

    async fn sell(&mut self, members: &[String]) -> Vec<String> {
        let mut purchases = Vec::new();
        for number in 0..12 {
            let member = &members[number % 2];
            let mut receipt = receipt(member, number);
            self.post("/v1/quotes", &receipt).await.expect(200);
            let bought = self.post("/v1/purchases", &receipt).await.expect(201);
            purchases.push(bought.text("/id"));
            // The same receipt again, and another one under its number.
            self.post("/v1/purchases", &receipt).await.expect(200);
            receipt["lines"][0]["amount"] = json!(1);
            self.post("/v1/purchases", &receipt).await.expect(409);
        }
        purchases
    }

    async fn correct(&mut self, members: &[String], purchases: &[String]) {
        let [first, second, third] = members else {
            panic!("three members");
        };
        let returns = format!("/v1/purchases/{}/returns", purchases[0]);
        let part = json!({"amount": 700});
        self.post(&returns, &part).await.expect(201);
        let void = format!("/v1/purchases/{}/void", purchases[1]);
        self.post(&void, &json!({})).await.expect(200);
        let take = |member: &str, points: i64, mode: &str| json!({"member": {"id": member}, "wallet": "points", "points": points, "mode": mode});
        let taken = self
            .post("/v1/redemptions", &take(first, 5, "capture"))
            .await;
        let path = format!("/v1/redemptions/{}/reverse", taken.expect(201).text("/id"));
        self.post(&path, &json!({})).await.expect(200);
        let held = self
            .post("/v1/redemptions", &take(first, 9, "reserve"))
            .await;
        let path = format!("/v1/redemptions/{}/capture", held.expect(201).text("/id"));
        self.post(&path, &json!({"points": 4})).await.expect(200);
        let much = take(second, 1_000_000, "capture");
        self.post("/v1/redemptions", &much).await.expect(409);
        let give =
            json!({"member": {"id": third}, "wallet": "points", "points": 500, "reason": "Sorry"});
        self.post("/v1/adjustments", &give).await.expect(201);
        let pass =
            json!({"from": {"id": third}, "to": {"id": second}, "wallet": "points", "points": 100});
        self.post("/v1/transfers", &pass).await.expect(201);
        let rank = format!("/v1/members/{third}/rank");
        let gold = json!({"code": "gold"});
        self.send(Method::PUT, &rank, &gold).await.expect(200);
        let change = json!({"given_name": "太郎"});
        let path = format!("/v1/members/{second}");
        self.send(Method::PATCH, &path, &change).await.expect(200);
        let batch =
            json!({"purchases": [receipt(first, 90), receipt(second, 90), receipt(third, 91)]});
        self.post("/v1/purchases/batch", &batch).await.expect(200);
    }

    async fn pass_time(&mut self) {
        for now in [
            "2025-07-01T00:00:00Z",
            "2025-12-01T00:00:00Z",
            "2026-06-01T00:00:00Z",
        ] {
            self.clock(now).await;
        }
    }

    async fn read(&mut self, members: &[String], purchases: &[String]) {
        for member in members {
            let version = self.get(&format!("/v1/members/{member}")).await;
            let version = &version.expect(200).json["version"];
            self.get(&format!(
                "/v1/members/{member}/balances?min_version={version}"
            ))
            .await
            .expect(200);
            for part in [
                "transactions",
                "expirations",
                "rank",
                "rank/history",
                "discount",
                "export",
            ] {
                self.get(&format!("/v1/members/{member}/{part}"))
                    .await
                    .expect(200);
            }
        }
        for purchase in purchases {
            self.get(&format!("/v1/purchases/{purchase}"))
                .await
                .expect(200);
        }
        let gone = format!("/v1/members/{}/personal-data", members[1]);
        self.send(Method::DELETE, &gone, &json!({}))
            .await
            .expect(200);
        for path in [
            "/v1/stores",
            "/v1/program",
            "/v1/program/versions",
            "/v1/purchases?limit=5",
            "/v1/audit-log",
            "/v1/liability",
            "/v1/members?card=2900000000000",
            "/v1/members?phone=%2B819012345671",
            "/v1/webhook-endpoints",
        ] {
            self.get(path).await.expect(200);
        }
    }
}

fn receipt(member: &str, number: usize) -> Value {
    json!({
        "store": "shibuya",
        "terminal": "pos-1",
        "receipt_number": format!("same-{number}"),
        "occurred_at": "2025-04-30T12:00:00+09:00",
        "member": {"id": member},
        "lines": [
            {"sku": "4901234567894", "category": "food", "quantity": 2, "amount": 1_300 + 700 * number},
            {"sku": "4901234567900", "quantity": "0.345", "amount": 250, "tax_percent": "8"}
        ]
    })
}

fn program() -> Value {
    json!({
        "wallets": [{"code": "points", "name": "ポイント", "expiry": {"type": "after", "days": 200}}],
        "earn_rules": [{"code": "base", "wallet": "points", "award": {"type": "per_amount", "amount": 100, "points": 1},
            "limits": [{"per": "campaign", "points": 100_000}, {"per": "member_month", "points": 200}]}],
        "bonuses": [{"code": "double", "wallet": "points", "effect": {"type": "multiplier", "times": "2"},
            "when": {"categories": ["food"]}}],
        "discounts": [{"code": "five", "type": "percent", "percent": "5"}],
        "ranks": [{"code": "main", "metric": "spend", "window": {"type": "rolling_days", "days": 90}, "downgrade": {"at": "rolling"},
            "steps": [{"code": "bronze", "from": 0}, {"code": "silver", "from": 5_000}, {"code": "gold", "from": 50_000}]}]
    })
}
