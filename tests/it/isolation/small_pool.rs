//! Two connections for everybody, and callers who leave in the middle: nothing of one tenant stays on a connection for
//! the next one.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::call::Api;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{Node, TestTenant, block_on, node};

const TENANTS: usize = 5;
const CALLERS: usize = 20;
const CALLS: usize = 100;

/// A tenant whose every text is its own.
async fn marked(node: &Node) -> (TestTenant, String, String) {
    let canary = format!("cn-{}", unique());
    let settings = json!({"name": canary});
    let tenant = TestTenant::on(
        node,
        Spec {
            settings,
            ..Spec::default()
        },
    )
    .await;
    let store = json!({"code": "same", "name": canary});
    tenant.api.post("/v1/stores", &store).await.expect(201);
    let member = json!({"family_name": canary, "external_id": "same"});
    let member = tenant.enrol(&member).await;
    (tenant, canary, member)
}

/// One call of a kind, under a key of its own where it needs one.
fn request(tenant: &TestTenant, member: &str, number: usize) -> reqwest::RequestBuilder {
    let api = &tenant.api;
    let read = |path: &str| api.request(reqwest::Method::GET, path);
    match number % 5 {
        0 => read("/v1/stores"),
        1 => read("/v1/members?external_id=same"),
        2 => read(&format!("/v1/members/{member}/transactions")),
        3 => read("/v1/tenant"),
        _ => {
            let key = unique();
            let receipt: Value = tenant.receipt(member, &key, 100);
            let request = api.request(reqwest::Method::POST, "/v1/purchases");
            request.header("Idempotency-Key", key).json(&receipt)
        }
    }
}

/// Calls as several tenants in turns and leaves every third call after a few milliseconds.
async fn call(caller: usize, tenants: &[(TestTenant, String, String)]) -> usize {
    let mut answered = 0;
    for number in 0..CALLS {
        let turn = caller + number * 7;
        let (tenant, canary, member) = &tenants[turn % tenants.len()];
        let sent = Api::try_send(request(tenant, member, turn / 5));
        let patience = match turn % 3 {
            0 => Duration::from_millis(u64::try_from(turn % 8).unwrap()),
            _ => Duration::from_secs(30),
        };
        let Ok(answer) = tokio::time::timeout(patience, sent).await else {
            continue;
        };
        let answer = answer.unwrap().to_string();
        for (_, other, _) in tenants.iter().filter(|(_, other, _)| other != canary) {
            assert!(
                !answer.contains(other.as_str()),
                "{canary} was told {answer}"
            );
        }
        answered += 1;
    }
    answered
}

#[test]
fn nothing_of_a_tenant_stays_on_a_connection_for_the_next() {
    block_on(async {
        let mut config = node().cluster.config();
        (config.pool_size, config.writers) = (2, 2);
        let small = Node::with(node().cluster, config).await;
        let mut tenants = Vec::new();
        for _ in 0..TENANTS {
            tenants.push(marked(&small).await);
        }
        let callers = (0..CALLERS).map(|caller| call(caller, &tenants));
        let answered: usize = join_all(callers).await.into_iter().sum();
        assert!(answered > CALLERS * CALLS / 2, "{answered} were answered");
        for (tenant, canary, _) in &tenants {
            let own = tenant.api.get("/v1/stores").await.expect(200);
            assert!(own.to_string().contains(canary.as_str()), "{own}");
        }
        small.server.stop().await;
    });
}
