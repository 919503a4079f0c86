//! What needs an administrator's hand on the whole server, on a cluster of its own.

use std::sync::OnceLock;

use serde_json::Value;

use super::writers_of;
use crate::books::{self, HeldUp, at_once, count};
use crate::harness::cluster::Cluster;
use crate::harness::node::Node;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{TestTenant, block_on, runtime};

/// One test at a time: they change the server under all its tenants.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn rough() -> &'static Node {
    static ROUGH: OnceLock<Node> = OnceLock::new();
    ROUGH.get_or_init(|| {
        let start = || {
            let cluster = Box::leak(Box::new(Cluster::own()));
            runtime().block_on(Node::start(cluster))
        };
        std::thread::spawn(start).join().unwrap()
    })
}

/// What a counter of `/metrics` shows.
async fn metric(name: &str) -> i64 {
    let text = rough().operator().get("/metrics").await.body;
    let text = String::from_utf8(text).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.map_or(0, |number| number.parse().unwrap())
}

#[test]
fn a_poison_command_fails_alone() {
    block_on(async {
        let _turn = TURN.lock().await;
        let cluster = rough().cluster;
        let (administrator, owner) = (cluster.administrator().await, cluster.owner().await);
        let tenant = TestTenant::on(rough(), Spec::default()).await;
        let poison =
            "alter table ledger_transactions add constraint poison check (666 <> all (points))";
        administrator.batch_execute(poison).await.unwrap();
        let mut receipts: Vec<(String, Value)> = Vec::new();
        for number in 0..40 {
            let member = tenant.member_by(&owner).await;
            let amount = if number == 23 { 66_600 } else { 100 };
            receipts.push((unique(), tenant.receipt(&member, &unique(), amount)));
        }
        let splits = metric("tamaru_ledger_batch_splits_total").await;
        let held_up = HeldUp::start(cluster, &tenant).await;
        let calls = receipts
            .iter()
            .map(|(key, receipt)| (tenant.api.clone(), key.clone(), receipt.clone()));
        let calls: Vec<_> = calls.collect();
        let sent = tokio::spawn(at_once("/v1/purchases", calls));
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        held_up.release().await;
        for (number, answer) in sent.await.unwrap().into_iter().enumerate() {
            let expected = if number == 23 { 500 } else { 201 };
            assert_eq!(answer.status, expected, "{number}: {answer}");
        }
        assert!(
            metric("tamaru_ledger_batch_splits_total").await > splits,
            "the batch was split"
        );
        assert_eq!(
            count(&owner, "purchases where true", tenant.number).await,
            40
        );
        administrator
            .batch_execute("alter table ledger_transactions drop constraint poison")
            .await
            .unwrap();
        // It left no trace: the same key serves when the cause is gone.
        let (key, receipt) = &receipts[23];
        tenant
            .api
            .keyed("/v1/purchases", key, receipt)
            .await
            .expect(201);
        books::hold(cluster, tenant.number).await;
    });
}

#[test]
fn after_the_server_ended_every_connection_the_next_call_is_one_transaction() {
    block_on(async {
        let _turn = TURN.lock().await;
        let cluster = rough().cluster;
        let (administrator, owner) = (cluster.administrator().await, cluster.owner().await);
        let warm = TestTenant::on(rough(), Spec::default()).await;
        let member = warm.member_by(&owner).await;
        warm.grant(&member, 1).await;
        let tenant = TestTenant::on(rough(), Spec::default()).await;
        let member = tenant.member_by(&owner).await;
        // The key is known already, so that the purchase is the first thing that meets the dead connections.
        tenant.api.get("/v1/purchases").await.expect(200);
        let end =
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tamaru_app'";
        administrator.batch_execute(end).await.unwrap();
        let receipt = tenant.receipt(&member, "1", 500);
        let answer = tenant
            .api
            .keyed("/v1/purchases", "1", &receipt)
            .await
            .expect(201);
        let read = tenant
            .api
            .get(&format!("/v1/purchases/{}", answer.text("/id")))
            .await;
        assert_eq!(
            read.status, 200,
            "a read finds a living connection too: {read}"
        );
        assert_eq!(writers_of(&owner, tenant.number).await, (1, 5));
    });
}

/// A migration changes what a prepared statement returns; every connection must prepare it again.
#[test]
fn statements_that_a_migration_made_stale_are_prepared_again() {
    block_on(async {
        let _turn = TURN.lock().await;
        let cluster = rough().cluster;
        let (administrator, owner) = (cluster.administrator().await, cluster.owner().await);
        let tenant = TestTenant::on(rough(), Spec::default()).await;
        let member = tenant.member_by(&owner).await;
        for (number, column_type) in ["varchar(300)", "text"].into_iter().enumerate() {
            tenant.grant(&member, 1).await;
            let change =
                format!("alter table member_ledgers alter column status type {column_type}");
            administrator.batch_execute(&change).await.unwrap();
            for receipt in 0..3 {
                let receipt = tenant.receipt(&member, &format!("{number}-{receipt}"), 100);
                tenant
                    .api
                    .keyed("/v1/purchases", &unique(), &receipt)
                    .await
                    .expect(201);
            }
        }
        books::hold(cluster, tenant.number).await;
    });
}

#[test]
fn hot_statements_are_prepared_once_per_connection() {
    block_on(async {
        let _turn = TURN.lock().await;
        let cluster = rough().cluster;
        let (administrator, owner) = (cluster.administrator().await, cluster.owner().await);
        administrator
            .batch_execute("alter role tamaru_app set log_min_duration_statement = 0")
            .await
            .unwrap();
        let log = cluster.services.folder().join("postgres.log");
        let skip = std::fs::read_to_string(&log).unwrap().len();
        let fresh = Node::start(cluster).await;
        let tenant = TestTenant::on(&fresh, Spec::default()).await;
        let member = tenant.member_by(&owner).await;
        for _ in 0..200 {
            tenant.grant(&member, 1).await;
        }
        administrator
            .batch_execute("alter role tamaru_app reset log_min_duration_statement")
            .await
            .unwrap();
        let text = std::fs::read_to_string(&log).unwrap();
        let lines = text[skip..].lines();
        let of = |step: &str, part: &str| {
            let lines = lines.clone();
            lines
                .filter(|line| line.contains(&format!(" ms  {step} ")) && line.contains(part))
                .count()
        };
        // Requests came one by one, so a single writer's connection served them all.
        for (part, times) in [
            ("with written_keys as", 200),
            ("select ctid, member_id, version, last_recorded_at", 200),
        ] {
            assert_eq!(of("execute", part), times, "{part}");
            assert_eq!(of("parse", part), 1, "{part}");
        }
    });
}
