//! The hot path finds its rows by key, also while Postgres knows nothing about its tables yet.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::books;
use crate::harness::node::Node;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{TestTenant, block_on, node};

/// Members with points, so many that Postgres would rather look at all of them than for each.
const MEMBERS: usize = 400;
/// Receipts one after the other, until the writer has made its plans anew.
const RECEIPTS: usize = 260;
/// Receipts that are looked at.
const LOOKED_AT: usize = 20;

/// A bit more than one.
const SECOND: Duration = Duration::from_millis(1_100);

/// Rows that were read by an index, and rows that were changed.
async fn touched(administrator: &Client, table: &str) -> (i64, i64) {
    let query = "select idx_tup_fetch, n_tup_upd from pg_stat_user_tables where relname = $1";
    let row = administrator.query_one(query, &[&table]).await.unwrap();
    (row.get(0), row.get(1))
}

#[test]
fn a_receipt_reads_the_rows_of_its_member_and_not_those_of_its_tenant() {
    block_on(async {
        let cluster = node().cluster.beside("tamaru_it_by_key").await;
        let node = Node::start(Box::leak(Box::new(cluster))).await;
        let tenant = TestTenant::on(&node, Spec::default()).await;
        let owner = node.cluster.owner().await;
        let mut members = Vec::new();
        for _ in 0..MEMBERS {
            members.push(tenant.member_by(&owner).await);
        }
        let first: Vec<Value> = (members.iter().enumerate())
            .map(|(number, member)| tenant.receipt(member, &format!("first-{number}"), 1_000))
            .collect();
        let first = json!({"purchases": first});
        let path = "/v1/purchases/batch";
        tenant.api.keyed(path, &unique(), &first).await.expect(200);
        let buy = async |number: usize| {
            let receipt = tenant.receipt(&members[number], &format!("next-{number}"), 1_000);
            tenant.buy(&receipt).await.expect(201);
        };
        for number in 0..RECEIPTS {
            buy(number).await;
        }
        let administrator = node.cluster.administrator().await;
        // A session tells what it did at most once a second, at the end of a transaction.
        tokio::time::sleep(SECOND).await;
        buy(RECEIPTS).await;
        let mut before = Vec::new();
        for table in ["member_days", "member_ledgers"] {
            before.push((table, touched(&administrator, table).await));
        }
        for number in 1..LOOKED_AT {
            buy(RECEIPTS + number).await;
        }
        tokio::time::sleep(SECOND).await;
        buy(RECEIPTS + LOOKED_AT).await;
        let looked_at = i64::try_from(LOOKED_AT).unwrap();
        for (table, (read, changed)) in before {
            let after = touched(&administrator, table).await;
            assert_eq!(after.1 - changed, looked_at, "changes of {table}");
            let reads = after.0 - read;
            assert!(
                reads <= 5 * looked_at,
                "{reads} rows of {table} for {looked_at} receipts"
            );
        }
        books::hold(node.cluster, tenant.number).await;
    });
}
