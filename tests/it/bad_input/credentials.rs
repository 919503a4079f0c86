//! Credentials that are missing, mistyped, stolen or too weak.

use reqwest::Method;
use serde_json::json;

use crate::harness::tenant::Spec;
use crate::harness::{TestTenant, block_on, node};

#[test]
fn every_wrong_credential_gets_the_same_answer() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let key = tenant.api.key.clone();
        let typo = format!("{}0", &key[..key.len() - 1]);
        let typo = if typo == key {
            format!("{}1", &key[..key.len() - 1])
        } else {
            typo
        };
        let other = TestTenant::new().await.api.key;
        let id_end = key.rfind('_').unwrap();
        let mixed = format!("{}{}", &key[..id_end], &other[other.rfind('_').unwrap()..]);
        let bare = node().nobody();
        let expected = bare
            .get("/v1/tenant")
            .await
            .expect(401)
            .without_request_id();
        let mut values: Vec<String> = [
            "Basic YTpi",
            "Bearer",
            "Bearer ",
            "Bearer x",
            "Bearer tmr_live_",
            "tmr_live_x",
        ]
        .map(str::to_owned)
        .into();
        values.push(format!("Bearer {typo}"));
        values.push(format!("Bearer {mixed}"));
        values.push(format!("Bearer {key} x"));
        values.push(format!("Bearer {}", "a".repeat(4_000)));
        values.push(format!(
            "Bearer {}",
            key.replacen("tmr_live_", "tmr_test_", 1)
        ));
        values.push(format!("Basic {key}"));
        for value in values {
            let request = bare
                .request(Method::GET, "/v1/tenant")
                .header("Authorization", &value);
            let answer = bare.send(request).await;
            assert_eq!(
                (answer.status, answer.code()),
                (401, "invalid_credentials"),
                "{value}: {answer}"
            );
            assert_eq!(answer.without_request_id(), expected, "{value}");
            assert!(!answer.header("www-authenticate").is_empty(), "{value}");
        }
        let in_query = bare.get(&format!("/v1/stores?api_key={key}")).await;
        assert!([400, 401].contains(&in_query.status), "{in_query}");
        let lower = bare
            .request(Method::GET, "/v1/tenant")
            .header("Authorization", format!("bearer {key}"));
        bare.send(lower).await.expect(200);
        let twice = tenant
            .api
            .request(Method::GET, "/v1/tenant")
            .header("Authorization", "Bearer x");
        tenant.api.send(twice).await.expect(400);
    });
}

#[test]
fn a_revoked_key_is_refused_within_a_second() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let key = json!({"name": "Till", "scopes": ["purchases:read"]});
        let made = tenant.api.post("/v1/api-keys", &key).await.expect(201);
        let till = tenant.api.with_key(&made.text("/secret"));
        till.get("/v1/purchases").await.expect(200);
        tenant
            .api
            .delete(&format!("/v1/api-keys/{}", made.text("/id")))
            .await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let answer = till.get("/v1/purchases").await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "invalid_credentials"),
            "{answer}"
        );
        // The others of the tenant go on.
        tenant.api.get("/v1/purchases").await.expect(200);
    });
}

#[test]
fn a_suspended_tenant_is_told_so_within_a_second_and_comes_back() {
    block_on(async {
        let tenant = TestTenant::new().await;
        tenant.api.get("/v1/tenant").await.expect(200);
        let path = |what: &str| format!("/v1/tenants/{}/{what}", tenant.id);
        let operator = node().operator();
        operator
            .post(&path("suspend"), &json!({}))
            .await
            .expect(200);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let answer = tenant.api.get("/v1/tenant").await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "tenant_suspended"),
            "{answer}"
        );
        let key = tenant.receipt(&tenant.number.to_string(), "1", 100);
        let answer = tenant.api.keyed("/v1/purchases", "suspended", &key).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "tenant_suspended"),
            "{answer}"
        );
        operator.post(&path("resume"), &json!({})).await.expect(200);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        tenant.api.get("/v1/tenant").await.expect(200);
    });
}

#[test]
fn a_key_grants_only_what_it_may() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let admin = tenant.key(&["keys:admin", "members:read"]).await;
        let more = json!({"name": "More", "scopes": ["purchases:write"]});
        let answer = admin.post("/v1/api-keys", &more).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "insufficient_scope"),
            "{answer}"
        );
        let same = json!({"name": "Same", "scopes": ["members:read"]});
        admin.post("/v1/api-keys", &same).await.expect(201);
        let unknown = json!({"name": "Unknown", "scopes": ["everything"]});
        admin.post("/v1/api-keys", &unknown).await.expect(422);
    });
}

#[test]
fn the_sandbox_is_another_tenant() {
    block_on(async {
        let tenant = TestTenant::with(Spec::default()).await;
        let member = tenant.member().await;
        let path = format!("/v1/members/{member}");
        tenant.api.get(&path).await.expect(200);
        tenant.sandbox.get(&path).await.expect(404);
        assert_eq!(
            tenant.sandbox.get("/v1/stores").await.expect(200).json["data"],
            json!([])
        );
        assert!(tenant.sandbox.key.starts_with("tmr_test_"));
    });
}

#[test]
fn a_rotated_key_works_beside_its_heir_for_the_grace() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let key = json!({"name": "Till", "scopes": ["purchases:read"]});
        let made = tenant.api.post("/v1/api-keys", &key).await.expect(201);
        let path = format!("/v1/api-keys/{}/rotate", made.text("/id"));
        let heir = tenant.api.post(&path, &json!({})).await;
        assert!([200, 201].contains(&heir.status), "{heir}");
        let heir = tenant.api.with_key(&heir.text("/secret"));
        heir.get("/v1/purchases").await.expect(200);
    });
}

#[test]
fn who_calls_is_decided_before_anything_else_of_a_request() {
    block_on(async {
        let tenant = TestTenant::new().await;
        // A key that this node has never seen, and a request that lacks everything.
        let reader = tenant.key(&["members:read"]).await;
        let answer = reader.post("/v1/purchases?x=1", &json!([])).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "insufficient_scope"),
            "{answer}"
        );
        let guess = crate::harness::forge::with_wrong_secret(&reader.key, 9);
        let answer = reader
            .with_key(&guess)
            .post("/v1/purchases?x=1", &json!([]))
            .await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "invalid_credentials"),
            "{answer}"
        );
    });
}
