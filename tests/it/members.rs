//! Members over HTTP: enrolled once, and changed by those who have read them.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::call::Answer;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on};

pub(crate) async fn enrol(tenant: &TestTenant, body: &Value) -> Answer {
    tenant.api.post("/v1/members", body).await
}

fn faults(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 422, "{answer}");
    answer.faults()
}

fn fault(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

/// Everything that may be said of a member, but who brought it.
pub(crate) fn full() -> Value {
    json!({
        "external_id": "customer-4711",
        "cards": ["2900-000-12345", "A9"],
        "phones": ["090-1234-5678", "+49 151 23456789"],
        "emails": ["hanako@Example.com"],
        "family_name": "山田", "given_name": "花子", "family_name_kana": "ヤマダ", "given_name_kana": "ハナコ",
        "birth_date": "1990-02-28", "gender": "female",
        "email": "hanako@example.com", "phone": "03-1234-5678",
        "postal_code": "150-0001", "address": "東京都渋谷区神宮前1-2-3",
        "attributes": {"club": "baby"}, "consents": {"newsletter": true},
        "store": "shibuya", "enrolled_at": "2026-01-02T03:04:05+09:00"
    })
}

#[test]
fn everything_that_was_said_comes_back() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let friend = enrol(&tenant, &json!({})).await.expect(201).text("/id");
        let mut said = full();
        said["referred_by"] = json!(friend);
        let enrolled = enrol(&tenant, &said).await.expect(201);
        let id = enrolled.text("/id");
        assert_eq!(enrolled.header("location"), format!("/v1/members/{id}"));
        assert_eq!(enrolled.header("etag"), "\"1\"");
        let mut expected = said;
        expected["enrolled_at"] = json!("2026-01-01T18:04:05Z");
        expected["id"] = json!(id);
        expected["status"] = json!("active");
        expected["version"] = json!(0);
        assert_eq!(enrolled.json, expected);
        let read = tenant
            .api
            .get(&format!("/v1/members/{id}"))
            .await
            .expect(200);
        assert_eq!(read.header("etag"), "\"1\"");
        assert_eq!(read.json, expected);
    });
}

#[test]
fn nothing_has_to_be_said() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = enrol(&tenant, &json!({})).await.expect(201);
        assert_eq!(member.json["version"], 0);
        assert_eq!(member.json["cards"], json!([]));
        assert!(member.json["enrolled_at"].is_string() && member.json["family_name"].is_null());
    });
}

#[test]
fn one_key_enrols_one_member() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let key = unique();
        let body = json!({"cards": ["7"], "given_name": "花子"});
        let answers = join_all((0..10).map(|_| tenant.api.keyed("/v1/members", &key, &body))).await;
        for answer in &answers {
            assert_eq!(
                (answer.status, &answer.body),
                (201, &answers[0].body),
                "{answer}"
            );
        }
        let replays = answers
            .iter()
            .filter(|answer| answer.header("idempotent-replayed") == "true");
        assert_eq!(replays.count(), 9);
        let id = answers[0].text("/id");
        tenant
            .api
            .patch(&format!("/v1/members/{id}"), &json!({"given_name": "華子"}))
            .await
            .expect(200);
        let again = tenant
            .api
            .keyed("/v1/members", &key, &body)
            .await
            .expect(201);
        assert_eq!(again.body, answers[0].body);
        let other = tenant
            .api
            .keyed("/v1/members", &key, &json!({"cards": ["8"]}))
            .await
            .expect(422);
        assert_eq!(other.code(), "idempotency_key_reused");
        let purchase = tenant.receipt(&id, "1", 100);
        let elsewhere = tenant
            .api
            .keyed("/v1/purchases", &key, &purchase)
            .await
            .expect(422);
        assert_eq!(elsewhere.code(), "idempotency_key_reused");
        tenant
            .api
            .keyed("/v1/members", "with space", &body)
            .await
            .expect(422);
    });
}

#[test]
fn wrong_fields_are_named_by_their_pointers() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let tenant = &tenant;
        let refused = |body: Value| async move { faults(&enrol(tenant, &body).await) };
        assert_eq!(
            refused(json!({"tenant_id": 1})).await,
            fault("/tenant_id", "unknown_field")
        );
        assert_eq!(
            refused(json!({"store": "ginza"})).await,
            fault("/store", "unknown_store")
        );
        let nobody = "mem_01k3z8q4v5e7r9t2y4a6b8c0d1";
        assert_eq!(
            refused(json!({"referred_by": nobody})).await,
            fault("/referred_by", "unknown_reference")
        );
        assert_eq!(
            refused(json!({"cards": ["1", "1"]})).await,
            fault("/cards/1", "duplicate")
        );
        assert_eq!(
            refused(json!({"enrolled_at": "2199-01-01T00:00:00Z"})).await,
            fault("/enrolled_at", "out_of_range")
        );
        assert_eq!(
            refused(json!({"given_name": "a\u{202E}b", "birth_date": "1899-12-31"})).await,
            [
                fault("/given_name", "control_character"),
                fault("/birth_date", "out_of_range")
            ]
            .concat()
        );
    });
}

#[test]
fn a_change_replaces_what_it_names() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let id = enrol(&tenant, &full()).await.expect(201).text("/id");
        let path = format!("/v1/members/{id}");
        let patch = json!({"cards": ["A9", "B1"], "phone": null, "attributes": {"club": null, "size": "m"}});
        let changed = tenant.api.patch(&path, &patch).await.expect(200);
        assert_eq!(changed.header("etag"), "\"2\"");
        assert_eq!(changed.json["cards"], json!(["A9", "B1"]));
        assert_eq!(changed.json["attributes"], json!({"size": "m"}));
        assert_eq!(changed.json["family_name"], "山田");
        let read = tenant.api.get(&path).await.expect(200);
        assert_eq!(read.json, changed.json);
        let finds = |member: Value| {
            let body = json!({"member": member});
            let api = tenant.api.clone();
            async move { api.post("/v1/members/lookup", &body).await.status }
        };
        assert_eq!(finds(json!({"card": "B1"})).await, 200);
        assert_eq!(finds(json!({"card": "290000012345"})).await, 422);
        assert_eq!(finds(json!({"phone": "0312345678"})).await, 422);
        assert_eq!(finds(json!({"phone": "09012345678"})).await, 200);
        let same = tenant.api.patch(&path, &patch).await.expect(200);
        assert_eq!(same.header("etag"), "\"2\"");
        enrol(&tenant, &json!({"cards": ["C1"]})).await.expect(201);
        let taken = tenant
            .api
            .patch(&path, &json!({"cards": ["C1"]}))
            .await
            .expect(409);
        assert_eq!(taken.code(), "identifier_taken");
        assert_eq!(tenant.api.get(&path).await.expect(200).json, changed.json);
    });
}

#[test]
fn a_change_of_what_was_not_read_is_refused() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let id = enrol(&tenant, &json!({})).await.expect(201).text("/id");
        let path = format!("/v1/members/{id}");
        let patch = |tag: &'static str, name: &'static str| {
            let request = tenant
                .api
                .request(Method::PATCH, &path)
                .header("If-Match", tag);
            tenant.api.send(request.json(&json!({"given_name": name})))
        };
        patch("\"1\"", "a").await.expect(200);
        assert_eq!(
            patch("\"1\"", "b").await.expect(412).code(),
            "version_conflict"
        );
        assert_eq!(
            patch("1", "b").await.expect(400).code(),
            "invalid_parameter"
        );
        patch("*", "c").await.expect(200);
        assert_eq!(
            faults(&tenant.api.patch(&path, &json!({"id": null})).await),
            fault("/id", "unknown_field")
        );
        let unknown = "/v1/members/mem_01k3z8q4v5e7r9t2y4a6b8c0d1";
        tenant.api.patch(unknown, &json!({})).await.expect(404);
        let put = tenant.api.put(&path, &json!({})).await.expect(405);
        assert!(put.header("allow").contains("PATCH"), "{:?}", put.headers);
    });
}
