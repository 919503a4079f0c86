//! Claims that come too late, or by somebody else.

use serde_json::json;

use super::{act, receipt};
use crate::harness::{TestTenant, block_on};

#[test]
fn what_another_member_bought_can_not_be_claimed_whatever_became_of_it() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let (owner, other) = (tenant.member().await, tenant.member().await);
        let amount = json!({"amount": 1_000});
        let fates = [("", json!({})), ("void", json!({})), ("returns", amount)];
        for (fate, body) in fates {
            let bought = receipt(&tenant, Some(&owner), &[1_000]);
            let id = tenant.buy(&bought).await.expect(201).text("/id");
            if !fate.is_empty() {
                let done = act(&tenant, &id, fate, &body).await;
                assert!([200, 201].contains(&done.status), "{done}");
            }
            for member in [&other, &owner] {
                let claim = json!({"member": {"id": member}});
                let refused = act(&tenant, &id, "claim", &claim).await.expect(409);
                assert_eq!(refused.code(), "already_claimed", "{fate}: {refused}");
            }
        }
    });
}

#[test]
fn a_claim_by_nobody_names_its_member() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let sold = tenant.buy(&receipt(&tenant, None, &[1_000])).await;
        let id = sold.expect(201).text("/id");
        let claim = json!({"member": {"external_id": "nobody"}});
        let refused = act(&tenant, &id, "claim", &claim).await.expect(422);
        let fault = ("/member".to_owned(), "unknown_reference".to_owned());
        assert_eq!(refused.faults(), [fault], "{refused}");
    });
}

#[test]
fn a_claim_has_its_time_and_is_never_before_the_purchase() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let sold = tenant.buy(&receipt(&tenant, None, &[1_000])).await;
        let id = sold.expect(201).text("/id");
        let claim = |at: &str| json!({"member": {"id": member}, "occurred_at": at});
        for (at, code) in [
            ("2026-11-21T11:59:59+09:00", "validation_failed"),
            ("2099-01-01T00:00:00Z", "occurred_in_future"),
        ] {
            let refused = act(&tenant, &id, "claim", &claim(at)).await.expect(422);
            assert_eq!(refused.code(), code, "{refused}");
        }
        let claimed = act(&tenant, &id, "claim", &claim("2026-11-21T12:00:00+09:00")).await;
        assert_eq!(claimed.expect(200).json["member_id"], json!(member));
    });
}
