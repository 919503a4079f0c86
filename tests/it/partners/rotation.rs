//! A partner's key is replaced while its tills go on working.

use std::time::Duration;

use serde_json::json;

use super::{Partner, grant, is, partner, token};
use crate::harness::call::Api;
use crate::harness::tenant::unique;
use crate::harness::{Node, TestTenant, block_on, node};
use crate::tokens::{ask, with_token};

/// Replaces the key of a partner; the new one.
async fn rotated(partner: &str, overlap_seconds: u32) -> Api {
    let body = json!({"overlap_seconds": overlap_seconds});
    let path = format!("/v1/partners/{partner}/rotate");
    let made = node().operator().post(&path, &body).await.expect(201);
    assert_eq!(made.json["id"], json!(partner));
    node().nobody().with_key(&made.text("/api_key/secret"))
}

/// Lets the partner read the tenant's members; how its tokens name the tenant.
async fn granted(partner: &Partner, tenant: &TestTenant) -> String {
    let members = grant(tenant, partner, &["members:read"], json!({}));
    members.await.expect(201);
    tenant.id.to_string()
}

#[test]
fn both_keys_of_a_partner_work_during_the_overlap_and_one_after_it() {
    block_on(async {
        let (partner, tenant) = (partner().await, TestTenant::new().await);
        let other = Node::start(node().cluster).await;
        let id = granted(&partner, &tenant).await;
        let names = [("tenant", id.as_str())];
        let early = token(&partner, &tenant).await;
        let elsewhere = early.at(&other.base);
        elsewhere.get("/v1/tenant").await.expect(200);
        let heir = rotated(&partner.id, 3).await;
        let late = with_token(&heir, &names).await;
        for api in [&early, &elsewhere, &late] {
            api.get("/v1/tenant").await.expect(200);
        }
        with_token(&partner.api, &names).await;
        tokio::time::sleep(Duration::from_millis(4_100)).await;
        // The old key is over, and so is every token that it got, at every node.
        is(&ask(&partner.api, &names).await, 401, "invalid_credentials");
        for api in [&early, &elsewhere] {
            is(&api.get("/v1/tenant").await, 401, "invalid_credentials");
        }
        late.get("/v1/tenant").await.expect(200);
        with_token(&heir, &names).await;
        other.server.stop().await;
    });
}

#[test]
fn the_end_of_a_partner_ends_all_of_its_keys() {
    block_on(async {
        let (partner, tenant) = (partner().await, TestTenant::new().await);
        let id = granted(&partner, &tenant).await;
        let names = [("tenant", id.as_str())];
        let old = with_token(&partner.api, &names).await;
        let heir = rotated(&partner.id, 600).await;
        let third = rotated(&partner.id, 600).await;
        for key in [&partner.api, &heir, &third] {
            with_token(key, &names).await;
        }
        let path = format!("/v1/partners/{}", partner.id);
        node().operator().delete(&path).await.expect(200);
        tokio::time::sleep(Duration::from_secs(1)).await;
        for key in [&partner.api, &heir, &third] {
            is(&ask(key, &names).await, 401, "invalid_credentials");
        }
        is(&old.get("/v1/tenant").await, 401, "invalid_credentials");
        let again = format!("{path}/rotate");
        let again = node().operator().post(&again, &json!({})).await;
        is(&again, 409, "invalid_state");
    });
}

#[test]
fn a_rotation_without_an_overlap_ends_the_overlaps_of_before() {
    block_on(async {
        let (partner, tenant) = (partner().await, TestTenant::new().await);
        let id = granted(&partner, &tenant).await;
        let names = [("tenant", id.as_str())];
        let heir = rotated(&partner.id, 600).await;
        let old = with_token(&partner.api, &names).await;
        let third = rotated(&partner.id, 0).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        for key in [&partner.api, &heir] {
            is(&ask(key, &names).await, 401, "invalid_credentials");
        }
        is(&old.get("/v1/tenant").await, 401, "invalid_credentials");
        with_token(&third, &names).await;
    });
}

#[test]
fn a_rotation_that_makes_no_sense_is_refused() {
    block_on(async {
        let (partner, tenant) = (partner().await, TestTenant::new().await);
        let path = format!("/v1/partners/{}/rotate", partner.id);
        for (body, status) in [
            (json!({"overlap_seconds": 2_592_001}), 422),
            (json!({"overlap_seconds": -1}), 422),
            (json!({"key": "mine"}), 422),
        ] {
            node().operator().post(&path, &body).await.expect(status);
        }
        let nobodys = "/v1/partners/par_00000000000000000000000000/rotate";
        let nobodys = node().operator().post(nobodys, &json!({})).await;
        is(&nobodys, 404, "not_found");
        is(
            &tenant.api.post(&path, &json!({})).await,
            403,
            "insufficient_scope",
        );
    });
}

#[test]
fn what_one_key_of_a_partner_asked_for_no_other_of_its_keys_approves() {
    block_on(async {
        let (partner, tenant) = (partner().await, TestTenant::new().await);
        let settings = tenant.api.get("/v1/tenant").await.expect(200);
        let change = json!({"adjustments": {"two_person_above": 10}});
        let change = tenant
            .api
            .request(reqwest::Method::PATCH, "/v1/tenant")
            .json(&change);
        let change = change.header("If-Match", settings.header("etag"));
        tenant.api.send(change).await.expect(200);
        let member = tenant.member().await;
        grant(&tenant, &partner, &["points:adjust"], json!({}))
            .await
            .expect(201);
        let asker = token(&partner, &tenant).await;
        let give =
            json!({"member": {"id": member}, "wallet": "points", "points": 50, "reason": "test"});
        let asked = asker.keyed("/v1/adjustments", &unique(), &give).await;
        assert_eq!(asked.json["state"], "pending_approval", "{asked}");
        let path = format!("/v1/adjustments/{}/approve", asked.text("/id"));
        let names = [("tenant", tenant.id.to_string())];
        let names = names.each_ref().map(|(name, id)| (*name, id.as_str()));
        for _ in 0..2 {
            let heir = rotated(&partner.id, 600).await;
            let heir = with_token(&heir, &names).await;
            let approved = heir.keyed(&path, &unique(), &json!({})).await;
            is(&approved, 403, "second_person_required");
        }
        let approved = tenant.api.keyed(&path, &unique(), &json!({})).await;
        approved.expect(200);
    });
}
