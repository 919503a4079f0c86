//! A change of a key counts at every node within a second, also at one that was cut off for a while.

use std::time::Duration;

use api::auth::KeyRing;
use api::db::Db;
use api::secrets::Secrets;
use api::vault::Vault;
use serde_json::json;

use crate::harness::{Node, TestTenant, block_on, node, runtime};

const A_SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_revoked_key_and_a_suspended_tenant_stop_at_every_node_within_a_second() {
    block_on(async {
        let second = Node::start(node().cluster).await;
        let tenant = TestTenant::new().await;
        let key = json!({"name": "Till", "scopes": ["members:read"]});
        let made = tenant.api.post("/v1/api-keys", &key).await.expect(201);
        let here = tenant.api.with_key(&made.text("/secret"));
        let there = here.at(&second.base);
        for api in [&here, &there] {
            api.get("/v1/tenant").await.expect(200);
        }
        let path = format!("/v1/api-keys/{}", made.text("/id"));
        tenant.api.delete(&path).await.expect(200);
        tokio::time::sleep(A_SECOND).await;
        for api in [&here, &there] {
            assert_eq!(
                api.get("/v1/tenant").await.expect(401).code(),
                "invalid_credentials"
            );
        }
        let there = tenant.api.at(&second.base);
        there.get("/v1/tenant").await.expect(200);
        let suspend = format!("/v1/tenants/{}/suspend", tenant.id);
        node()
            .operator()
            .post(&suspend, &json!({}))
            .await
            .expect(200);
        tokio::time::sleep(A_SECOND).await;
        assert_eq!(
            there.get("/v1/tenant").await.expect(403).code(),
            "tenant_suspended"
        );
        second.server.stop().await;
    });
}

#[test]
fn both_secrets_work_during_the_overlap_and_one_after_it() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let key = json!({"name": "Till", "scopes": ["members:read"]});
        let made = tenant.api.post("/v1/api-keys", &key).await.expect(201);
        let old = tenant.api.with_key(&made.text("/secret"));
        old.get("/v1/tenant").await.expect(200);
        let path = format!("/v1/api-keys/{}/rotate", made.text("/id"));
        let heir = tenant
            .api
            .post(&path, &json!({"overlap_seconds": 2}))
            .await
            .expect(201);
        let heir = tenant.api.with_key(&heir.text("/secret"));
        old.get("/v1/tenant").await.expect(200);
        heir.get("/v1/tenant").await.expect(200);
        tokio::time::sleep(Duration::from_secs(3)).await;
        old.get("/v1/tenant").await.expect(401);
        heir.get("/v1/tenant").await.expect(200);
        let over = tenant.api.post(&path, &json!({})).await.expect(409);
        assert_eq!(over.code(), "invalid_state");
        for (seconds, status) in [(2_592_001, 422), (-1, 422)] {
            let body = json!({"overlap_seconds": seconds});
            tenant.api.post(&path, &body).await.expect(status);
        }
    });
}

#[test]
fn a_key_ends_at_its_time() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let soon = api::clock::now() + jiff::SignedDuration::from_secs(2);
        let key = tenant
            .restricted(&["members:read"], json!({"expires_at": soon}))
            .await;
        key.get("/v1/tenant").await.expect(200);
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert_eq!(
            key.get("/v1/tenant").await.expect(401).code(),
            "invalid_credentials"
        );
    });
}

#[test]
fn a_node_that_was_cut_off_catches_up_with_everything_it_missed() {
    block_on(async {
        let cluster = node().cluster;
        let config = cluster.config();
        let db = Db::new(&config.database_url, 2, runtime().handle().clone()).unwrap();
        let vault = Vault::new(Secrets::new(config.master_key.clone()).unwrap());
        // A ring that does not look for changes by itself, as one whose looks all fail.
        let ring = KeyRing::new(db, vault, &config);
        let tenant = TestTenant::new().await;
        let key = json!({"name": "Till", "scopes": ["members:read"]});
        let made = tenant.api.post("/v1/api-keys", &key).await.expect(201);
        let secret = made.text("/secret");
        ring.authenticate(&secret).await.unwrap();
        let path = format!("/v1/api-keys/{}", made.text("/id"));
        tenant.api.delete(&path).await.expect(200);
        // Longer than the margin that a look adds to the time since the last one.
        tokio::time::sleep(Duration::from_secs(12)).await;
        ring.authenticate(&secret).await.unwrap();
        ring.refresh().await.unwrap();
        let refused = ring.authenticate(&secret).await.unwrap_err();
        assert_eq!(refused.kind.code(), "invalid_credentials");
    });
}
