//! Points that are held first: captured in part or all, released, over by themselves, reversed.

use api::catalog::Catalogs;
use api::db::Db;
use api::jobs::{Done, round};
use reqwest::Method;
use serde_json::{Value, json};

use crate::books::{self, until_known};
use crate::concurrency::second;
use crate::harness::tenant::{first_wallet, unique};
use crate::harness::{Answer, TestTenant, block_on, node};
use crate::time::{buy, enrol, sandbox, set_clock};

fn reserve(member: &str, points: i64) -> Value {
    json!({"member": {"id": member}, "wallet": "points", "points": points, "mode": "reserve"})
}

async fn step(tenant: &TestTenant, id: &str, step: &str, body: &Value) -> Answer {
    let path = format!("/v1/redemptions/{id}/{step}");
    tenant.api.keyed(&path, &unique(), body).await
}

/// Available and reserved points.
async fn balance(api: &crate::harness::call::Api, member: &str) -> (i64, i64) {
    let wallet = first_wallet(api, member).await;
    let points = |field: &str| wallet[field].as_i64().unwrap();
    (points("available"), points("reserved"))
}

/// Ends a reservation, however busy the node is.
async fn end(api: crate::harness::call::Api, path: String) -> Answer {
    until_known(&api, &path, &unique(), &json!({})).await
}

/// A tenant whose member has 100 points and holds some.
async fn holding(points: i64) -> (TestTenant, String, Value) {
    let tenant = TestTenant::new().await;
    let member = tenant.member().await;
    tenant.grant(&member, 100).await;
    let body = reserve(&member, points);
    let held = tenant.api.keyed("/v1/redemptions", &unique(), &body).await;
    (tenant, member, held.expect(201).json)
}

#[test]
fn held_points_are_captured_in_part_and_the_rest_comes_back() {
    block_on(async {
        let (tenant, member, held) = holding(70).await;
        assert_eq!(held["state"], "reserved");
        assert_eq!(held["points"], 70);
        assert_eq!(held["balances"][0]["reserved"], 70);
        assert_eq!(balance(&tenant.api, &member).await, (30, 70));
        let occurred_at: jiff::Timestamp = held["occurred_at"].as_str().unwrap().parse().unwrap();
        let expires_at: jiff::Timestamp = held["expires_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(expires_at.duration_since(occurred_at).as_secs(), 900);

        let id = held["id"].as_str().unwrap();
        let taken = step(&tenant, id, "capture", &json!({"points": 45})).await;
        let taken = taken.expect(200).json;
        assert_eq!(taken["id"], held["id"]);
        assert_eq!(
            [
                &taken["state"],
                &taken["points"],
                &taken["value"],
                &taken["expires_at"]
            ],
            [&json!("captured"), &json!(45), &json!(45), &json!(null)]
        );
        assert_eq!(taken["version"], 3);
        assert_eq!(balance(&tenant.api, &member).await, (55, 0));
        let read = tenant.api.get(&format!("/v1/redemptions/{id}")).await;
        assert_eq!(read.expect(200).json, taken);

        let back = step(&tenant, id, "reverse", &json!({}))
            .await
            .expect(200)
            .json;
        assert_eq!(
            [&back["state"], &back["points"]],
            [&json!("reversed"), &json!(45)]
        );
        assert_eq!(balance(&tenant.api, &member).await, (100, 0));
        let read = tenant.api.get(&format!("/v1/redemptions/{id}")).await;
        assert_eq!(read.expect(200).json, back);

        let statement = tenant
            .api
            .get(&format!("/v1/members/{member}/transactions"))
            .await;
        let statement = statement.expect(200).json;
        let lines: Vec<Value> = statement["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| {
                json!([
                    line["type"],
                    line["points"],
                    line["balance_after"],
                    line["redemption_id"] == held["id"],
                    line["corrects"] == taken["transaction_id"]
                ])
            })
            .collect();
        assert_eq!(
            lines,
            [
                json!(["reverse", 45, 100, true, true]),
                json!(["capture", 25, 55, true, false]),
                json!(["reserve", -70, 30, true, false]),
                json!(["purchase", 100, 100, false, false]),
            ]
        );
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_step_takes_effect_once_and_in_its_state_only() {
    block_on(async {
        let (tenant, member, held) = holding(70).await;
        let id = held["id"].as_str().unwrap();
        let path = format!("/v1/redemptions/{id}/capture");
        let without_key = tenant.api.post(&path, &json!({})).await;
        assert_eq!(without_key.expect(400).code(), "idempotency_key_required");
        for points in [71, 0, -5] {
            let refused = step(&tenant, id, "capture", &json!({"points": points})).await;
            assert_eq!(refused.status, 422, "{refused}");
            assert_eq!(
                refused.faults(),
                [("/points".to_owned(), "out_of_range".to_owned())]
            );
        }
        let early = step(&tenant, id, "reverse", &json!({})).await.expect(409);
        assert_eq!(early.code(), "invalid_state");
        assert!(early.text("/detail").contains("reserved"), "{early}");
        let empty = tenant.api.request(Method::POST, &path);
        let first = tenant
            .api
            .send(empty.header("Idempotency-Key", "take"))
            .await
            .expect(200);
        assert_eq!(first.json["points"], 70, "no body takes all");
        let again = tenant
            .api
            .keyed(&path, "take", &json!({}))
            .await
            .expect(200);
        assert_eq!(again.body, first.body);
        assert_eq!(again.header("idempotent-replayed"), "true");
        let other = tenant
            .api
            .keyed(&path, "take", &json!({"points": 70}))
            .await;
        assert_eq!(other.expect(422).code(), "idempotency_key_reused");
        for wrong in ["capture", "release"] {
            let refused = step(&tenant, id, wrong, &json!({})).await.expect(409);
            assert_eq!(refused.code(), "invalid_state", "{wrong}");
            assert!(refused.text("/detail").contains("captured"), "{refused}");
        }
        step(&tenant, id, "reverse", &json!({})).await.expect(200);
        let twice = step(&tenant, id, "reverse", &json!({})).await.expect(409);
        assert_eq!(twice.code(), "invalid_state");
        assert_eq!(balance(&tenant.api, &member).await, (100, 0));
        let missing = step(
            &tenant,
            "rsv_00000000000000000000000001",
            "capture",
            &json!({}),
        )
        .await;
        missing.expect(404);
        let reader = tenant.key(&["purchases:read"]).await;
        let forbidden = reader.keyed(&path, &unique(), &json!({})).await;
        assert_eq!(forbidden.expect(403).code(), "insufficient_scope");
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_reference_of_a_reservation_replays_its_first_answer() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 100).await;
        let mut body = reserve(&member, 30);
        body["reference"] = json!("order-1");
        body["ttl_seconds"] = json!(604_800);
        let post = |body: Value| {
            let api = tenant.api.clone();
            async move { api.keyed("/v1/redemptions", &unique(), &body).await }
        };
        let first = post(body.clone()).await.expect(201);
        let id = first.text("/id");
        step(&tenant, &id, "release", &json!({})).await.expect(200);
        let again = post(body.clone()).await.expect(200);
        assert_eq!(again.json, first.json);
        body["ttl_seconds"] = json!(60);
        assert_eq!(post(body).await.expect(409).code(), "reference_used");
        for ttl in [json!(0), json!(-1), json!(604_801), json!(315_360_000_i64)] {
            let mut body = reserve(&member, 1);
            body["ttl_seconds"] = ttl.clone();
            let refused = post(body).await.expect(422);
            assert_eq!(refused.faults()[0].0, "/ttl_seconds", "{ttl}");
        }
        assert_eq!(balance(&tenant.api, &member).await, (100, 0));
    });
}

#[test]
fn the_test_clock_releases_each_reservation_at_its_own_instant() {
    block_on(async {
        let start = "2026-11-21T01:00:00Z";
        let program = json!({
            "wallets": [{"code": "points", "expiry": {"type": "after", "days": 2}}],
            "earn_rules": [{"code": "base", "wallet": "points",
                "award": {"type": "per_amount", "amount": 100, "points": 1}}]
        });
        let api = sandbox(&program, start).await;
        let member = enrol(&api).await;
        buy(&api, &member, 10_000, start).await;
        let mut ids = Vec::new();
        // The lot ends at the end of the 23rd in Tokyo: the second outlives it by a day.
        for (points, ttl) in [(10, 3_600), (20, 4 * 86_400), (30, 600)] {
            let mut body = reserve(&member, points);
            body["ttl_seconds"] = json!(ttl);
            let held = api.keyed("/v1/redemptions", &unique(), &body).await;
            ids.push(held.expect(201).text("/id"));
        }
        set_clock(&api, "2026-11-21T01:09:59.999999Z").await;
        assert_eq!(balance(&api, &member).await, (40, 60));
        let moved = set_clock(&api, "2026-11-21T02:30:00Z").await;
        assert_eq!(moved.json["jobs_run"], 2);
        assert_eq!(balance(&api, &member).await, (80, 20));
        let path = format!("/v1/redemptions/{}/capture", ids[0]);
        let late = api.keyed(&path, &unique(), &json!({})).await.expect(409);
        assert_eq!(late.code(), "invalid_state");
        let read = api.get(&format!("/v1/redemptions/{}", ids[0])).await;
        assert_eq!(read.expect(200).json["state"], "released");
        set_clock(&api, "2026-11-30T00:00:00Z").await;
        assert_eq!(balance(&api, &member).await, (0, 0));
        let statement = api.get(&format!("/v1/members/{member}/transactions")).await;
        let statement = statement.expect(200).json;
        let lines: Vec<Value> = statement["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| json!([line["type"], line["points"], line["occurred_at"]]))
            .take(4)
            .collect();
        assert_eq!(
            lines,
            [
                json!(["release", 0, "2026-11-25T01:00:00Z"]),
                json!(["expire", -80, "2026-11-23T20:00:00Z"]),
                json!(["release", 10, "2026-11-21T02:00:00Z"]),
                json!(["release", 30, "2026-11-21T01:10:00Z"]),
            ]
        );
    });
}

#[test]
fn workers_release_what_is_over_once() {
    block_on(async {
        let (tenant, member, held) = holding(70).await;
        let owner = node().cluster.owner().await;
        let id: domain::id::RedemptionId = held["id"].as_str().unwrap().parse().unwrap();
        let past = format!(
            "update reservations set expires_at = now() - interval '1 minute' where tenant_id = {tenant} and id = '{id}';
             update redemptions set outcome = jsonb_set(outcome::jsonb, '{{expires_at}}', to_jsonb(to_char(now() at time zone 'utc' - interval '1 minute', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')))::text
                where tenant_id = {tenant} and id = '{id}'",
            tenant = tenant.number,
            id = id.uuid(),
        );
        owner.batch_execute(&past).await.unwrap();
        let one_round = || async {
            let url = node().cluster.service_url.clone().into();
            let db = Db::new(&url, 2, tokio::runtime::Handle::current()).unwrap();
            round(&db, &Catalogs::default(), &mut Done::default())
                .await
                .unwrap();
        };
        tokio::join!(one_round(), one_round(), one_round());
        books::wait_until("the points are back", || async {
            balance(&tenant.api, &member).await == (100, 0)
        })
        .await;
        let path = format!("/v1/members/{member}/balances");
        assert_eq!(tenant.api.get(&path).await.expect(200).json["version"], 3);
        let late = step(&tenant, held["id"].as_str().unwrap(), "release", &json!({})).await;
        assert_eq!(late.expect(409).code(), "invalid_state");
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn of_a_thousand_parallel_reservations_exactly_as_many_succeed_as_there_are_points() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 100).await;
        let apis = [tenant.api.clone(), tenant.api.at(&second().base)];
        for api in &apis {
            let refused = api
                .keyed("/v1/redemptions", &unique(), &reserve(&member, 101))
                .await;
            refused.expect(409);
        }
        let calls: Vec<_> = (0..1_000)
            .map(|number| {
                let (api, body) = (apis[number % 2].clone(), reserve(&member, 1));
                tokio::spawn(
                    async move { until_known(&api, "/v1/redemptions", &unique(), &body).await },
                )
            })
            .collect();
        let mut ids = Vec::new();
        for call in calls {
            let answer = call.await.unwrap();
            if answer.status == 201 {
                ids.push(answer.text("/id"));
            } else {
                assert_eq!(answer.expect(409).code(), "insufficient_points");
            }
        }
        assert_eq!(ids.len(), 100);
        assert_eq!(balance(&tenant.api, &member).await, (0, 100));
        // Each is captured by one node and released by the other at once: one of both wins.
        let mut calls = Vec::new();
        for id in &ids {
            for (api, step) in apis.iter().zip(["capture", "release"]) {
                let (api, path) = (api.clone(), format!("/v1/redemptions/{id}/{step}"));
                calls.push(tokio::spawn(end(api, path)));
            }
        }
        let mut captured = 0;
        let mut ended = 0;
        for call in calls {
            let answer = call.await.unwrap();
            match answer.status {
                200 => {
                    ended += 1;
                    captured += i64::from(answer.json["state"] == "captured");
                }
                _ => assert_eq!(answer.expect(409).code(), "invalid_state"),
            }
        }
        assert_eq!(ended, 100, "each ends once");
        assert_eq!(balance(&tenant.api, &member).await, (100 - captured, 0));
        books::hold(node().cluster, tenant.number).await;
    });
}
