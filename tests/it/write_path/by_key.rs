//! The hot path finds its rows by key, also while Postgres knows nothing about its tables yet.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::books;
use crate::harness::node::Node;
use crate::harness::tenant::{Spec, plain_program, unique};
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

/// A program that looks back for every receipt, by counters of days and day by day.
fn looking_back() -> Value {
    let mut program = plain_program();
    let third = json!({"code": "third", "wallet": "points", "award": {"type": "fixed", "points": 1},
        "when": {"nth_visit": 3}});
    program["earn_rules"].as_array_mut().unwrap().push(third);
    program["ranks"] = json!([{"code": "main", "metric": "spend", "window": {"type": "rolling_days", "days": 365},
        "steps": [{"code": "bronze", "from": 0}, {"code": "silver", "from": 50_000}]}]);
    program
}

/// Receipts one by one, and how many rows of each table were read by an index and changed meanwhile.
async fn look(
    (tenant, administrator): (&TestTenant, &Client),
    receipts: Vec<Value>,
) -> [(&'static str, i64, i64); 2] {
    let tables = ["earlier_days", "member_ledgers"];
    let (first, rest) = receipts.split_first().unwrap();
    let (last, rest) = rest.split_last().unwrap();
    let buy = async |receipt: &Value| tenant.buy(receipt).await.expect(201);
    tokio::time::sleep(SECOND).await;
    buy(first).await;
    let before = [
        touched(administrator, tables[0]).await,
        touched(administrator, tables[1]).await,
    ];
    for receipt in rest {
        buy(receipt).await;
    }
    tokio::time::sleep(SECOND).await;
    buy(last).await;
    let mut found = [(tables[0], 0, 0), (tables[1], 0, 0)];
    for ((table, read, changed), before) in found.iter_mut().zip(before) {
        let after = touched(administrator, table).await;
        (*read, *changed) = (after.0 - before.0, after.1 - before.1);
    }
    found
}

#[test]
fn a_receipt_reads_the_rows_of_its_member_and_not_those_of_its_tenant() {
    block_on(async {
        let cluster = node().cluster.beside("tamaru_it_by_key").await;
        let node = Node::start(Box::leak(Box::new(cluster))).await;
        let spec = Spec {
            program: Some(looking_back()),
            ..Spec::default()
        };
        let tenant = TestTenant::on(&node, spec).await;
        let owner = node.cluster.owner().await;
        let mut members = Vec::new();
        for _ in 0..MEMBERS {
            members.push(tenant.member_by(&owner).await);
        }
        for day in [20, 21] {
            let first: Vec<Value> = (members.iter().enumerate())
                .map(|(number, member)| on(&tenant, day, member, &format!("first-{number}")))
                .collect();
            let first = json!({"purchases": first});
            let path = "/v1/purchases/batch";
            tenant.api.keyed(path, &unique(), &first).await.expect(200);
        }
        for (number, member) in members.iter().take(RECEIPTS).enumerate() {
            let receipt = on(&tenant, 21, member, &format!("next-{number}"));
            tenant.buy(&receipt).await.expect(201);
        }
        let administrator = node.cluster.administrator().await;
        let looked_at = i64::try_from(LOOKED_AT).unwrap();
        // The latest day of a member stands in its ledger; the one before has a row of its own.
        for (day, changes) in [(21, [0, looked_at]), (20, [looked_at, looked_at])] {
            let receipts = (0..=LOOKED_AT).map(|number| {
                let member = &members[RECEIPTS + number];
                on(&tenant, day, member, &format!("looked-at-{number}"))
            });
            let found = look((&tenant, &administrator), receipts.collect()).await;
            for ((table, read, changed), changes) in found.into_iter().zip(changes) {
                assert_eq!(changed, changes, "changes of {table} by receipts of {day}");
                assert!(
                    read <= 8 * looked_at,
                    "{read} rows of {table} for {looked_at} receipts of {day}"
                );
            }
        }
        books::hold(node.cluster, tenant.number).await;
    });
}

/// A receipt of a day of November.
fn on(tenant: &TestTenant, day: u8, member: &str, number: &str) -> Value {
    let mut receipt = tenant.receipt(member, number, 1_000);
    receipt["occurred_at"] = format!("2026-11-{day}T12:00:00+09:00").into();
    receipt
}
