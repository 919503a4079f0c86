//! What keys may not although their scopes allow it, and how soon a change of a key counts everywhere.

mod changes;
mod guessing;
mod lifetimes;
mod points;
mod stores;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::call::Api;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{Answer, Node, TestTenant, block_on, node};

const TILL: [&str; 4] = [
    "purchases:write",
    "purchases:read",
    "redemptions:write",
    "members:read",
];

async fn two_stores() -> (TestTenant, String) {
    let tenant = TestTenant::with(Spec {
        stores: vec!["shibuya", "ginza"],
        ..Spec::default()
    })
    .await;
    let member = tenant.member().await;
    tenant.grant(&member, 1_000).await;
    (tenant, member)
}

#[track_caller]
fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.code()), (403, code), "{answer}");
}

#[test]
fn a_key_for_a_store_records_for_no_other() {
    block_on(async {
        let (tenant, member) = two_stores().await;
        let till = tenant.restricted(&TILL, json!({"stores": ["ginza"]})).await;
        let mut own = tenant.receipt(&member, "1", 500);
        own["store"] = json!("ginza");
        let other = tenant.receipt(&member, "2", 500);
        for path in ["/v1/quotes", "/v1/purchases"] {
            refused(&till.keyed(path, &unique(), &other).await, "not_granted");
            let answer = till.keyed(path, &unique(), &own).await;
            assert!([200, 201].contains(&answer.status), "{answer}");
        }
        let mut third = own.clone();
        third["receipt_number"] = json!("3");
        let batch = json!({"purchases": [other, third]});
        let answer = till.keyed("/v1/purchases/batch", &unique(), &batch).await;
        let results = answer.expect(200).json["results"].clone();
        assert_eq!(results[0]["problem"]["code"], "not_granted", "{results}");
        assert_eq!(
            results[1]["status"], 201,
            "one does not hinder the other: {results}"
        );
    });
}

#[test]
fn a_key_for_a_store_reads_and_reports_of_no_other() {
    block_on(async {
        let (tenant, member) = two_stores().await;
        let till = tenant.restricted(&TILL, json!({"stores": ["ginza"]})).await;
        let other = tenant
            .buy(&tenant.receipt(&member, "1", 500))
            .await
            .expect(201);
        let mut receipt = tenant.receipt(&member, "2", 500);
        receipt["store"] = json!("ginza");
        let own = till
            .keyed("/v1/purchases", &unique(), &receipt)
            .await
            .expect(201);
        let path = |answer: &Answer| format!("/v1/purchases/{}", answer.text("/id"));
        till.get(&path(&own)).await.expect(200);
        refused(&till.get(&path(&other)).await, "not_granted");
        let event = json!({"event": "delivered"});
        let events = |answer: &Answer| format!("{}/events", path(answer));
        till.keyed(&events(&own), &unique(), &event)
            .await
            .expect(200);
        let answer = till.keyed(&events(&other), &unique(), &event).await;
        refused(&answer, "not_granted");
        refused(&till.get("/v1/purchases").await, "not_granted");
        refused(
            &till.get("/v1/purchases?store=shibuya").await,
            "not_granted",
        );
        let listed = till.get("/v1/purchases?store=ginza").await.expect(200);
        assert_eq!(listed.json["data"].as_array().unwrap().len(), 1, "{listed}");
        // What belongs to no store is open to it.
        till.get(&format!("/v1/members/{member}/balances"))
            .await
            .expect(200);
        till.get("/v1/stores").await.expect(200);
    });
}

#[test]
fn a_redemption_names_the_store_of_such_a_key() {
    block_on(async {
        let (tenant, member) = two_stores().await;
        let till = tenant.restricted(&TILL, json!({"stores": ["ginza"]})).await;
        let spend = |store: Value| {
            let mut body = json!({"member": {"id": member}, "wallet": "points", "points": 5, "mode": "capture"});
            if !store.is_null() {
                body["store"] = store;
            }
            body
        };
        let send = async |api: &Api, store: Value| {
            api.keyed("/v1/redemptions", &unique(), &spend(store)).await
        };
        refused(&send(&till, Value::Null).await, "not_granted");
        refused(&send(&till, json!("shibuya")).await, "not_granted");
        send(&till, json!("ginza")).await.expect(201);
        send(&tenant.api, Value::Null).await.expect(201);
        let unknown = send(&tenant.api, json!("nowhere")).await.expect(422);
        assert_eq!(unknown.code(), "unknown_store");
        assert_eq!(
            unknown.faults(),
            [("/store".to_owned(), "unknown_store".to_owned())]
        );
        assert_eq!(tenant.available(&member).await, 990);
    });
}

/// A scope, further fields, and the fault that they make.
const ODD_KEYS: [(&str, &str, &str, &str); 11] = [
    (
        "purchases:write",
        r#"{"stores": ["nowhere"]}"#,
        "/stores/0",
        "unknown_store",
    ),
    ("purchases:write", r#"{"stores": []}"#, "/stores", "empty"),
    (
        "purchases:write",
        r#"{"stores": ["ginza", "ginza"]}"#,
        "/stores",
        "duplicate",
    ),
    (
        "tenant:admin",
        r#"{"stores": ["ginza"]}"#,
        "/stores",
        "invalid_value",
    ),
    (
        "keys:admin",
        r#"{"max_points_per_day": 1}"#,
        "/max_points_per_day",
        "invalid_value",
    ),
    (
        "purchases:write",
        r#"{"addresses": ["10.0.0.0/33"]}"#,
        "/addresses/0",
        "invalid_value",
    ),
    (
        "purchases:write",
        r#"{"addresses": "10.0.0.1"}"#,
        "/addresses",
        "invalid_type",
    ),
    (
        "purchases:write",
        r#"{"max_points_per_call": -1}"#,
        "/max_points_per_call",
        "out_of_range",
    ),
    (
        "purchases:write",
        r#"{"max_points_per_call": "1"}"#,
        "/max_points_per_call",
        "invalid_type",
    ),
    (
        "purchases:write",
        r#"{"requests_per_second": 0}"#,
        "/requests_per_second",
        "out_of_range",
    ),
    (
        "purchases:write",
        r#"{"expires_at": "2020-01-01T00:00:00Z"}"#,
        "/expires_at",
        "out_of_range",
    ),
];

#[test]
fn restrictions_that_make_no_sense_are_refused() {
    block_on(async {
        let (tenant, _) = two_stores().await;
        for (scope, fields, pointer, code) in ODD_KEYS {
            let mut key: Value = serde_json::from_str(fields).unwrap();
            key["name"] = json!("Odd");
            key["scopes"] = json!([scope]);
            let answer = tenant.api.post("/v1/api-keys", &key).await.expect(422);
            let expected = (pointer.to_owned(), code.to_owned());
            assert!(answer.faults().contains(&expected), "{fields}: {answer}");
        }
    });
}

#[test]
fn a_key_hands_on_what_it_has_and_shows_it() {
    block_on(async {
        let (tenant, _) = two_stores().await;
        let own = json!({"addresses": ["127.0.0.0/8", "203.0.113.7"]});
        let admin = tenant
            .restricted(&["keys:admin", "members:read"], own)
            .await;
        let make = async |fields: Value| {
            let mut key = json!({"name": "Child", "scopes": ["members:read"]});
            for (name, value) in fields.as_object().unwrap() {
                key[name] = value.clone();
            }
            admin.post("/v1/api-keys", &key).await
        };
        let open = make(json!({})).await.expect(201);
        assert_eq!(
            open.json["addresses"],
            json!(["127.0.0.0/8", "203.0.113.7"]),
            "taken over"
        );
        let narrow = make(json!({"addresses": ["127.0.0.1"], "max_points_per_call": 7}))
            .await
            .expect(201);
        assert_eq!(narrow.json["addresses"], json!(["127.0.0.1"]));
        refused(
            &make(json!({"addresses": ["0.0.0.0/0"]})).await,
            "not_granted",
        );
        let path = format!("/v1/api-keys/{}/rotate", narrow.text("/id"));
        let heir = tenant.api.post(&path, &json!({})).await.expect(201);
        for field in [
            "addresses",
            "stores",
            "max_points_per_call",
            "max_points_per_day",
            "scopes",
        ] {
            assert_eq!(heir.json[field], narrow.json[field], "{field}");
        }
        let listed = tenant.api.get("/v1/api-keys").await.expect(200);
        let listed = listed.json["data"].as_array().unwrap().clone();
        let found = listed
            .iter()
            .find(|key| key["id"] == heir.json["id"])
            .unwrap();
        assert_eq!(found["max_points_per_call"], 7);
    });
}

/// Reads the own tenant with a header that claims to come from `client`.
async fn from(api: &Api, client: &str) -> Answer {
    let request = api.request(Method::GET, "/v1/tenant");
    api.send(request.header("X-Forwarded-For", client)).await
}

#[test]
fn an_address_counts_only_if_a_trusted_proxy_says_so() {
    block_on(async {
        let (tenant, _) = two_stores().await;
        let far = json!({"addresses": ["203.0.113.0/24"]});
        let far = tenant.restricted(&["members:read"], far).await;
        let near = json!({"addresses": ["127.0.0.1"]});
        let near = tenant.restricted(&["members:read"], near).await;
        // Nobody is trusted here: the header is only what the caller says.
        near.get("/v1/tenant").await.expect(200);
        from(&near, "198.51.100.1").await.expect(200);
        refused(&from(&far, "203.0.113.9").await, "address_not_allowed");
        let mut config = node().cluster.config();
        config.trusted_proxies = vec![api::config::address_range("127.0.0.1").unwrap()];
        let behind = Node::with(node().cluster, config).await;
        let far = far.at(&behind.base);
        from(&far, "203.0.113.9").await.expect(200);
        from(&far, "192.0.2.1, 203.0.113.9").await.expect(200);
        for client in ["198.51.100.1", "203.0.113.9, 198.51.100.1", "unknown", ""] {
            refused(&from(&far, client).await, "address_not_allowed");
        }
        refused(&far.get("/v1/tenant").await, "address_not_allowed");
        // A token is worth no more than its key.
        let answer = crate::tokens::ask(&far, &[]).await;
        refused(&answer, "address_not_allowed");
        behind.server.stop().await;
    });
}
