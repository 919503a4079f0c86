//! A tenant that is deleted is gone for everybody, and nobody else notices.

use std::time::Duration;

use api::tenants::purge;
use api::verify::{is_clean, verify};
use serde_json::json;

use crate::harness::call::Api;
use crate::harness::tenant::{Spec, number_of};
use crate::harness::{Node, TestTenant, block_on, node, sql};
use crate::isolation::world::World;
use crate::schema_rules::full;
use crate::tokens::with_token;

/// Rows that name a tenant, in whatever table.
async fn rows_of(owner: &tokio_postgres::Client, tenant: i64) -> Vec<(String, i64)> {
    let query = "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'tenant_id'";
    let mut found = Vec::new();
    for row in owner.query(query, &[]).await.unwrap() {
        let table: String = row.get(0);
        let count = format!("select count(*) from {table} where tenant_id = $1");
        let rows: i64 = owner.query_one(&count, &[&tenant]).await.unwrap().get(0);
        if rows > 0 {
            found.push((table, rows));
        }
    }
    found
}

/// What a partner acts with for a tenant of its node.
async fn partner_of(node: &Node, tenant: &TestTenant) -> Api {
    let new = json!({"name": "Till maker"});
    let made = node.operator().post("/v1/partners", &new).await.expect(201);
    let grant = json!({"partner": made.text("/id"), "scopes": ["members:read"]});
    let granted = tenant.api.post("/v1/partner-grants", &grant).await;
    granted.expect(201);
    let key = node.nobody().with_key(&made.text("/api_key/secret"));
    with_token(&key, &[("tenant", &tenant.id.to_string())]).await
}

#[test]
fn a_deleted_tenant_is_gone_from_every_table_and_nobody_else_notices() {
    block_on(async {
        let cluster = node().cluster.beside("tamaru_it_deletion").await;
        let node_of_its_own = Node::start(Box::leak(Box::new(cluster))).await;
        let cluster = node_of_its_own.cluster;
        let second = Node::start(cluster).await;
        let operator = node_of_its_own.operator();
        let stays = World::build(&node_of_its_own).await;
        let goes = TestTenant::on(&node_of_its_own, Spec::default()).await;
        let owner = cluster.owner().await;
        full::fill_by(&goes, &owner).await;
        let sandbox = goes.sandbox.get("/v1/tenant").await.expect(200).text("/id");
        let sandbox = number_of(&owner, &sandbox).await;
        let partner = partner_of(&node_of_its_own, &goes).await;
        partner.get("/v1/tenant").await.expect(200);
        let before = sql::digest(&owner, stays.tenant.number).await;
        let path = format!("/v1/tenants/{}", goes.id);
        let served = operator.delete(&path).await.expect(409);
        assert_eq!(served.code(), "invalid_state");
        let suspend = format!("{path}/suspend");
        operator.post(&suspend, &json!({})).await.expect(200);
        let elsewhere = goes.api.at(&second.base);
        let deleted = operator.delete(&path).await.expect(200);
        assert_eq!(deleted.json["status"], "deleted");
        tokio::time::sleep(Duration::from_secs(1)).await;
        for api in [&goes.api, &elsewhere, &goes.sandbox, &partner] {
            let refused = api.get("/v1/tenant").await.expect(401);
            assert_eq!(refused.code(), "invalid_credentials");
        }
        // Not even what was made while the tenant was being deleted lets anybody in.
        let late = "update api_keys set revoked_at = null, changed_at = now() where tenant_id = $1";
        owner.execute(late, &[&goes.number]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let refused = goes.api.get("/v1/tenant").await.expect(403);
        assert_eq!(refused.code(), "tenant_suspended");
        operator.get(&path).await.expect(404);
        operator.delete(&path).await.expect(404);
        let resume = format!("{path}/resume");
        operator.post(&resume, &json!({})).await.expect(404);
        let listed = operator.get("/v1/tenants").await.expect(200).to_string();
        assert!(!listed.contains(&goes.id.to_string()), "{listed}");
        assert!(
            rows_of(&owner, goes.number).await.len() > 20,
            "nothing was there"
        );
        for _ in 0..2 {
            purge(&cluster.administrator_url.clone().into())
                .await
                .unwrap();
        }
        for number in [goes.number, sandbox] {
            assert_eq!(rows_of(&owner, number).await, []);
        }
        assert_eq!(sql::digest(&owner, stays.tenant.number).await, before);
        stays.tenant.api.get("/v1/stores").await.expect(200);
        let findings = verify(&cluster.administrator_url.clone().into()).await;
        let findings = findings.unwrap();
        assert!(is_clean(&findings), "{findings:#?}");
        for node in [node_of_its_own, second] {
            node.server.stop().await;
        }
        node().cluster.drop_scratch("tamaru_it_deletion").await;
    });
}
