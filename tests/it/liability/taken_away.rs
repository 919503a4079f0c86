//! Sums that somebody takes away while a worker writes more of them down.

use api::db::TenantNumber;
use api::ledger_sums::close;

use super::sums::{FINE, busy, compare, database, moments, violations};
use crate::books;
use crate::harness::{block_on, node};

#[test]
fn sums_that_are_taken_away_meanwhile_are_not_built_on() {
    block_on(async {
        let (tenant, owner) = (busy().await, node().cluster.owner().await);
        let number = tenant.number;
        let forget = format!("delete from ledger_sums where tenant_id = {number}");
        let mut met = 0;
        for _ in 0..40 {
            let db = database();
            let closing = tokio::spawn(async move { close(&db, TenantNumber(number), FINE).await });
            while !closing.is_finished() && moments(&owner, number).await < 2 {}
            owner.batch_execute(&forget).await.unwrap();
            closing.await.unwrap().unwrap();
            met += i32::from(moments(&owner, number).await == 0);
            assert_eq!(violations(&database(), number).await, 0);
            owner.batch_execute(&forget).await.unwrap();
        }
        assert!(met > 0, "they were never taken away meanwhile");
        let db = database();
        assert!(close(&db, TenantNumber(number), FINE).await.unwrap() > 1);
        compare(&tenant.api, &owner, number).await;
        books::hold(node().cluster, number).await;
    });
}
