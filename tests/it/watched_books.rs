//! What a worker finds in the books of tenants is seen in the metrics of a server.

use api::db::Db;
use api::jobs::{Checked, check_books};

use crate::harness::node::Node;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{TestTenant, block_on, node};

/// What `/metrics` says of violations of an invariant.
async fn violations(node: &Node, invariant: &str) -> Option<String> {
    let text = String::from_utf8(node.operator().get("/metrics").await.body).unwrap();
    assert_eq!(text.matches("# EOF").count(), 1, "one text with one end");
    assert!(text.ends_with("# EOF\n"));
    let name = format!("tamaru_books_violations{{invariant=\"{invariant}\"}} ");
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix(&name).map(str::to_owned))
}

#[test]
fn a_wrong_balance_is_found_by_a_worker_and_told_by_every_server() {
    block_on(async {
        let cluster = node().cluster.beside("tamaru_it_watched_books").await;
        let node = Node::start(Box::leak(Box::new(cluster))).await;
        let tenant = TestTenant::on(&node, Spec::default()).await;
        let member = tenant.member().await;
        let receipt = tenant.receipt(&member, &unique(), 1_000);
        tenant.buy(&receipt).await.expect(201);
        let url = node.cluster.service_url.clone().into();
        let db = Db::new(&url, 2, tokio::runtime::Handle::current()).unwrap();
        assert_eq!(violations(&node, "I3").await, None, "nobody looked yet");

        let mut checked = Checked::default();
        let looked_at = check_books(&db, &mut checked).await.unwrap();
        assert_eq!(looked_at, 2, "the tenant and its sandbox");
        for invariant in ["I1", "I3", "I17", "I30"] {
            let found = violations(&node, invariant).await;
            assert_eq!(found.as_deref(), Some("0"), "{invariant}");
        }
        let again = check_books(&db, &mut checked).await.unwrap();
        let elsewhere = check_books(&db, &mut Checked::default()).await.unwrap();
        assert_eq!((again, elsewhere), (0, 0), "once a day, by whomever");

        let owner = node.cluster.owner().await;
        let spoil = format!(
            "update member_ledgers set available = array(select a + 1 from unnest(available) a) where tenant_id = {};
             delete from job_runs where job = 'books'",
            tenant.number
        );
        owner.batch_execute(&spoil).await.unwrap();
        let looked_at = check_books(&db, &mut Checked::default()).await.unwrap();
        assert_eq!(looked_at, 2);
        assert_eq!(violations(&node, "I3").await.as_deref(), Some("1"));
        assert_eq!(violations(&node, "I1").await.as_deref(), Some("0"));
        node.server.stop().await;
    });
}

#[test]
fn books_wait_while_a_job_of_their_tenant_is_under_way() {
    block_on(async {
        let cluster = node().cluster.beside("tamaru_it_waiting_books").await;
        let node = Node::start(Box::leak(Box::new(cluster))).await;
        let tenant = TestTenant::on(&node, Spec::default()).await;
        let url = node.cluster.service_url.clone().into();
        let db = Db::new(&url, 2, tokio::runtime::Handle::current()).unwrap();
        let owner = node.cluster.owner().await;
        let begin = format!(
            "insert into job_runs (tenant_id, job, business_date, leased_until)
                 values ({}, 'ranks', current_date, now() + interval '1 minute')",
            tenant.number
        );
        owner.batch_execute(&begin).await.unwrap();

        let mut checked = Checked::default();
        let looked_at = check_books(&db, &mut checked).await.unwrap();
        assert_eq!(looked_at, 1, "its sandbox alone");
        let finish = "update job_runs set finished_at = now() where job = 'ranks'";
        owner.batch_execute(finish).await.unwrap();
        let looked_at = check_books(&db, &mut checked).await.unwrap();
        assert_eq!(looked_at, 1, "the tenant, now that the job is done");
        node.server.stop().await;
    });
}
