//! The proof of the books sees what is wrong with them: each fault is put in, found under the name of what it breaks, and
//! taken out again.

use api::db::{Db, TenantNumber};
use api::verify::verify_tenant;
use serde_json::json;

use crate::harness::node::Node;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{TestTenant, block_on, node};

/// A fault, what takes it out again, and the invariants that it breaks.
const FAULTS: [(&str, &str, &[&str]); 17] = [
    (
        "update member_ledgers set wallets = wallets || wallets, available = available || available,
            pending = pending || pending, reserved = reserved || reserved, deficit = deficit || deficit,
            next_expiries = next_expiries || next_expiries",
        "update member_ledgers set wallets = wallets[1:1], available = available[1:1], pending = pending[1:1],
            reserved = reserved[1:1], deficit = deficit[1:1], next_expiries = next_expiries[1:1]",
        &["C4"],
    ),
    (
        "update lots set expires_at = '2100-01-01'",
        "update lots set expires_at = 'infinity'",
        &["C4"],
    ),
    (
        "update member_ledgers set status = 'closed'",
        "update member_ledgers set status = 'active'",
        &["C4"],
    ),
    (
        "update member_ledgers set next_expires_at = '2100-01-01'",
        "update member_ledgers set next_expires_at = 'infinity'",
        &["C4"],
    ),
    (
        "update ledger_transactions set credits = array_replace(credits, 1::smallint, 9::smallint) where version = 1",
        "update ledger_transactions set credits = array_replace(credits, 9::smallint, 1::smallint)",
        &["I1", "I3", "I7"],
    ),
    (
        "update ledger_transactions set debits = array_replace(debits, 11::smallint, 9::smallint) where version = 2",
        "update ledger_transactions set debits = array_replace(debits, 9::smallint, 11::smallint)",
        &["I1", "I27"],
    ),
    (
        "update member_ledgers set available = array(select a + 1 from unnest(available) a)",
        "update member_ledgers set available = array(select a - 1 from unnest(available) a)",
        &["I3"],
    ),
    (
        "update lots set remaining = remaining - 1 where remaining = granted",
        "update lots set remaining = remaining + 1 where remaining = granted - 1",
        &["I3", "I6"],
    ),
    (
        "update lots set granted = granted + 1",
        "update lots set granted = granted - 1",
        &["I6"],
    ),
    (
        "update ledger_transactions set balances_after = array(select b + 1 from unnest(balances_after) b) where version = 2",
        "update ledger_transactions set balances_after = array(select b - 1 from unnest(balances_after) b) where version = 2",
        &["I7"],
    ),
    (
        "update ledger_transactions set balances_after = array(select b + 1 from unnest(balances_after) b) where version = 4",
        "update ledger_transactions set balances_after = array(select b - 1 from unnest(balances_after) b) where version = 4",
        &["I7", "I27"],
    ),
    (
        "update member_ledgers set deficit = array(select 1 from unnest(deficit))",
        "update member_ledgers set deficit = array(select 0 from unnest(deficit))",
        &["I3", "I13"],
    ),
    (
        "update member_ledgers set version = version + 1",
        "update member_ledgers set version = version - 1",
        &["I17"],
    ),
    (
        "update ledger_transactions set recorded_at = recorded_at + interval '1 day' where version = 1",
        "update ledger_transactions set recorded_at = recorded_at - interval '1 day' where version = 1",
        &["I17"],
    ),
    (
        "update member_ledgers set day_spend = day_spend + 1 where last_day is not null",
        "update member_ledgers set day_spend = day_spend - 1 where last_day is not null",
        &["C1"],
    ),
    (
        "insert into earlier_days select tenant_id, member_id, last_day, day_spend, day_gross_spend, day_visits,
            day_points_earned from member_ledgers where last_day is not null",
        "delete from earlier_days d using member_ledgers l
            where l.tenant_id = d.tenant_id and l.member_id = d.member_id and l.last_day = d.business_date",
        &["C1"],
    ),
    (
        "update earlier_days set visits = visits - 1",
        "update earlier_days set visits = visits + 1",
        &["C1"],
    ),
];

/// The invariants that something speaks against.
async fn broken(db: &Db, tenant: i64) -> Vec<&'static str> {
    let findings = verify_tenant(db, TenantNumber(tenant)).await.unwrap();
    let broken = findings
        .iter()
        .filter(|finding| finding.violations > 0 && !finding.examples.is_empty());
    broken.map(|finding| finding.invariant).collect()
}

#[test]
fn every_fault_in_the_books_is_found_under_its_name() {
    block_on(async {
        let cluster = node().cluster.beside("tamaru_it_proof").await;
        let node = Node::start(Box::leak(Box::new(cluster))).await;
        let tenant = TestTenant::on(&node, Spec::default()).await;
        let owner = node.cluster.owner().await;
        let member = tenant.member_by(&owner).await;
        for day in ["2026-11-20", "2026-11-21", "2026-11-21"] {
            let mut receipt = tenant.receipt(&member, &unique(), 1_000);
            receipt["occurred_at"] = format!("{day}T12:00:00+09:00").into();
            tenant.buy(&receipt).await.expect(201);
        }
        let taken =
            json!({"member": {"id": member}, "wallet": "points", "points": 3, "mode": "capture"});
        let path = "/v1/redemptions";
        tenant.api.keyed(path, &unique(), &taken).await.expect(201);
        let url = node.cluster.service_url.clone().into();
        let db = Db::new(&url, 2, tokio::runtime::Handle::current()).unwrap();
        assert_eq!(broken(&db, tenant.number).await, [""; 0]);
        for (fault, repair, expected) in FAULTS {
            owner.batch_execute(fault).await.unwrap();
            let found = broken(&db, tenant.number).await;
            for invariant in expected {
                assert!(found.contains(invariant), "{fault}: {found:?}");
            }
            owner.batch_execute(repair).await.unwrap();
            assert_eq!(broken(&db, tenant.number).await, [""; 0], "{repair}");
        }
        node.server.stop().await;
    });
}
