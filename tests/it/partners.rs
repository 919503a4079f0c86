//! Partners act for the tenants that let them, one at a time, and never for longer than they are let.

mod audit;
mod rotation;

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::call::Api;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{Answer, Node, TestTenant, block_on, node};
use crate::isolation::contract::operations;
use crate::tokens::{ask, with_token};

struct Partner {
    id: String,
    /// Its key alone.
    api: Api,
}

async fn partner() -> Partner {
    let new = json!({"name": "Till maker"});
    let made = node()
        .operator()
        .post("/v1/partners", &new)
        .await
        .expect(201);
    assert!(made.text("/api_key/id").starts_with("key_"), "{made}");
    Partner {
        id: made.text("/id"),
        api: node().nobody().with_key(&made.text("/api_key/secret")),
    }
}

async fn grant(tenant: &TestTenant, partner: &Partner, scopes: &[&str], fields: Value) -> Answer {
    let mut body = json!({"partner": partner.id, "scopes": scopes});
    for (name, value) in fields.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    tenant.api.post("/v1/partner-grants", &body).await
}

async fn token(partner: &Partner, tenant: &TestTenant) -> Api {
    with_token(&partner.api, &[("tenant", &tenant.id.to_string())]).await
}

#[track_caller]
fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{answer}");
}

#[test]
fn a_partner_acts_for_whom_it_is_let_and_for_one_at_a_time() {
    block_on(async {
        let partner = partner().await;
        let (ours, theirs) = (TestTenant::new().await, TestTenant::new().await);
        let member = ours.member().await;
        let scopes = ["purchases:write", "members:read"];
        let granted = grant(&ours, &partner, &scopes, json!({})).await.expect(201);
        assert_eq!(granted.json["partner"], json!(partner.id));
        assert_eq!(granted.json["partner_name"], "Till maker");
        let token = token(&partner, &ours).await;
        let receipt = ours.receipt(&member, "1", 500);
        token
            .keyed("/v1/purchases", &unique(), &receipt)
            .await
            .expect(201);
        assert_eq!(
            token.get("/v1/tenant").await.expect(200).text("/id"),
            ours.id.to_string()
        );
        is(&token.get("/v1/api-keys").await, 403, "insufficient_scope");
        let foreign = theirs.member().await;
        is(
            &token.get(&format!("/v1/members/{foreign}")).await,
            404,
            "not_found",
        );
        // No grant, no tenant and nonsense are the same to a partner.
        let mut bodies = Vec::new();
        for tenant in [
            theirs.id.to_string(),
            "ten_00000000000000000000000000".to_owned(),
            "x".to_owned(),
        ] {
            let refused = ask(&partner.api, &[("tenant", &tenant)]).await;
            is(&refused, 403, "not_granted");
            bodies.push(refused.without_request_id());
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
        assert_eq!(bodies[0]["error"], "unauthorized_client");
        let unnamed = ask(&partner.api, &[]).await;
        is(&unnamed, 400, "invalid_parameter");
        assert_eq!(unnamed.json["error"], "invalid_request");
    });
}

#[test]
fn a_partner_gets_what_is_granted_and_asked_for() {
    block_on(async {
        let partner = partner().await;
        let tenant = TestTenant::with(Spec {
            stores: vec!["shibuya", "ginza"],
            ..Spec::default()
        })
        .await;
        let member = tenant.member().await;
        let scopes = ["purchases:write", "purchases:read"];
        let stores = json!({"stores": ["ginza"]});
        grant(&tenant, &partner, &scopes, stores).await.expect(201);
        let id = tenant.id.to_string();
        let fields = [
            ("tenant", id.as_str()),
            ("scope", "purchases:write tenant:admin members:read"),
        ];
        let answer = ask(&partner.api, &fields).await.expect(200);
        assert_eq!(answer.json["scope"], "purchases:write", "{answer}");
        let none = ask(&partner.api, &[("tenant", &id), ("scope", "tenant:admin")]).await;
        is(&none, 403, "insufficient_scope");
        let token = token(&partner, &tenant).await;
        let mut receipt = tenant.receipt(&member, "1", 500);
        is(
            &token.keyed("/v1/purchases", &unique(), &receipt).await,
            403,
            "not_granted",
        );
        receipt["store"] = json!("ginza");
        token
            .keyed("/v1/purchases", &unique(), &receipt)
            .await
            .expect(201);
        is(&token.get("/v1/purchases").await, 403, "not_granted");
    });
}

#[test]
fn an_ended_grant_cuts_its_tokens_at_every_node_within_a_second() {
    block_on(async {
        let second = Node::start(node().cluster).await;
        let partner = partner().await;
        let (tenant, other) = (TestTenant::new().await, TestTenant::new().await);
        let granted = grant(&tenant, &partner, &["members:read"], json!({}))
            .await
            .expect(201);
        grant(&other, &partner, &["members:read"], json!({}))
            .await
            .expect(201);
        let (here, kept) = (
            token(&partner, &tenant).await,
            token(&partner, &other).await,
        );
        let there = here.at(&second.base);
        for api in [&here, &there, &kept] {
            api.get("/v1/tenant").await.expect(200);
        }
        let path = format!("/v1/partner-grants/{}", granted.text("/id"));
        let ended = tenant.api.delete(&path).await.expect(200);
        assert!(!ended.json["revoked_at"].is_null());
        let again = tenant.api.delete(&path).await.expect(200);
        assert_eq!(again.json, ended.json);
        tokio::time::sleep(Duration::from_secs(1)).await;
        for api in [&here, &there] {
            is(&api.get("/v1/tenant").await, 401, "invalid_credentials");
        }
        kept.get("/v1/tenant").await.expect(200);
        let id = tenant.id.to_string();
        is(
            &ask(&partner.api, &[("tenant", &id)]).await,
            403,
            "not_granted",
        );
        // What was ended can be granted anew, and the old token stays worthless.
        grant(&tenant, &partner, &["members:read"], json!({}))
            .await
            .expect(201);
        token(&partner, &tenant)
            .await
            .get("/v1/tenant")
            .await
            .expect(200);
        is(&here.get("/v1/tenant").await, 401, "invalid_credentials");
        second.server.stop().await;
    });
}

#[test]
fn an_ended_partner_acts_for_nobody_within_a_second() {
    block_on(async {
        let partner = partner().await;
        let tenant = TestTenant::new().await;
        grant(&tenant, &partner, &["members:read"], json!({}))
            .await
            .expect(201);
        let token = token(&partner, &tenant).await;
        token.get("/v1/tenant").await.expect(200);
        let path = format!("/v1/partners/{}", partner.id);
        is(&tenant.api.delete(&path).await, 403, "insufficient_scope");
        let ended = node().operator().delete(&path).await.expect(200);
        tokio::time::sleep(Duration::from_secs(1)).await;
        is(&token.get("/v1/tenant").await, 401, "invalid_credentials");
        is(
            &partner.api.get("/v1/tenant").await,
            401,
            "invalid_credentials",
        );
        is(
            &ask(&partner.api, &[("tenant", &tenant.id.to_string())]).await,
            401,
            "invalid_credentials",
        );
        let again = node().operator().delete(&path).await.expect(200);
        assert_eq!(again.json["revoked_at"], ended.json["revoked_at"]);
        let other = TestTenant::new().await;
        let refused = grant(&other, &partner, &["members:read"], json!({}))
            .await
            .expect(422);
        assert_eq!(
            refused.faults(),
            [("/partner".to_owned(), "unknown_reference".to_owned())]
        );
    });
}

#[test]
fn a_partners_key_alone_opens_nothing() {
    block_on(async {
        let partner = partner().await;
        let tenant = TestTenant::new().await;
        grant(&tenant, &partner, &["members:read"], json!({}))
            .await
            .expect(201);
        for operation in operations(node()).await {
            if operation.is_public {
                continue;
            }
            let path = operation.path_with("x");
            let request = partner.api.request(operation.method.clone(), &path);
            let answer = partner.api.send(request).await;
            is(&answer, 403, "not_granted");
        }
    });
}

/// Scopes, further fields, and the fault that they make.
const ODD_GRANTS: [(&[&str], &str, &str, &str); 10] = [
    (&[], "{}", "/scopes", "empty"),
    (
        &["members:read", "members:read"],
        "{}",
        "/scopes",
        "duplicate",
    ),
    (&["keys:admin"], "{}", "/scopes", "invalid_value"),
    (
        &["members:read"],
        r#"{"stores": ["nowhere"]}"#,
        "/stores/0",
        "unknown_store",
    ),
    (&["members:read"], r#"{"stores": []}"#, "/stores", "empty"),
    (
        &["program:write"],
        r#"{"stores": ["shibuya"]}"#,
        "/stores",
        "invalid_value",
    ),
    (
        &["members:read"],
        r#"{"partner": "par_00000000000000000000000000"}"#,
        "/partner",
        "unknown_reference",
    ),
    (
        &["members:read"],
        r#"{"partner": "ten_00000000000000000000000000"}"#,
        "/partner",
        "unknown_reference",
    ),
    (
        &["members:read"],
        r#"{"partner": 1}"#,
        "/partner",
        "invalid_type",
    ),
    (
        &["members:read"],
        r#"{"expires_at": null}"#,
        "/expires_at",
        "unknown_field",
    ),
];

#[test]
fn grants_that_make_no_sense_are_refused() {
    block_on(async {
        let partner = partner().await;
        let tenant = TestTenant::new().await;
        for (scopes, fields, pointer, code) in ODD_GRANTS {
            let more = serde_json::from_str(fields).unwrap();
            let answer = grant(&tenant, &partner, scopes, more).await.expect(422);
            let expected = (pointer.to_owned(), code.to_owned());
            assert!(
                answer.faults().contains(&expected),
                "{scopes:?} {fields}: {answer}"
            );
        }
        let unnamed = json!({"name": " "});
        let bad = node()
            .operator()
            .post("/v1/partners", &unnamed)
            .await
            .expect(422);
        assert_eq!(bad.faults(), [("/name".to_owned(), "empty".to_owned())]);
    });
}

#[test]
fn a_grant_is_given_once_and_by_whom_it_may() {
    block_on(async {
        let partner = partner().await;
        let tenant = TestTenant::new().await;
        let members = ["members:read"];
        let admin = tenant.key(&["keys:admin"]).await;
        let more = json!({"partner": partner.id, "scopes": members});
        is(
            &admin.post("/v1/partner-grants", &more).await,
            403,
            "insufficient_scope",
        );
        grant(&tenant, &partner, &members, json!({}))
            .await
            .expect(201);
        is(
            &grant(&tenant, &partner, &members, json!({})).await,
            409,
            "invalid_state",
        );
        let listed = tenant.api.get("/v1/partner-grants").await.expect(200);
        assert_eq!(listed.json["data"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn the_operator_sees_its_partners_without_their_secrets() {
    block_on(async {
        let partner = partner().await;
        let mut path = "/v1/partners?limit=200".to_owned();
        let mut found = None;
        while found.is_none() {
            let page = node().operator().get(&path).await.expect(200);
            assert!(!page.to_string().contains("tmr_partner_"), "{page}");
            let data = page.json["data"].as_array().unwrap().clone();
            found = data
                .into_iter()
                .find(|entry| entry["id"] == json!(partner.id));
            let cursor = page.json["next_cursor"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert!(
                found.is_some() || !cursor.is_empty(),
                "the partner is not listed"
            );
            path = format!("/v1/partners?limit=200&cursor={cursor}");
        }
        let key = &partner.api.key;
        assert_eq!(found.unwrap()["last_four"], key[key.len() - 4..]);
    });
}
