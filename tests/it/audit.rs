//! The audit log: who changed what and what it was before, in a chain that shows what was done to it since.

use std::collections::HashSet;

use api::verify::{Finding, verify};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::call::Api;
use crate::harness::receiver;
use crate::harness::tenant::{Spec, plain_program};
use crate::harness::{TestTenant, block_on, node};

/// Every entry, oldest first.
async fn log(api: &Api) -> Vec<Value> {
    let listed = api.get("/v1/audit-log?limit=200").await.expect(200).json;
    let mut all = listed["data"].as_array().unwrap().clone();
    all.reverse();
    all
}

fn of<'a>(log: &'a [Value], action: &str) -> &'a Value {
    let mut found = log.iter().filter(|entry| entry["action"] == action);
    found
        .next_back()
        .unwrap_or_else(|| panic!("no {action} in {log:?}"))
}

async fn patched(api: &Api, path: &str, change: &Value) {
    let etag = api.get(path).await.expect(200);
    let request = api.request(Method::PATCH, path).json(change);
    let request = request.header("If-Match", etag.header("etag"));
    api.send(request).await.expect(200);
}

#[test]
fn configuration_is_logged_with_what_was_there_before() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let api = &tenant.api;
        patched(api, "/v1/tenant", &json!({"name": "New name"})).await;
        let all = log(api).await;
        assert_eq!(all[0]["action"], "tenant.created");
        assert_eq!(all[0]["actor"], "operator");
        assert_eq!(all[0]["api_key_id"], Value::Null);
        let store = of(&all, "store.created");
        assert_eq!(store["after"]["code"], "shibuya");
        assert!(store["api_key_id"].as_str().unwrap().starts_with("key_"));
        assert_eq!(store["partner"], Value::Null);
        let renamed = of(&all, "tenant.updated");
        assert_eq!(renamed["before"]["name"], "Test");
        assert_eq!(renamed["after"]["name"], "New name");
        assert_eq!(renamed["after"].get("currency"), None, "it did not change");
        let numbers: Vec<i64> = all
            .iter()
            .map(|entry| entry["number"].as_i64().unwrap())
            .collect();
        let expected: Vec<i64> = (1..=i64::try_from(all.len()).unwrap()).collect();
        assert_eq!(numbers, expected);
    });
}

/// Stores, keys and versions.
async fn configure(tenant: &TestTenant) -> String {
    let api = &tenant.api;
    let store = api.get("/v1/stores").await.text("/data/0/id");
    let other = json!({"name": "Other"});
    patched(api, &format!("/v1/stores/{store}"), &other).await;
    let key = json!({"name": "Till", "scopes": ["members:read"]});
    let key = api.post("/v1/api-keys", &key).await.expect(201).text("/id");
    let rotate = format!("/v1/api-keys/{key}/rotate");
    let rotated = api.post(&rotate, &json!({})).await;
    let rotated = rotated.expect(201).text("/id");
    let revoke = format!("/v1/api-keys/{rotated}");
    api.delete(&revoke).await.expect(200);
    api.delete(&revoke).await.expect(200);
    let rollback = json!({"version": 1});
    api.post("/v1/program/rollback", &rollback)
        .await
        .expect(201);
    rotated
}

/// A rank by hand, an endpoint, and what only the operator does.
async fn configure_more(tenant: &TestTenant) {
    let api = &tenant.api;
    let member = tenant.member().await;
    let mut program = plain_program();
    let steps = json!([{"code": "bronze", "from": 0}, {"code": "silver", "from": 1_000}]);
    program["ranks"] = json!([{"code": "main", "steps": steps}]);
    tenant.publish(&program, None).await.expect(201);
    let rank = json!({"code": "silver", "reason": "for Hanako Yamada"});
    let path = format!("/v1/members/{member}/rank");
    api.put(&path, &rank).await.expect(200);
    let endpoint = json!({"url": receiver::url("/ok/audit")});
    let made = api.post("/v1/webhook-endpoints", &endpoint).await;
    let endpoint = format!("/v1/webhook-endpoints/{}", made.expect(201).text("/id"));
    let rotate = format!("{endpoint}/rotate-secret");
    api.post(&rotate, &json!({})).await.expect(200);
    api.delete(&endpoint).await.expect(200);
    for change in ["suspend", "suspend", "resume"] {
        let path = format!("/v1/tenants/{}/{change}", tenant.id);
        node().operator().post(&path, &json!({})).await.expect(200);
    }
    node().server.app.keys.refresh().await.unwrap();
}

#[test]
fn every_kind_of_change_is_logged() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let rotated = configure(&tenant).await;
        configure_more(&tenant).await;
        let all = log(&tenant.api).await;
        let actions = all.iter().map(|entry| entry["action"].as_str().unwrap());
        let actions: Vec<&str> = actions.collect();
        let expected = [
            "tenant.created",
            "store.created",
            "program.draft_saved",
            "program.published",
            "store.updated",
            "api_key.created",
            "api_key.rotated",
            "api_key.revoked",
            "program.rolled_back",
            "program.draft_saved",
            "program.published",
            "rank.set",
            "webhook_endpoint.created",
            "webhook_endpoint.secret_rotated",
            "webhook_endpoint.deleted",
            "tenant.suspended",
            "tenant.resumed",
        ];
        assert_eq!(actions, expected);
        let revoked = of(&all, "api_key.revoked");
        assert_eq!(revoked["subject"], json!(rotated));
        assert_eq!(revoked["before"]["revoked_at"], Value::Null);
        let saved = of(&all, "program.draft_saved");
        assert_eq!(saved["before"], json!({}), "nothing was taken out");
        assert!(saved["after"]["ranks"].is_array());
        let ranked = of(&all, "rank.set");
        let bronze = json!({"ladder": "main", "code": "bronze", "valid_until": null});
        assert_eq!(ranked["before"], bronze, "as spending made it");
        assert_eq!(ranked["after"]["code"], "silver");
        let text = Value::from(all).to_string();
        for secret in ["whsec_", "tmr_live_", "Hanako"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    });
}

#[test]
fn what_is_done_to_a_sandbox_stands_in_its_own_log() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let store = json!({"code": "shibuya", "name": "Shibuya"});
        tenant.sandbox.post("/v1/stores", &store).await.expect(201);
        let copy = "/v1/program/copy-to-sandbox";
        tenant.api.post(copy, &json!({})).await.expect(200);
        let clock = json!({"now": "2030-01-01T00:00:00Z"});
        let set = tenant.sandbox.post("/v1/test-clock", &clock).await;
        set.expect(200);
        let back = json!({"now": "2029-01-01T00:00:00Z"});
        let set = tenant.sandbox.post("/v1/test-clock", &back).await;
        set.expect(409);
        let sandbox = log(&tenant.sandbox).await;
        let clock = of(&sandbox, "test_clock.set");
        assert_eq!(clock["after"]["now"], "2030-01-01T00:00:00Z");
        let copied = of(&sandbox, "program.copied_to_sandbox");
        let live = log(&tenant.api).await;
        assert_eq!(
            copied["api_key_id"],
            of(&live, "store.created")["api_key_id"]
        );
        assert_eq!(live.len(), 4, "nothing of it stands in the other one");
    });
}

#[test]
fn what_was_refused_is_not_logged() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let before = log(&tenant.api).await.len();
        let again = json!({"code": "shibuya", "name": "Shibuya"});
        tenant.api.post("/v1/stores", &again).await.expect(409);
        tenant
            .api
            .put("/v1/program/draft", &json!({}))
            .await
            .expect(428);
        assert_eq!(log(&tenant.api).await.len(), before);
    });
}

#[test]
fn entries_are_found_by_action_and_time_and_read_by_administrators_only() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let found = |query: &str| {
            let path = format!("/v1/audit-log?{query}");
            let api = tenant.api.clone();
            async move {
                let listed = api.get(&path).await.expect(200).json;
                listed["data"].as_array().unwrap().len()
            }
        };
        assert_eq!(found("action=store.created").await, 1);
        assert_eq!(found("action=store.deleted").await, 0);
        assert_eq!(found("to=2020-01-01T00:00:00Z").await, 0);
        assert_eq!(
            found("from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z").await,
            4
        );
        assert_eq!(found("from=2100-01-01T00:00:00Z").await, 0);
        for wrong in ["from=yesterday", "actor=me", "limit=0"] {
            let refused = tenant.api.get(&format!("/v1/audit-log?{wrong}")).await;
            assert_eq!(
                (refused.status, refused.code()),
                (400, "invalid_parameter"),
                "{wrong}"
            );
        }
        let first = tenant.api.get("/v1/audit-log?limit=3").await.expect(200);
        let rest = format!(
            "/v1/audit-log?limit=3&cursor={}",
            first.text("/next_cursor")
        );
        let rest = tenant.api.get(&rest).await.expect(200).json;
        assert_eq!(rest["data"].as_array().unwrap().len(), 1);
        assert_eq!(rest["data"][0]["number"], 1);
        let other = tenant.key(&["webhooks:admin"]).await;
        other.get("/v1/audit-log").await.expect(403);
    });
}

#[test]
fn two_changes_at_once_stand_in_one_chain() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let stores = (0..20).map(|n| {
            let api = tenant.api.clone();
            let store = json!({"code": format!("s{n}"), "name": "S"});
            tokio::spawn(async move { api.post("/v1/stores", &store).await.expect(201) })
        });
        let stores: Vec<_> = stores.collect();
        for store in stores {
            store.await.unwrap();
        }
        let all = log(&tenant.api).await;
        let hashes: HashSet<&str> = all
            .iter()
            .map(|entry| entry["hash"].as_str().unwrap())
            .collect();
        assert_eq!((all.len(), hashes.len()), (24, 24));
        assert_eq!(broken(&tenant).await, None);
    });
}

/// What `tamaru verify` says of the tenant's log.
async fn broken(tenant: &TestTenant) -> Option<String> {
    let url = node().cluster.administrator_url.clone().into();
    let findings: Vec<Finding> = verify(&url).await.unwrap();
    let finding = findings
        .into_iter()
        .find(|finding| finding.invariant == "I30");
    let mut examples = finding.unwrap().examples.into_iter();
    examples
        .find(|(number, _)| *number == tenant.number)
        .map(|(_, what)| what)
}

#[test]
fn what_somebody_did_to_the_log_is_named() {
    block_on(async {
        let owner = node().cluster.owner().await;
        let tamperings = [
            (
                "update audit_log set after = '{\"code\":\"ginza\"}' where number = 2 and tenant_id = {}",
                "entry 2 of the audit log was changed",
            ),
            (
                "update audit_log set actor = 'operator', api_key = null where number = 3 and tenant_id = {}",
                "entry 3 of the audit log was changed",
            ),
            (
                "update audit_log set recorded_at = recorded_at - interval '1 microsecond' where number = 1 and tenant_id = {}",
                "entry 1 of the audit log was changed",
            ),
            (
                "delete from audit_log where number = 2 and tenant_id = {}",
                "entry 2 of the audit log is gone",
            ),
            (
                "delete from audit_log where number = 4 and tenant_id = {}",
                "the audit log ends with entry 3 instead of 4",
            ),
            (
                "update audit_log set number = 5 where number = 4 and tenant_id = {}",
                "entry 4 of the audit log is gone",
            ),
        ];
        for (tampering, named) in tamperings {
            let tenant = TestTenant::new().await;
            assert_eq!(log(&tenant.api).await.len(), 4);
            assert_eq!(broken(&tenant).await, None);
            // Taken back after the look, for those who prove every tenant's books meanwhile.
            let keep = format!(
                "create temporary table kept as select * from audit_log where tenant_id = {}",
                tenant.number
            );
            owner.batch_execute(&keep).await.unwrap();
            let tampering = tampering.replace("{}", &tenant.number.to_string());
            owner.batch_execute(&tampering).await.unwrap();
            assert_eq!(broken(&tenant).await.as_deref(), Some(named), "{tampering}");
            let back = format!(
                "delete from audit_log where tenant_id = {}; insert into audit_log select * from kept; drop table kept",
                tenant.number
            );
            owner.batch_execute(&back).await.unwrap();
        }
    });
}

#[test]
fn corrections_by_hand_are_logged_with_who_said_what() {
    block_on(async {
        let settings = json!({"adjustments": {"two_person_above": 10}});
        let tenant = TestTenant::with(Spec {
            settings,
            ..Spec::default()
        })
        .await;
        let member = tenant.member().await;
        let second = tenant.key(&["points:adjust"]).await;
        let adjust = async |points: i64, key: &str| {
            let body = json!({"member": {"id": member}, "wallet": "points", "points": points, "reason": "canary"});
            let made = tenant.api.keyed("/v1/adjustments", key, &body).await;
            made.expect(201).text("/id")
        };
        let small = adjust(10, "small").await;
        assert_eq!(adjust(10, "small").await, small, "a repeat");
        let all = log(&tenant.api).await;
        let created = of(&all, "adjustment.created");
        assert_eq!(created["subject"], json!(small));
        assert_eq!(created["before"], Value::Null);
        assert_eq!(created["after"]["state"], "applied");
        assert_eq!(created["after"]["points"], 10);
        assert_eq!(created["after"]["member_id"], json!(member));
        for (what, action, state) in [
            ("approve", "adjustment.approved", "applied"),
            ("reject", "adjustment.rejected", "rejected"),
        ] {
            let id = adjust(11, what).await;
            let path = format!("/v1/adjustments/{id}/{what}");
            let said = second.keyed(&path, state, &json!({})).await.expect(200);
            let all = log(&tenant.api).await;
            let created = of(&all, "adjustment.created");
            assert_eq!(created["after"]["state"], "pending_approval");
            let entry = of(&all, action);
            assert_eq!(entry["subject"], json!(id));
            assert_eq!(entry["before"]["state"], "pending_approval");
            assert_eq!(entry["after"]["state"], state);
            assert_eq!(entry["after"]["reviewed_by"], said.json["reviewed_by"]);
            assert_eq!(entry["api_key_id"], said.json["reviewed_by"]);
        }
        let all = log(&tenant.api).await;
        let told = all
            .iter()
            .filter(|entry| entry["action"] == "adjustment.created");
        assert_eq!(told.count(), 3);
        assert!(!json!(all).to_string().contains("canary"));
    });
}
