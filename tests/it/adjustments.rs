//! Points given and taken by hand, and the second key that large ones need.

use serde_json::{Value, json};

use crate::books;
use crate::harness::call::Api;
use crate::harness::tenant::{Spec, first_wallet, unique};
use crate::harness::{Answer, TestTenant, block_on, node};

fn adjustment(member: &str, points: i64) -> Value {
    json!({"member": {"id": member}, "wallet": "points", "points": points, "reason": "goodwill"})
}

async fn adjust(api: &Api, body: &Value) -> Answer {
    api.keyed("/v1/adjustments", &unique(), body).await
}

/// Available, pending and owed.
async fn balance(tenant: &TestTenant, member: &str) -> (i64, i64, i64) {
    let wallet = first_wallet(&tenant.api, member).await;
    let points = |field: &str| wallet[field].as_i64().unwrap();
    (points("available"), points("pending"), points("deficit"))
}

#[test]
fn points_are_given_and_taken_with_a_reason_and_shown() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let given = tenant
            .api
            .keyed("/v1/adjustments", "give", &adjustment(&member, 50))
            .await;
        let given = given.expect(201);
        assert!(given.text("/id").starts_with("adj_"));
        assert_eq!(given.json["state"], "applied");
        assert_eq!(given.json["balances"][0]["available"], 50);
        let again = tenant
            .api
            .keyed("/v1/adjustments", "give", &adjustment(&member, 50))
            .await;
        assert_eq!(again.expect(201).body, given.body);
        let other = tenant
            .api
            .keyed("/v1/adjustments", "give", &adjustment(&member, 51))
            .await;
        assert_eq!(other.expect(422).code(), "idempotency_key_reused");
        let read = tenant
            .api
            .get(&format!("/v1/adjustments/{}", given.text("/id")))
            .await;
        assert_eq!(read.expect(200).json, given.json);
        let taken = adjust(&tenant.api, &adjustment(&member, -80))
            .await
            .expect(201);
        assert_eq!(
            [&taken.json["points"], &taken.json["wanted"]],
            [&json!(-80), &json!(-80)]
        );
        assert_eq!(balance(&tenant, &member).await, (0, 0, 30));
        let back = adjust(&tenant.api, &adjustment(&member, 100))
            .await
            .expect(201);
        assert_eq!(balance(&tenant, &member).await, (70, 0, 0));
        let statement = tenant
            .api
            .get(&format!("/v1/members/{member}/transactions"))
            .await;
        let newest = statement.expect(200).json["data"][0].clone();
        assert_eq!(newest["id"], back.json["transaction_id"]);
        assert_eq!(
            json!([
                newest["type"],
                newest["points"],
                newest["reason"],
                newest["purchase_id"],
                newest["redemption_id"]
            ]),
            json!(["adjust", 100, "goodwill", null, null])
        );
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn given_points_wait_and_end_when_it_is_said() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let mut body = adjustment(&member, 50);
        body["activates_at"] = json!("2099-01-01T00:00:00Z");
        body["expires_at"] = json!("2099-06-01T00:00:00+09:00");
        let given = adjust(&tenant.api, &body).await.expect(201);
        assert_eq!(given.json["expires_at"], "2099-05-31T15:00:00Z");
        assert_eq!(balance(&tenant, &member).await, (0, 50, 0));
        let refused = adjust(&tenant.api, &adjustment(&member, -1))
            .await
            .expect(201);
        assert_eq!(
            refused.json["balances"][0]["deficit"], 1,
            "what waits is not touched"
        );
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_shortage_goes_by_the_wallet() {
    block_on(async {
        for (shortage, status, points, expected) in [
            ("negative", 201, -80, (0, 0, 30)),
            ("clamp", 201, -50, (0, 0, 0)),
            ("refuse", 409, 0, (50, 0, 0)),
        ] {
            let tenant = TestTenant::with_program(json!({
                "wallets": [{"code": "points", "on_shortage": shortage}]
            }))
            .await;
            let member = tenant.member().await;
            adjust(&tenant.api, &adjustment(&member, 50))
                .await
                .expect(201);
            let taken = adjust(&tenant.api, &adjustment(&member, -80))
                .await
                .expect(status);
            if status == 201 {
                assert_eq!(taken.json["points"], points, "{shortage}");
                assert_eq!(taken.json["wanted"], -80);
            } else {
                assert_eq!(taken.code(), "insufficient_points");
            }
            assert_eq!(balance(&tenant, &member).await, expected, "{shortage}");
            books::hold(node().cluster, tenant.number).await;
        }
    });
}

#[test]
fn a_large_one_waits_for_another_key() {
    block_on(async {
        let settings = json!({"adjustments": {"two_person_above": 100}});
        let tenant = TestTenant::with(Spec {
            settings,
            ..Spec::default()
        })
        .await;
        let shown = tenant.api.get("/v1/tenant").await.expect(200);
        assert_eq!(shown.json["adjustments"], json!({"two_person_above": 100}));
        let member = tenant.member().await;
        let second = tenant.key(&["points:adjust"]).await;
        adjust(&tenant.api, &adjustment(&member, 100))
            .await
            .expect(201);
        let waits = adjust(&tenant.api, &adjustment(&member, 101))
            .await
            .expect(201);
        assert_eq!(waits.json["state"], "pending_approval");
        assert_eq!(waits.json["transaction_id"], json!(null));
        assert_eq!(balance(&tenant, &member).await, (100, 0, 0));
        let id = waits.text("/id");
        let review = |api: &Api, step: &str| {
            let (api, path) = (api.clone(), format!("/v1/adjustments/{id}/{step}"));
            async move { api.keyed(&path, &unique(), &json!({})).await }
        };
        let own = review(&tenant.api, "approve").await.expect(403);
        assert_eq!(own.code(), "second_person_required");
        // Ten approvals and a rejection at once: one takes effect.
        let mut calls: Vec<_> = (0..10)
            .map(|_| tokio::spawn(review(&second, "approve")))
            .collect();
        calls.push(tokio::spawn(review(&tenant.api, "reject")));
        let mut done = Vec::new();
        for call in calls {
            let answer = call.await.unwrap();
            if answer.status == 200 {
                done.push(answer.json);
            } else {
                assert_eq!(answer.expect(409).code(), "invalid_state");
            }
        }
        assert_eq!(done.len(), 1);
        let read = tenant
            .api
            .get(&format!("/v1/adjustments/{id}"))
            .await
            .expect(200);
        assert_eq!(read.json, done[0]);
        let expected = if done[0]["state"] == "applied" {
            201
        } else {
            100
        };
        assert_eq!(balance(&tenant, &member).await, (expected, 0, 0));
        assert!(done[0]["reviewed_by"].is_string());
        assert_ne!(done[0]["reviewed_by"], json!(null));

        let waits = adjust(&tenant.api, &adjustment(&member, -101))
            .await
            .expect(201);
        let path = format!("/v1/adjustments/{}/approve", waits.text("/id"));
        let approved = second.keyed(&path, "yes", &json!({})).await.expect(200);
        assert_eq!(approved.json["state"], "applied");
        assert_ne!(approved.json["requested_by"], approved.json["reviewed_by"]);
        let again = second.keyed(&path, "yes", &json!({})).await.expect(200);
        assert_eq!(again.body, approved.body);
        let reader = tenant.key(&["members:read"]).await;
        let forbidden = adjust(&reader, &adjustment(&member, 1)).await.expect(403);
        assert_eq!(forbidden.code(), "insufficient_scope");
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn approving_is_moving() {
    block_on(async {
        let tenant = two_persons(10).await;
        let member = tenant.member().await;
        let limits = json!({"max_points_per_call": 50, "max_points_per_day": 70});
        let limited = tenant.restricted(&["points:adjust"], limits).await;
        let stores = json!({"stores": ["shibuya"]});
        let bound = tenant.restricted(&["points:adjust"], stores).await;
        let ask = async |points: i64| {
            let waits = adjust(&tenant.api, &adjustment(&member, points)).await;
            format!("/v1/adjustments/{}", waits.expect(201).text("/id"))
        };
        let say = async |api: &Api, path: &str, what: &str| {
            api.keyed(&format!("{path}/{what}"), &unique(), &json!({}))
                .await
        };
        let (large, fits, second) = (ask(51).await, ask(50).await, ask(-21).await);
        let refused = say(&bound, &fits, "approve").await.expect(403);
        assert_eq!(refused.code(), "not_granted");
        let refused = say(&limited, &large, "approve").await.expect(403);
        assert_eq!(refused.code(), "not_granted");
        say(&limited, &fits, "approve").await.expect(200);
        let refused = say(&limited, &second, "approve").await.expect(409);
        assert_eq!(refused.code(), "limit_reached");
        // Withdrawing harms nobody.
        say(&limited, &large, "reject").await.expect(200);
        assert_eq!(balance(&tenant, &member).await, (50, 0, 0));
    });
}

#[test]
fn a_rotated_key_is_no_second_hand() {
    block_on(async {
        let tenant = two_persons(10).await;
        let member = tenant.member().await;
        let new = json!({"name": "First", "scopes": ["points:adjust"]});
        let made = tenant.api.post("/v1/api-keys", &new).await.expect(201);
        let asker = tenant.api.with_key(&made.text("/secret"));
        let path = format!("/v1/api-keys/{}/rotate", made.text("/id"));
        let next = tenant.api.post(&path, &json!({})).await.expect(201);
        let successor = tenant.api.with_key(&next.text("/secret"));
        for (asks, approves) in [(&asker, &successor), (&successor, &asker)] {
            let waits = adjust(asks, &adjustment(&member, 11)).await.expect(201);
            let path = format!("/v1/adjustments/{}/approve", waits.text("/id"));
            let refused = approves.keyed(&path, &unique(), &json!({})).await;
            assert_eq!(refused.expect(403).code(), "second_person_required");
            let approved = tenant.api.keyed(&path, &unique(), &json!({})).await;
            assert_eq!(approved.expect(200).json["state"], "applied");
        }
    });
}

/// A tenant where more than so many points wait for a second key.
async fn two_persons(above: i64) -> TestTenant {
    let settings = json!({"adjustments": {"two_person_above": above}});
    TestTenant::with(Spec {
        settings,
        ..Spec::default()
    })
    .await
}
