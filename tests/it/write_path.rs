//! The write path, point by point: what was once seen to go wrong there, and what would.

mod as_one;
mod by_key;
mod rough;

use std::time::Duration;

use domain::id::MemberId;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::books::{self, HeldUp, at_once, count, wait_until, wait_until_somebody_waits_for};
use crate::concurrency::second;
use crate::harness::node::Node;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{TestTenant, block_on, node, sql};

/// The transactions that wrote the rows of a tenant's purchases, and how many rows there are.
pub(crate) async fn writers_of(owner: &tokio_postgres::Client, tenant: i64) -> (i64, i64) {
    let tables = [
        "purchases",
        "idempotency_keys",
        "ledger_transactions",
        "lots",
        "member_ledgers where version > 0",
    ];
    let parts = tables.map(|table| {
        let condition = if table.contains("where") {
            "and"
        } else {
            "where"
        };
        format!("select xmin::text from {table} {condition} tenant_id = $1")
    });
    let query = format!(
        "select count(distinct xmin), count(*) from ({}) rows",
        parts.join(" union all ")
    );
    let row = owner.query_one(&query, &[&tenant]).await.unwrap();
    (row.get(0), row.get(1))
}

#[test]
fn the_first_call_of_a_fresh_connection_is_one_transaction() {
    block_on(async {
        let fresh = Node::start(node().cluster).await;
        let tenant = TestTenant::on(&fresh, Spec::default()).await;
        let member = tenant.member().await;
        tenant.grant(&member, 5).await;
        let owner = node().cluster.owner().await;
        // One row in each of the five tables, all of one transaction.
        assert_eq!(writers_of(&owner, tenant.number).await, (1, 5));
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn without_its_anchor_row_a_tenant_writes_nothing() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 5).await;
        let owner = node().cluster.owner().await;
        let remove = format!(
            "delete from tenant_keys where tenant_id = {}",
            tenant.number
        );
        owner.batch_execute(&remove).await.unwrap();
        let before = sql::digest(&owner, tenant.number).await;
        let receipt = tenant.receipt(&member, &unique(), 700);
        let answer = tenant.api.keyed("/v1/purchases", &unique(), &receipt).await;
        assert_eq!(answer.status, 500, "{answer}");
        assert_eq!(sql::digest(&owner, tenant.number).await, before);
    });
}

#[test]
fn ledger_time_never_runs_backwards_within_a_member() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let owner = node().cluster.owner().await;
        // As if the last batch had been written under a clock that ran a day ahead.
        let ahead = format!(
            "update member_ledgers set last_recorded_at = now() + interval '1 day' where tenant_id = {}",
            tenant.number
        );
        owner.batch_execute(&ahead).await.unwrap();
        let mut last = String::new();
        for number in ["1", "2", "3"] {
            let receipt = tenant.receipt(&member, number, 100);
            let answer = tenant
                .api
                .keyed("/v1/purchases", &unique(), &receipt)
                .await
                .expect(201);
            let recorded_at = answer.text("/recorded_at");
            assert!(last <= recorded_at, "{last} then {recorded_at}");
            last = recorded_at;
        }
        let behind = "ledger_transactions where recorded_at < now() + interval '23 hours'";
        assert_eq!(count(&owner, behind, tenant.number).await, 0);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_client_that_goes_away_does_not_undo_its_write() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 1).await;
        let held_up = HeldUp::start(node().cluster, &tenant).await;
        let receipt = tenant.receipt(&member, "gone", 4_200).to_string();
        let request = format!(
            "POST /v1/purchases HTTP/1.1\r\nHost: tamaru\r\nAuthorization: Bearer {}\r\nIdempotency-Key: gone\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{receipt}",
            tenant.api.key,
            receipt.len()
        );
        let mut stream = tokio::net::TcpStream::connect(node().server.address)
            .await
            .unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(stream);
        tokio::time::sleep(Duration::from_millis(200)).await;
        held_up.release().await;
        let owner = node().cluster.owner().await;
        wait_until("the receipt of the client that went away", || async {
            count(&owner, "wallets where available = 43", tenant.number).await == 1
        })
        .await;
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn the_same_key_on_two_nodes_is_applied_once() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let elsewhere = tenant.api.at(&second().base);
        for round in 0..20 {
            let (key, receipt) = (unique(), tenant.receipt(&member, &format!("r{round}"), 100));
            let calls =
                [&tenant.api, &elsewhere].map(|api| (api.clone(), key.clone(), receipt.clone()));
            let answers = at_once("/v1/purchases", calls).await;
            assert_eq!(answers[0].status, 201, "{}", answers[0]);
            assert_eq!(answers[0].body, answers[1].body);
        }
        let owner = node().cluster.owner().await;
        assert_eq!(
            count(&owner, "wallets where available = 20", tenant.number).await,
            1
        );
        assert_eq!(
            count(&owner, "member_ledgers where version = 20", tenant.number).await,
            1
        );
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_member_who_closes_while_a_receipt_waits_is_seen_closed() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let id = member.parse::<MemberId>().unwrap().uuid();
        let owner = node().cluster.owner().await;
        let close = format!(
            "begin; select 1 from member_ledgers where tenant_id = {number} and member_id = '{id}' for update;
             update member_ledgers set status = 'closed' where tenant_id = {number} and member_id = '{id}';
             update members set status = 'closed' where tenant_id = {number} and id = '{id}'",
            number = tenant.number
        );
        owner.batch_execute(&close).await.unwrap();
        let (api, receipt) = (tenant.api.clone(), tenant.receipt(&member, "1", 100));
        let waits =
            tokio::spawn(async move { api.keyed("/v1/purchases", &unique(), &receipt).await });
        wait_until_somebody_waits_for(&owner).await;
        owner.batch_execute("commit").await.unwrap();
        assert_eq!(waits.await.unwrap().expect(409).code(), "member_closed");
    });
}

#[test]
fn a_repeat_is_known_even_where_the_command_would_be_refused_by_now() {
    block_on(async {
        // A node that met no repeat yet does not look for them before it decides.
        let fresh = Node::start(node().cluster).await;
        let tenant = TestTenant::on(&fresh, Spec::default()).await;
        let member = tenant.member().await;
        let key = unique();
        let mut receipt = tenant.receipt(&member, "1", 100);
        receipt["occurred_at"] = json!("2026-01-05T03:00:00Z");
        let first = tenant
            .api
            .keyed("/v1/purchases", &key, &receipt)
            .await
            .expect(201);
        let settings = tenant.api.get("/v1/tenant").await.expect(200);
        let patch = tenant
            .api
            .request(reqwest::Method::PATCH, "/v1/tenant")
            .header("If-Match", settings.header("etag"))
            .json(&json!({"receipt_max_age_days": 1}));
        tenant.api.send(patch).await.expect(200);
        let again = tenant
            .api
            .keyed("/v1/purchases", &key, &receipt)
            .await
            .expect(201);
        assert_eq!(first.body, again.body);
        assert_eq!(again.header("idempotent-replayed"), "true");
        let by_number = tenant
            .api
            .keyed("/v1/purchases", &unique(), &receipt)
            .await
            .expect(200);
        assert_eq!(first.body, by_number.body);
        receipt["store"] = json!("nowhere");
        let other = tenant
            .api
            .keyed("/v1/purchases", &key, &receipt)
            .await
            .expect(422);
        assert_eq!(other.code(), "idempotency_key_reused");
        fresh.server.stop().await;
    });
}

#[test]
fn a_key_serves_one_request_whatever_it_asks() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 10).await;
        let key = unique();
        let redemption =
            json!({"member": {"id": member}, "wallet": "points", "points": 11, "mode": "capture"});
        let first = tenant
            .api
            .keyed("/v1/redemptions", &key, &redemption)
            .await
            .expect(409);
        tenant.grant(&member, 10).await;
        // The refusal is remembered although the points would be there now.
        let again = tenant
            .api
            .keyed("/v1/redemptions", &key, &redemption)
            .await
            .expect(409);
        assert_eq!(first.without_request_id(), again.without_request_id());
        let receipt = tenant.receipt(&member, &unique(), 100);
        let other = tenant
            .api
            .keyed("/v1/purchases", &key, &receipt)
            .await
            .expect(422);
        assert_eq!(other.code(), "idempotency_key_reused");
    });
}
