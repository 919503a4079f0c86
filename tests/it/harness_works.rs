//! The harness itself: without this everything else would fail for an unclear reason.

use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node, sql};

#[test]
fn a_tenant_of_its_own_records_a_receipt() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let receipt = tenant.receipt(&member, "1", 1_050);
        let answer = tenant.api.keyed("/v1/purchases", &unique(), &receipt).await;
        let answer = answer.expect(201);
        assert_eq!(answer.json["balances"][0]["available"], 10, "{answer}");
        let owner = node().cluster.owner().await;
        let digest = sql::digest(&owner, tenant.number).await;
        assert!(digest["purchases"].starts_with("1 "), "{digest:?}");
    });
}
