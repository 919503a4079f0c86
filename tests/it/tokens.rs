//! Access tokens: given for a key, good for minutes at every node, and worth nothing without what is behind them.

mod keys;

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::harness::call::Api;
use crate::harness::tenant::unique;
use crate::harness::{Answer, Node, TestTenant, block_on, node};

const PATH: &str = "/v1/oauth/token";

/// The id of a key, from its text.
pub(crate) fn client_id(key: &str) -> String {
    format!("key_{}", key.split('_').nth(2).unwrap())
}

/// Asks for a token with these fields beside the credentials.
pub(crate) async fn ask(api: &Api, fields: &[(&str, &str)]) -> Answer {
    let id = client_id(&api.key);
    let mut all = vec![
        ("grant_type", "client_credentials"),
        ("client_id", id.as_str()),
        ("client_secret", api.key.as_str()),
    ];
    all.extend_from_slice(fields);
    api.with_key("").form(PATH, &all).await
}

/// The same caller with a token instead of its key.
pub(crate) async fn with_token(api: &Api, fields: &[(&str, &str)]) -> Api {
    let token = ask(api, fields).await.expect(200);
    api.with_key(&token.text("/access_token"))
}

#[track_caller]
fn cut(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.code()),
        (401, "invalid_credentials"),
        "{answer}"
    );
}

#[test]
fn a_token_does_what_its_key_may() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let till = tenant.key(&["purchases:write", "members:read"]).await;
        let answer = ask(&till, &[]).await.expect(200);
        assert_eq!(answer.json["token_type"], "Bearer");
        assert_eq!(answer.json["expires_in"], 900);
        assert_eq!(answer.json["scope"], "purchases:write members:read");
        assert_eq!(answer.header("cache-control"), "no-store");
        let token = till.with_key(&answer.text("/access_token"));
        let receipt = tenant.receipt(&member, "1", 500);
        token
            .keyed("/v1/purchases", &unique(), &receipt)
            .await
            .expect(201);
        assert_eq!(
            token.get("/v1/stores").await.expect(200).json,
            till.get("/v1/stores").await.json
        );
        let answer = token.get("/v1/api-keys").await.expect(403);
        assert_eq!(answer.code(), "insufficient_scope");
        // Another node has never seen it.
        let second = Node::start(node().cluster).await;
        token.at(&second.base).get("/v1/tenant").await.expect(200);
        second.server.stop().await;
    });
}

#[test]
fn a_client_names_itself_by_header_too_and_asks_for_less() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let till = tenant.key(&["purchases:write", "members:read"]).await;
        let request = till.with_key("").request(Method::POST, PATH);
        let request = request
            .basic_auth(client_id(&till.key), Some(&till.key))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=members%3Aread+tenant%3Aadmin");
        let answer = till.send(request).await.expect(200);
        assert_eq!(answer.json["scope"], "members:read");
        let token = till.with_key(&answer.text("/access_token"));
        let member = tenant.member().await;
        token
            .get(&format!("/v1/members/{member}"))
            .await
            .expect(200);
        let receipt = tenant.receipt(&member, "1", 500);
        let answer = token.keyed("/v1/purchases", &unique(), &receipt).await;
        assert_eq!(answer.expect(403).code(), "insufficient_scope");
    });
}

/// A field that differs from a good request, the status, our code and that of RFC 6749. `@other`
/// stands for another tenant's key, `@foreign` for its id.
const REFUSALS: [(&str, &str, u16, &str, &str); 10] = [
    (
        "grant_type",
        "password",
        400,
        "invalid_parameter",
        "unsupported_grant_type",
    ),
    (
        "grant_type",
        "",
        400,
        "invalid_parameter",
        "invalid_request",
    ),
    (
        "scope",
        "everything",
        400,
        "invalid_parameter",
        "invalid_scope",
    ),
    (
        "scope",
        "tenant:admin",
        403,
        "insufficient_scope",
        "invalid_scope",
    ),
    (
        "client_secret",
        "x",
        401,
        "invalid_credentials",
        "invalid_client",
    ),
    (
        "client_secret",
        "",
        401,
        "invalid_credentials",
        "invalid_client",
    ),
    (
        "client_id",
        "key_1",
        401,
        "invalid_credentials",
        "invalid_client",
    ),
    (
        "client_secret",
        "@other",
        401,
        "invalid_credentials",
        "invalid_client",
    ),
    (
        "tenant",
        "@foreign",
        403,
        "not_granted",
        "unauthorized_client",
    ),
    (
        "tenant",
        "nobody",
        403,
        "not_granted",
        "unauthorized_client",
    ),
];

#[test]
fn every_refusal_says_the_same_in_both_languages() {
    block_on(async {
        let (tenant, other) = (TestTenant::new().await, TestTenant::new().await);
        let till = tenant.key(&["members:read"]).await;
        let (id, foreign) = (client_id(&till.key), other.id.to_string());
        for (name, value, status, code, error) in REFUSALS {
            let value = match value {
                "@other" => other.api.key.as_str(),
                "@foreign" => foreign.as_str(),
                value => value,
            };
            let mut fields = vec![
                ("grant_type", "client_credentials"),
                ("client_id", id.as_str()),
                ("client_secret", till.key.as_str()),
            ];
            fields.retain(|(field, _)| *field != name);
            fields.push((name, value));
            let answer = till.with_key("").form(PATH, &fields).await;
            let found = (
                answer.status,
                answer.code(),
                answer.json["error"].as_str().unwrap(),
            );
            assert_eq!(found, (status, code, error), "{name} = {value}: {answer}");
            assert_eq!(crate::bad_input::shape(&answer), Vec::<String>::new());
            let scheme = answer.header("www-authenticate");
            assert_eq!(scheme.starts_with("Basic"), status == 401, "{answer}");
        }
        ask(&till, &[("tenant", &tenant.id.to_string())])
            .await
            .expect(200);
    });
}

#[test]
fn a_request_that_is_no_such_form_is_refused() {
    block_on(async {
        let till = TestTenant::new().await.key(&["members:read"]).await;
        let body = json!({"grant_type": "client_credentials"});
        let as_json = till.with_key("").post(PATH, &body).await;
        assert_eq!(as_json.expect(415).code(), "unsupported_media_type");
        let long = "x".repeat(9_000);
        ask(&till, &[("audience", &long)]).await.expect(413);
        let twice = ask(&till, &[("client_id", "key_1")]).await.expect(400);
        assert_eq!(twice.json["error"], "invalid_request");
        till.with_key("").get(PATH).await.expect(405);
    });
}

#[test]
fn a_token_ends_with_its_key_and_its_tenant_at_every_node_within_a_second() {
    block_on(async {
        let second = Node::start(node().cluster).await;
        let tenant = TestTenant::new().await;
        let key = json!({"name": "Till", "scopes": ["members:read"]});
        let made = tenant.api.post("/v1/api-keys", &key).await.expect(201);
        let token = with_token(&tenant.api.with_key(&made.text("/secret")), &[]).await;
        let there = token.at(&second.base);
        for api in [&token, &there] {
            api.get("/v1/tenant").await.expect(200);
        }
        let path = format!("/v1/api-keys/{}", made.text("/id"));
        tenant.api.delete(&path).await.expect(200);
        let other = with_token(&tenant.api, &[]).await;
        let other_there = other.at(&second.base);
        other_there.get("/v1/tenant").await.expect(200);
        tokio::time::sleep(Duration::from_secs(1)).await;
        for api in [&token, &there] {
            cut(&api.get("/v1/tenant").await);
        }
        let path = |what: &str| format!("/v1/tenants/{}/{what}", tenant.id);
        node()
            .operator()
            .post(&path("suspend"), &json!({}))
            .await
            .expect(200);
        tokio::time::sleep(Duration::from_secs(1)).await;
        for api in [&other, &other_there] {
            assert_eq!(
                api.get("/v1/tenant").await.expect(403).code(),
                "tenant_suspended"
            );
        }
        let refused = ask(&tenant.api, &[]).await.expect(403);
        assert_eq!(
            (refused.code(), &refused.json["error"]),
            ("tenant_suspended", &json!("unauthorized_client"))
        );
        node()
            .operator()
            .post(&path("resume"), &json!({}))
            .await
            .expect(200);
        second.server.stop().await;
    });
}

#[test]
fn a_token_does_not_outlive_its_key() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let soon = api::clock::now() + jiff::SignedDuration::from_secs(3);
        let key = tenant
            .restricted(&["members:read"], json!({"expires_at": soon}))
            .await;
        let answer = ask(&key, &[]).await.expect(200);
        let expires_in = answer.json["expires_in"].as_i64().unwrap();
        assert!((1..=3).contains(&expires_in), "{answer}");
        let token = key.with_key(&answer.text("/access_token"));
        token.get("/v1/tenant").await.expect(200);
        tokio::time::sleep(Duration::from_millis(3_100)).await;
        cut(&token.get("/v1/tenant").await);
    });
}

#[test]
fn what_is_not_our_token_gets_the_answer_of_any_wrong_credential() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let token = with_token(&tenant.api, &[]).await.key;
        let parts: Vec<&str> = token.split('.').collect();
        let expected = node()
            .nobody()
            .get("/v1/tenant")
            .await
            .expect(401)
            .without_request_id();
        let other = with_token(&TestTenant::new().await.api, &[]).await.key;
        let others: Vec<&str> = other.split('.').collect();
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoiazEifQ";
        let mut cases: Vec<String> = ["a", "a.b", "a.b.c", "a.b.c.d", "....", ".."]
            .map(str::to_owned)
            .into();
        cases.push(format!("{}.{}.{}", parts[0], others[1], parts[2]));
        cases.push(format!("{}.{}.", parts[0], parts[1]));
        cases.push(format!("{}.{}", parts[0], parts[1]));
        cases.push(format!("{none}.{}.", parts[1]));
        cases.push(format!("{none}.{}.{}", parts[1], parts[2]));
        cases.push(format!("{token}="));
        cases.push(format!("{}.{}.{}", parts[0], "a".repeat(4_096), parts[2]));
        for case in cases {
            let answer = tenant.api.with_key(&case).get("/v1/tenant").await;
            let shown: String = case.chars().take(100).collect();
            assert_eq!(answer.status, 401, "{shown}: {answer}");
            assert_eq!(answer.without_request_id(), expected, "{shown}");
        }
        tenant
            .api
            .with_key(&token)
            .get("/v1/tenant")
            .await
            .expect(200);
        let query = format!("/v1/tenant?access_token={token}");
        cut(&node().nobody().get(&query).await);
    });
}
