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

#[test]
fn a_statement_leaves_out_what_took_place_in_other_stores() {
    block_on(async {
        let (tenant, member) = two_stores().await;
        let till = tenant.restricted(&TILL, json!({"stores": ["ginza"]})).await;
        let mut seen = Vec::new();
        for store in ["shibuya", "ginza", "shibuya", "ginza"] {
            let mut receipt = tenant.receipt(&member, &unique(), 500);
            receipt["store"] = json!(store);
            let bought = tenant.buy(&receipt).await.expect(201);
            let back = format!("/v1/purchases/{}/returns", bought.text("/id"));
            let part = json!({"amount": 100});
            let back = tenant.api.keyed(&back, &unique(), &part).await.expect(201);
            let spend = json!({
                "member": {"id": member}, "wallet": "points", "points": 1, "mode": "capture", "store": store
            });
            let spent = tenant.api.keyed("/v1/redemptions", &unique(), &spend).await;
            let made = [bought, back, spent.expect(201)];
            let ids = made.iter().map(|made| made.text("/transaction_id"));
            seen.extend(ids.filter(|_| store == "ginza"));
        }
        let give =
            json!({"member": {"id": member}, "wallet": "points", "points": 1, "reason": "test"});
        let given = tenant.api.keyed("/v1/adjustments", &unique(), &give).await;
        seen.push(given.expect(201).text("/transaction_id"));
        seen.reverse();
        let path = format!("/v1/members/{member}/transactions");
        let all = tenant.api.get(&path).await.expect(200).json;
        let fresh = all["data"].as_array().unwrap().iter().take(13);
        assert_eq!(fresh.len(), 13, "{all}");
        let mut told: Vec<String> = Vec::new();
        let mut page = till.get(&format!("{path}?limit=3")).await.expect(200).json;
        while told.len() < seen.len() {
            let data = page["data"].as_array().unwrap();
            told.extend(
                data.iter()
                    .map(|entry| entry["id"].as_str().unwrap().to_owned()),
            );
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            let next = format!("{path}?limit=3&cursor={cursor}");
            page = till.get(&next).await.expect(200).json;
        }
        refused(
            &till.get(&format!("/v1/members/{member}/export")).await,
            "not_granted",
        );
        told.truncate(seen.len());
        assert_eq!(told, seen);
    });
}
