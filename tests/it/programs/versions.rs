//! Going back, comparing versions, and programs between a live tenant and its sandbox.

use reqwest::Method;
use serde_json::{Value, json};

use super::{bare, worth};
use crate::harness::tenant::{plain_program, unique};
use crate::harness::{Answer, TestTenant, block_on};

#[test]
fn an_older_version_comes_back_as_a_new_one() {
    block_on(async {
        let tenant = bare().await;
        for points in [1, 2] {
            tenant.publish(&worth(points), None).await.expect(201);
        }
        let draft = tenant.api.get("/v1/program/draft").await.expect(200);
        let back = json!({"version": 1});
        let rolled = tenant.api.post("/v1/program/rollback", &back).await;
        let rolled = rolled.expect(201);
        assert_eq!(rolled.json["version"], 3);
        assert_eq!(rolled.json["document"], worth(1));
        assert_eq!(rolled.json["warnings"], json!([]));
        assert_eq!(rolled.header("location"), "/v1/program/versions/3");
        let in_force = tenant.api.get("/v1/program").await.expect(200);
        assert_eq!(in_force.json["document"], worth(1));
        let kept = tenant.api.get("/v1/program/draft").await.expect(200);
        assert_eq!(kept.json, draft.json);
        for (body, pointer, code) in [
            (json!({"version": 9}), "/version", "unknown_reference"),
            (json!({"version": 0}), "/version", "unknown_reference"),
            (json!({}), "/version", "required"),
            (json!({"version": "1"}), "/version", "invalid_type"),
        ] {
            let refused = tenant.api.post("/v1/program/rollback", &body).await;
            let faults = refused.expect(422).faults();
            assert_eq!(faults, [(pointer.to_owned(), code.to_owned())], "{body}");
        }
        let later = json!({"version": 2, "effective_from": "2199-01-01T00:00:00Z"});
        tenant
            .api
            .post("/v1/program/rollback", &later)
            .await
            .expect(201);
        let in_force = tenant.api.get("/v1/program").await.expect(200);
        assert_eq!(in_force.json["version"], 3);
    });
}

#[test]
fn versions_are_compared_in_the_words_of_the_caller() {
    block_on(async {
        let tenant = bare().await;
        for points in [1, 2] {
            tenant.publish(&worth(points), None).await.expect(201);
        }
        let path = "/v1/program/versions/1/diff/2";
        let english = tenant.api.get(path).await.expect(200);
        assert_eq!(english.header("content-language"), "en");
        let change = &english.json["changes"][0];
        assert_eq!(english.json["changes"].as_array().unwrap().len(), 1);
        assert_eq!(change["kind"], "changed");
        assert_eq!(change["pointer"], "/earn_rules/0/award");
        assert_eq!(change["before"], worth(1)["earn_rules"][0]["award"]);
        assert_eq!(change["after"], worth(2)["earn_rules"][0]["award"]);
        assert_eq!(
            english.text("/changes/0/detail"),
            "Earn rule “base”: award changed from “1 point per ¥100” to “2 points per ¥100”"
        );
        let request = tenant.api.request(Method::GET, path);
        let request = request.header("Accept-Language", "ja");
        let japanese = tenant.api.send(request).await.expect(200);
        assert_eq!(japanese.header("content-language"), "ja");
        assert_eq!(
            japanese.text("/changes/0/detail"),
            "付与ルール「base」: 付与を「100円ごとに1ポイント」から「100円ごとに2ポイント」に変更"
        );
        let same = tenant.api.get("/v1/program/versions/1/diff/1").await;
        assert_eq!(same.expect(200).json["changes"], json!([]));
        for missing in ["1/diff/3", "3/diff/1", "0/diff/1", "01/diff/1", "x/diff/1"] {
            let path = format!("/v1/program/versions/{missing}");
            tenant.api.get(&path).await.expect(404);
        }
    });
}

#[test]
fn programs_go_to_the_sandbox_and_come_back_as_drafts() {
    block_on(async {
        let tenant = bare().await;
        let nothing = json!({});
        let copy = "/v1/program/copy-to-sandbox";
        let promote = "/v1/program/promote-from-sandbox";
        for path in [copy, promote] {
            let early = tenant.api.post(path, &nothing).await.expect(409);
            assert_eq!(early.code(), "invalid_state");
            let inside = tenant.sandbox.post(path, &nothing).await.expect(403);
            assert_eq!(inside.code(), "insufficient_scope");
        }
        tenant.publish(&worth(1), None).await.expect(201);
        tenant.api.post(copy, &nothing).await.expect(200);
        let draft = tenant.sandbox.get("/v1/program/draft").await.expect(200);
        assert_eq!(draft.json, worth(1));
        tenant.sandbox.get("/v1/program").await.expect(404);
        // Tried and changed there, it comes back to be looked at, not in force.
        let save = tenant.sandbox.request(Method::PUT, "/v1/program/draft");
        let save = save
            .header("If-Match", draft.header("etag"))
            .json(&worth(7));
        tenant.sandbox.send(save).await.expect(200);
        tenant
            .sandbox
            .post("/v1/program/publish", &nothing)
            .await
            .expect(201);
        let stale = tenant.api.request(Method::POST, promote);
        let stale = stale.header("If-Match", "\"99\"");
        tenant.api.send(stale).await.expect(412);
        let unread = tenant.api.post(promote, &nothing).await.expect(428);
        assert_eq!(unread.code(), "precondition_required");
        let unread = tenant.api.post(copy, &nothing).await.expect(428);
        assert_eq!(unread.code(), "precondition_required");
        let live = tenant.api.get("/v1/program/draft").await.expect(200);
        let promoted = tenant.api.request(Method::POST, promote);
        let promoted = promoted.header("If-Match", live.header("etag"));
        let promoted = tenant.api.send(promoted).await.expect(200);
        assert_eq!(promoted.json["document"], worth(7));
        let live = tenant.api.get("/v1/program/draft").await.expect(200);
        assert_eq!(live.json, worth(7));
        assert_eq!(live.header("etag"), promoted.header("etag"));
        let in_force = tenant.api.get("/v1/program").await.expect(200);
        assert_eq!(in_force.json["document"], worth(1));
    });
}

#[test]
fn a_sandbox_without_the_stores_says_so() {
    block_on(async {
        let mut program = plain_program();
        program["earn_rules"][0]["when"] = json!({"stores": ["shibuya"]});
        let tenant = TestTenant::with_program(program).await;
        let copy = "/v1/program/copy-to-sandbox";
        let refused = tenant.api.post(copy, &json!({})).await.expect(422);
        let expected = (
            "/earn_rules/0/when/stores/0".to_owned(),
            "unknown_store".to_owned(),
        );
        assert_eq!(refused.faults(), [expected]);
        let store = json!({"code": "shibuya", "name": "Shibuya"});
        tenant.sandbox.post("/v1/stores", &store).await.expect(201);
        tenant.api.post(copy, &json!({})).await.expect(200);
    });
}

#[test]
fn dropping_a_wallet_with_points_is_warned_of() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let without = json!({"wallets": [{"code": "stamps"}]});
        let unused = tenant.save(&without).await.expect(200);
        assert_eq!(unused.json["warnings"], json!([]));
        let member = tenant.member().await;
        tenant.grant(&member, 5).await;
        let saved = tenant.save(&without).await.expect(200);
        assert_eq!(saved.text("/warnings/0/code"), "wallet_dropped");
        assert_eq!(saved.text("/warnings/0/pointer"), "/wallets");
        let published = tenant.api.post("/v1/program/publish", &json!({})).await;
        assert_eq!(
            published.expect(201).text("/warnings/0/code"),
            "wallet_dropped"
        );
        // The points stay redeemable under the wallet's last settings.
        let redeem = json!({"member": {"id": member}, "wallet": "points", "points": 5,
            "mode": "capture"});
        let redeemed = tenant
            .api
            .keyed("/v1/redemptions", &unique(), &redeem)
            .await;
        redeemed.expect(201);
    });
}

#[test]
fn an_offline_till_is_judged_by_the_versions_of_its_receipts() {
    block_on(async {
        let tenant = bare().await;
        for (points, from) in [(1, "2020-01-01T00:00:00Z"), (2, "2026-11-20T03:00:00Z")] {
            tenant.publish(&worth(points), Some(from)).await.expect(201);
        }
        let member = tenant.member().await;
        let times = [
            "2026-11-20T03:00:00Z",
            "2026-11-20T02:59:59Z",
            "2026-11-21T03:00:00Z",
        ];
        let receipts = times.map(|at| {
            let mut receipt = tenant.receipt(&member, at, 1_000);
            receipt["occurred_at"] = json!(at);
            receipt
        });
        let batch = json!({"purchases": receipts});
        let answer = tenant
            .api
            .keyed("/v1/purchases/batch", &unique(), &batch)
            .await;
        let answer = answer.expect(200);
        for (index, (version, points)) in [(2, 20), (1, 10), (2, 20)].into_iter().enumerate() {
            let purchase = &answer.json["results"][index]["purchase"];
            assert_eq!(purchase["program_version"], version, "{answer}");
            assert_eq!(purchase["earned"][0]["points"], points, "{answer}");
        }
    });
}

#[test]
fn of_publications_for_one_instant_one_counts() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let publish = async |body: &Value| tenant.api.post("/v1/program/publish", body).await;
        for body in [json!({"effective_from": "2030-01-01T00:00:00Z"}), json!({})] {
            let all = futures_util::future::join_all((0..6).map(|_| publish(&body))).await;
            let versions = all.iter().map(|answer| &answer.json["version"]);
            let mut versions: Vec<i64> = versions.filter_map(Value::as_i64).collect();
            versions.dedup();
            let made = all.iter().filter(|answer| answer.status == 201).count();
            assert_eq!(versions.len(), made, "{all:?}");
            assert!(made >= 1, "{all:?}");
            let is_expected =
                |answer: &&Answer| answer.status == 201 || answer.code() == "invalid_state";
            assert_eq!(all.iter().filter(is_expected).count(), 6, "{all:?}");
            if body != json!({}) {
                assert_eq!(made, 1, "{all:?}");
            }
        }
        let again = publish(&json!({"effective_from": "2030-01-01T00:00:00Z"})).await;
        assert_eq!((again.status, again.code()), (409, "invalid_state"));
    });
}
