//! Each lock between tenants alone: the matrix with row-level security taken away, and with the tenant taken out of
//! every statement. With neither of them tenants see each other, or the matrix
//! would prove nothing.

use serde_json::json;

use super::matrix;
use crate::harness::cluster::Cluster;
use crate::harness::rewriter::Rewriter;
use crate::harness::sql::{self, CONTROL_TABLES};
use crate::harness::tenant::Spec;
use crate::harness::{Node, TestTenant, block_on, node};

/// What names the tenant in the product's statements.
const PREDICATE: &str = "tenant_id = $1";

/// A database in which every tenant's rows are everybody's, as far as it goes by the database.
async fn open_cluster(name: &str) -> &'static Cluster {
    let cluster = node().cluster.beside(name).await;
    let owner = cluster.owner().await;
    for table in sql::tenant_tables(&owner).await {
        let open = format!("alter table {table} disable row level security");
        owner.batch_execute(&open).await.unwrap();
    }
    Box::leak(Box::new(cluster))
}

/// A node whose statements name no tenant, and how many it changed so far.
async fn careless(cluster: &'static Cluster) -> (Node, Rewriter) {
    let rewriter = Rewriter::before(cluster, without_tenant).await;
    let mut config = cluster.config();
    config.database_url = rewriter.url.clone().into();
    (Node::with(cluster, config).await, rewriter)
}

/// The statement with its tenant's number known and unused. Control tables have one lock only, which stays.
fn without_tenant(text: &str) -> Option<String> {
    let is_control = CONTROL_TABLES.iter().any(|table| mentions(text, table));
    if is_control || !text.contains(PREDICATE) {
        return None;
    }
    let mut rest = text;
    let mut other = String::new();
    while let Some((before, after)) = rest.split_once(PREDICATE) {
        // The name of a table before the column goes with it.
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let kept = match before.strip_suffix('.') {
            Some(named) => named.trim_end_matches(is_name),
            None => before,
        };
        other.push_str(kept);
        other.push_str("$1::bigint is not null");
        rest = after;
    }
    other.push_str(rest);
    Some(other)
}

/// Whether a statement reads or changes a table.
fn mentions(text: &str, table: &str) -> bool {
    let is_end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    text.split(is_end).any(|word| word == table)
}

#[test]
fn the_tenant_is_taken_out_of_a_statement_and_nothing_else() {
    let cases = [
        (
            "select a from stores where tenant_id = $1 and id = $2",
            Some("select a from stores where $1::bigint is not null and id = $2"),
        ),
        (
            "update lots l set x = 1 from wallets w where l.tenant_id = $1 and w.tenant_id = $1",
            Some(
                "update lots l set x = 1 from wallets w where $1::bigint is not null and $1::bigint is not null",
            ),
        ),
        ("select a from api_keys where tenant_id = $1", None),
        ("select 1", None),
    ];
    for (text, other) in cases {
        assert_eq!(without_tenant(text).as_deref(), other, "{text}");
    }
}

#[test]
fn the_tenant_in_every_statement_suffices_alone() {
    block_on(async {
        let open = Node::start(open_cluster("tamaru_it_open").await).await;
        matrix(&open, &open.base).await;
        open.server.stop().await;
        node().cluster.drop_scratch("tamaru_it_open").await;
    });
}

#[test]
fn row_level_security_suffices_alone() {
    block_on(async {
        let (careless, rewriter) = careless(node().cluster).await;
        matrix(&careless, &careless.base).await;
        // Every statement of the matrix, on every connection that prepared it.
        let changed = rewriter.changed();
        assert!(changed > 100, "only {changed} statements were changed");
        careless.server.stop().await;
    });
}

#[test]
fn without_either_lock_tenants_see_each_other() {
    block_on(async {
        let cluster = open_cluster("tamaru_it_no_lock").await;
        // Made with one lock in place: without any, they would be in each other's way already.
        let careful = Node::start(cluster).await;
        let bare = Spec {
            program: None,
            stores: Vec::new(),
            ..Spec::default()
        };
        let ours = TestTenant::on(&careful, bare.clone()).await;
        let theirs = TestTenant::on(&careful, bare).await;
        let store = json!({"code": "theirs-alone", "name": "Secret"});
        theirs.api.post("/v1/stores", &store).await.expect(201);
        let (careless, _rewriter) = careless(cluster).await;
        let asked = ours.api.at(&careless.base);
        let shown = asked.get("/v1/stores").await.expect(200).to_string();
        assert!(shown.contains("theirs-alone"), "{shown}");
        careful.server.stop().await;
        careless.server.stop().await;
        node().cluster.drop_scratch("tamaru_it_no_lock").await;
    });
}
