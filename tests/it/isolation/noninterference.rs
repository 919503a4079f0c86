//! What a tenant is told and what is written of it does not depend on anybody else: the same script gives the same
//! answers and the same rows, byte for byte but for ids and the clock on the wall, whether its tenant is alone in the
//! database or others do the same with the same names, cards, keys and receipt numbers at the same time.

mod mask;
pub(crate) mod script;

use serde_json::{Value, json};

use super::world::World;
use crate::harness::tenant::{Spec, number_of};
use crate::harness::{Node, TestTenant, block_on, node, sql};

/// How many others do the same at the same time.
const OTHERS: usize = 3;

/// What there is to see of a tenant, without what may differ.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    answers: Vec<String>,
    rows: Vec<String>,
}

/// Lets a new tenant's sandbox, whose clock stands still, live through the script.
async fn live(node: &Node) -> Seen {
    let bare = Spec {
        program: None,
        stores: Vec::new(),
        ..Spec::default()
    };
    let tenant = TestTenant::on(node, bare).await;
    let told = script::play(&tenant.sandbox).await;
    let own = tenant.sandbox.get("/v1/tenant").await.expect(200);
    let owner = node.cluster.owner().await;
    let number = number_of(&owner, &own.text("/id")).await;
    let mut rows: Vec<(String, Value)> = Vec::new();
    for table in sql::tenant_tables(&owner).await {
        let query = format!("select to_jsonb(t)::text from {table} t where tenant_id = $1");
        for row in owner.query(&query, &[&number]).await.unwrap() {
            let mut row: Value = serde_json::from_str(row.get(0)).unwrap();
            row["tenant_id"] = json!(0);
            rows.push((table.clone(), row));
        }
    }
    assert!(rows.len() > 100, "the script left only {} rows", rows.len());
    let mask = mask::Mask::of(&told);
    let mut rows: Vec<String> = rows
        .iter()
        .map(|(table, row)| format!("{table} {}", mask.apply(&row.to_string())))
        .collect();
    rows.sort();
    Seen {
        answers: told.iter().map(|answer| mask.apply(answer)).collect(),
        rows,
    }
}

/// The first line in which two lists differ.
fn difference<'a>(one: &'a [String], other: &'a [String]) -> Option<(&'a str, &'a str)> {
    let length = one.len().max(other.len());
    let line = |list: &'a [String], at: usize| list.get(at).map_or("", String::as_str);
    (0..length)
        .map(|at| (line(one, at), line(other, at)))
        .find(|(one, other)| one != other)
}

#[track_caller]
fn is_the_same(alone: &Seen, seen: &Seen, who: &str) {
    for (alone, seen) in [(&alone.answers, &seen.answers), (&alone.rows, &seen.rows)] {
        if let Some((alone, seen)) = difference(alone, seen) {
            panic!("{who}:\nalone: {alone}\nthen:  {seen}");
        }
    }
}

#[test]
fn a_tenant_sees_the_same_whatever_others_do() {
    block_on(async {
        let cluster = node().cluster.beside("tamaru_it_alone").await;
        let node_of_its_own = Node::start(Box::leak(Box::new(cluster))).await;
        let alone = live(&node_of_its_own).await;
        // Beside what others left behind, and while they are at it.
        World::build(&node_of_its_own).await;
        let together = (0..=OTHERS).map(|_| live(&node_of_its_own));
        for seen in futures_util::future::join_all(together).await {
            is_the_same(&alone, &seen, "among others");
        }
        node_of_its_own.server.stop().await;
        node().cluster.drop_scratch("tamaru_it_alone").await;
    });
}
