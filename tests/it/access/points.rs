//! Limits of points that a key moves by hand hold to the point, however many requests come at once.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::call::Api;
use crate::harness::tenant::unique;
use crate::harness::{Node, TestTenant, block_on, node};

const REDEEM: [&str; 1] = ["redemptions:write"];

fn capture(member: &str, points: i64) -> Value {
    json!({"member": {"id": member}, "wallet": "points", "points": points, "mode": "capture"})
}

#[test]
fn one_call_moves_at_most_its_limit() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 1_000).await;
        let key = tenant
            .restricted(&REDEEM, json!({"max_points_per_call": 50}))
            .await;
        let send = async |points| {
            key.keyed("/v1/redemptions", &unique(), &capture(&member, points))
                .await
        };
        send(50).await.expect(201);
        let answer = send(51).await.expect(403);
        assert_eq!(answer.code(), "not_granted", "{answer}");
        assert_eq!(tenant.available(&member).await, 950);
    });
}

#[test]
fn corrections_and_transfers_count_as_well() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let (member, other) = (tenant.member().await, tenant.member().await);
        tenant.grant(&member, 1_000).await;
        let limits = json!({"max_points_per_call": 50, "max_points_per_day": 60});
        let key = tenant.restricted(&["points:adjust"], limits).await;
        let adjust = async |points: i64| {
            let body = json!({"member": {"id": member}, "wallet": "points", "points": points, "reason": "test"});
            key.keyed("/v1/adjustments", &unique(), &body).await
        };
        adjust(-51).await.expect(403);
        adjust(-50).await.expect(201);
        let side = |id: &str| json!({"member": {"id": id}});
        let transfer = async |points: i64| {
            let body = json!({"from": side(&member), "to": side(&other), "wallet": "points", "points": points});
            key.keyed("/v1/transfers", &unique(), &body).await
        };
        assert_eq!(transfer(11).await.expect(409).code(), "limit_reached");
        transfer(10).await.expect(201);
        let bound = tenant
            .restricted(&["points:adjust"], json!({"stores": ["shibuya"]}))
            .await;
        let body =
            json!({"member": {"id": member}, "wallet": "points", "points": 1, "reason": "test"});
        let refused = bound.keyed("/v1/adjustments", &unique(), &body).await;
        assert_eq!(refused.expect(403).code(), "not_granted");
        assert_eq!(tenant.available(&member).await, 940);
    });
}

/// Sends `count` redemptions of 5 points at once, in turn to these nodes; how many were taken.
async fn flood(apis: &[Api], member: &str, count: usize) -> usize {
    let send = async |index: usize| {
        let (api, key) = (&apis[index % apis.len()], unique());
        loop {
            let answer = api
                .keyed("/v1/redemptions", &key, &capture(member, 5))
                .await;
            match (answer.status, answer.code()) {
                (201, _) => return true,
                (409, "limit_reached") => return false,
                // A busy machine: repeated under its key, as a till would.
                (503 | 504, _) => tokio::time::sleep(Duration::from_millis(100)).await,
                _ => panic!("{answer}"),
            }
        }
    };
    let answers = join_all((0..count).map(send)).await;
    answers.into_iter().filter(|is_taken| *is_taken).count()
}

#[test]
fn a_day_moves_exactly_its_limit_over_two_nodes() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 1_000).await;
        let key = tenant
            .restricted(&REDEEM, json!({"max_points_per_day": 102}))
            .await;
        let second = Node::start(node().cluster).await;
        let apis = [key.clone(), key.at(&second.base)];
        assert_eq!(flood(&apis, &member, 60).await, 20, "102 holds 20 times 5");
        assert_eq!(tenant.available(&member).await, 900);
        let rest = key
            .keyed("/v1/redemptions", &unique(), &capture(&member, 2))
            .await;
        rest.expect(201);
        // Another key of the tenant has a day of its own.
        let other = tenant
            .restricted(&REDEEM, json!({"max_points_per_day": 5}))
            .await;
        assert_eq!(flood(&[other], &member, 3).await, 1);
        second.server.stop().await;
    });
}

#[test]
fn a_repeat_counts_once_and_a_refusal_not_at_all() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let (rich, poor) = (tenant.member().await, tenant.member().await);
        tenant.grant(&rich, 1_000).await;
        let key = tenant
            .restricted(&REDEEM, json!({"max_points_per_day": 100}))
            .await;
        let send = async |name: &str, member: &str, points| {
            key.keyed("/v1/redemptions", name, &capture(member, points))
                .await
        };
        let (first, refused) = (unique(), unique());
        for _ in 0..3 {
            send(&first, &rich, 60).await.expect(201);
            let answer = send(&refused, &poor, 40).await.expect(409);
            assert_eq!(answer.code(), "insufficient_points", "{answer}");
        }
        let answer = send(&unique(), &rich, 41).await.expect(409);
        assert_eq!(answer.code(), "limit_reached", "{answer}");
        // What was refused for the limit is free to try again with less.
        send(&unique(), &rich, 40).await.expect(201);
        // A repeat is answered although the limit is reached.
        send(&first, &rich, 60).await.expect(201);
        // What another key of the tenant moved is not counted for this one.
        let foreign = unique();
        let path = "/v1/redemptions";
        tenant
            .api
            .keyed(path, &foreign, &capture(&rich, 1))
            .await
            .expect(201);
        let owner = node().cluster.owner().await;
        let counted = "select sum(points)::bigint from key_days where tenant_id = $1";
        let counted: i64 = crate::harness::sql::one(&owner, counted, tenant.number).await;
        assert_eq!(counted, 100);
    });
}

#[test]
fn the_next_business_day_starts_from_nothing() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let sandbox = &tenant.sandbox;
        let store = json!({"code": "shibuya", "name": "Shibuya"});
        sandbox.post("/v1/stores", &store).await.expect(201);
        let draft = sandbox.get("/v1/program/draft").await.expect(200);
        let save = sandbox.request(reqwest::Method::PUT, "/v1/program/draft");
        let save = save.json(&crate::harness::tenant::plain_program());
        sandbox
            .send(save.header("If-Match", draft.header("etag")))
            .await
            .expect(200);
        let from = json!({"effective_from": "2020-01-01T00:00:00Z"});
        sandbox.post("/v1/program/publish", &from).await.expect(201);
        let set = async |now: &str| {
            sandbox
                .post("/v1/test-clock", &json!({"now": now}))
                .await
                .expect(200)
        };
        set("2026-11-21T12:00:00+09:00").await;
        let member = sandbox
            .post("/v1/members", &json!({}))
            .await
            .expect(201)
            .text("/id");
        let receipt = tenant.receipt(&member, "1", 100_000);
        sandbox
            .keyed("/v1/purchases", &unique(), &receipt)
            .await
            .expect(201);
        let key = json!({"name": "Day", "scopes": REDEEM, "max_points_per_day": 10});
        let key = sandbox.post("/v1/api-keys", &key).await.expect(201);
        let key = sandbox.with_key(&key.text("/secret"));
        let send = async || {
            key.keyed("/v1/redemptions", &unique(), &capture(&member, 10))
                .await
        };
        send().await.expect(201);
        send().await.expect(409);
        // The business day ends at 05:00.
        set("2026-11-22T04:59:59+09:00").await;
        send().await.expect(409);
        set("2026-11-22T05:00:00+09:00").await;
        send().await.expect(201);
    });
}

#[test]
fn points_that_pay_for_receipts_count_as_well() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 1_000).await;
        let limits = json!({"max_points_per_call": 50, "max_points_per_day": 80});
        let key = tenant.restricted(&["purchases:write"], limits).await;
        let paid = |points: i64| {
            let mut receipt = tenant.receipt(&member, &unique(), 1_000);
            receipt["lines"][0]["points_excluded"] = json!(true);
            receipt["redeem"] = json!([{"wallet": "points", "points": points}]);
            receipt
        };
        let buy = async |points: i64| key.keyed("/v1/purchases", &unique(), &paid(points)).await;
        assert_eq!(buy(51).await.expect(403).code(), "not_granted");
        buy(30).await.expect(201);
        // Each receipt of a batch counts like a call of its own.
        let batch = json!({"purchases": [paid(51), paid(40), paid(11), paid(0), paid(10)]});
        for _ in 0..2 {
            let answer = key.keyed("/v1/purchases/batch", "batch", &batch).await;
            let results = answer.expect(200).json["results"].clone();
            let results = results.as_array().unwrap();
            let told: Vec<_> = results
                .iter()
                .map(|result| result["status"].as_u64())
                .collect();
            assert_eq!(told, [403, 201, 409, 422, 201].map(Some), "{results:?}");
            assert_eq!(results[0]["problem"]["code"], "not_granted");
            assert_eq!(results[2]["problem"]["code"], "limit_reached");
        }
        let plain = tenant.receipt(&member, &unique(), 500);
        let bought = key.keyed("/v1/purchases", &unique(), &plain).await;
        let id = bought.expect(201).text("/id");
        let exchange = json!({"return": {"purchase": id, "amount": 500}, "purchase": paid(1)});
        let refused = key.keyed("/v1/exchanges", &unique(), &exchange).await;
        assert_eq!(refused.expect(409).code(), "limit_reached");
        books_are_right(&tenant).await;
    });
}

async fn books_are_right(tenant: &TestTenant) {
    crate::books::hold(node().cluster, tenant.number).await;
}

#[test]
fn a_rotated_key_has_the_allowance_of_the_one_that_it_replaces() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 1_000).await;
        let new = json!({"name": "Day", "scopes": REDEEM, "max_points_per_day": 100});
        let made = tenant.api.post("/v1/api-keys", &new).await.expect(201);
        let mut keys = vec![(tenant.api.with_key(&made.text("/secret")), made.text("/id"))];
        for _ in 0..2 {
            let (_, id) = keys.last().unwrap();
            let path = format!("/v1/api-keys/{id}/rotate");
            let next = tenant.api.post(&path, &json!({})).await.expect(201);
            keys.push((tenant.api.with_key(&next.text("/secret")), next.text("/id")));
        }
        let send = async |api: &Api, points: i64| {
            api.keyed("/v1/redemptions", &unique(), &capture(&member, points))
                .await
        };
        for (api, _) in &keys {
            send(api, 30).await.expect(201);
        }
        for (api, _) in &keys {
            assert_eq!(send(api, 11).await.expect(409).code(), "limit_reached");
        }
        send(&keys[0].0, 10).await.expect(201);
    });
}
