//! What happened in one store is nothing for the key of another.

use serde_json::json;

use super::{TILL, refused, two_stores};
use crate::harness::block_on;
use crate::harness::tenant::unique;

#[test]
fn a_redemption_belongs_to_the_store_that_it_named() {
    block_on(async {
        let (tenant, member) = two_stores().await;
        let key = async |store: &str| tenant.restricted(&TILL, json!({"stores": [store]})).await;
        let (ginza, shibuya) = (key("ginza").await, key("shibuya").await);
        let body = |mode: &str, store: Option<&str>| {
            let mut body =
                json!({"member": {"id": member}, "wallet": "points", "points": 5, "mode": mode});
            if let Some(store) = store {
                body["store"] = json!(store);
            }
            body
        };
        for (mode, steps) in [
            ("reserve", vec!["capture", "reverse"]),
            ("reserve", vec!["release"]),
        ] {
            let made = ginza
                .keyed("/v1/redemptions", &unique(), &body(mode, Some("ginza")))
                .await;
            let made = made.expect(201);
            assert_eq!(made.json["store"], "ginza");
            let path = format!("/v1/redemptions/{}", made.text("/id"));
            refused(&shibuya.get(&path).await, "not_granted");
            ginza.get(&path).await.expect(200);
            for step in steps {
                let path = format!("{path}/{step}");
                let foreign = shibuya.keyed(&path, &unique(), &json!({})).await;
                refused(&foreign, "not_granted");
                let own = ginza.keyed(&path, &unique(), &json!({})).await.expect(200);
                assert_eq!(own.json["store"], "ginza");
            }
        }
        // One that named no store belongs to none.
        let made = tenant
            .api
            .keyed("/v1/redemptions", &unique(), &body("reserve", None))
            .await;
        let made = made.expect(201);
        assert_eq!(made.json["store"], json!(null));
        let path = format!("/v1/redemptions/{}", made.text("/id"));
        refused(&ginza.get(&path).await, "not_granted");
        let release = format!("{path}/release");
        refused(
            &ginza.keyed(&release, &unique(), &json!({})).await,
            "not_granted",
        );
        tenant
            .api
            .keyed(&release, &unique(), &json!({}))
            .await
            .expect(200);
    });
}

#[test]
fn a_transaction_of_another_store_is_refused() {
    block_on(async {
        let (tenant, member) = two_stores().await;
        let till = tenant.restricted(&TILL, json!({"stores": ["ginza"]})).await;
        for (store, status) in [("ginza", 200), ("shibuya", 403)] {
            let mut receipt = tenant.receipt(&member, &unique(), 500);
            receipt["store"] = json!(store);
            let bought = tenant.buy(&receipt).await.expect(201);
            let back = format!("/v1/purchases/{}/returns", bought.text("/id"));
            let back = tenant
                .api
                .keyed(&back, &unique(), &json!({"amount": 100}))
                .await;
            let body = json!({
                "member": {"id": member}, "wallet": "points", "points": 1, "mode": "capture", "store": store
            });
            let taken = tenant.api.keyed("/v1/redemptions", &unique(), &body).await;
            for made in [bought, back.expect(201), taken.expect(201)] {
                let path = format!("/v1/transactions/{}", made.text("/transaction_id"));
                let answer = till.get(&path).await;
                assert_eq!(answer.status, status, "{store}: {answer}");
                tenant.api.get(&path).await.expect(200);
            }
        }
        let body =
            json!({"member": {"id": member}, "wallet": "points", "points": 1, "reason": "test"});
        let made = tenant.api.keyed("/v1/adjustments", &unique(), &body).await;
        let path = format!(
            "/v1/transactions/{}",
            made.expect(201).text("/transaction_id")
        );
        till.get(&path).await.expect(200);
    });
}
