//! A tenant with a row in every table.

use serde_json::json;

use crate::harness::TestTenant;
use crate::harness::tenant::unique;

/// Does everything once, over HTTP; the member it did it to.
pub(crate) async fn fill(tenant: &TestTenant) -> String {
    let member = tenant
        .enrol(&json!({"cards": [unique()], "family_name": "山田", "phones": ["+819012345678"]}))
        .await;
    tenant.grant(&member, 500).await;
    let redemption =
        json!({"member": {"id": member}, "wallet": "points", "points": 5, "mode": "capture"});
    let answer = tenant
        .api
        .keyed("/v1/redemptions", &unique(), &redemption)
        .await;
    answer.expect(201);
    member
}
