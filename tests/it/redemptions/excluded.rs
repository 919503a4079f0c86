//! Goods that points may not pay, as tills meet them.

use serde_json::{Value, json};

use crate::books;
use crate::harness::tenant::{plain_program, unique};
use crate::harness::{TestTenant, block_on, node};

fn receipt(tenant: &TestTenant, member: &str, points: i64) -> Value {
    let mut receipt = tenant.receipt(member, &unique(), 100);
    receipt["lines"] = json!([{"category": "gift_card", "amount": 3_000},
        {"category": "food", "amount": 500}]);
    receipt["redeem"] = json!([{"wallet": "points", "points": points}]);
    receipt
}

#[test]
fn gift_cards_are_not_paid_by_points() {
    block_on(async {
        let mut program = plain_program();
        program["wallets"][0]["redemption"] = json!({"exclude": {"categories": ["gift_card"]}});
        let tenant = TestTenant::with_program(program).await;
        let member = tenant.member().await;
        tenant.grant(&member, 1_000).await;

        let mut quoted = receipt(&tenant, &member, 0);
        quoted.as_object_mut().unwrap().remove("redeem");
        let quote = tenant.api.post("/v1/quotes", &quoted).await.expect(200);
        assert_eq!(quote.json["redeemable"][0]["points"], 500, "{quote}");

        let refused = tenant.buy(&receipt(&tenant, &member, 501)).await;
        assert_eq!(refused.expect(422).code(), "over_maximum");
        let bought = tenant.buy(&receipt(&tenant, &member, 500)).await;
        let bought = bought.expect(201);
        assert_eq!(bought.json["amounts"]["total"], 3_000, "{bought}");
        assert_eq!(bought.json["earned"][0]["points"], 30, "{bought}");
        assert_eq!(tenant.available(&member).await, 530);

        let path = format!("/v1/purchases/{}/returns", bought.text("/id"));
        let back = |line: i64| json!({"lines": [{"line": line}]});
        let food = tenant.api.keyed(&path, &unique(), &back(1)).await;
        let food = food.expect(201).json;
        assert_eq!(food["restored"][0]["points"], 500);
        assert_eq!(food["refunded"], json!({"amount": 0, "points": 500}));
        let card = tenant.api.keyed(&path, &unique(), &back(0)).await;
        let card = card.expect(201).json;
        assert_eq!(card["refunded"], json!({"amount": 3_000, "points": 0}));
        assert_eq!(tenant.available(&member).await, 1_000);
        books::hold(node().cluster, tenant.number).await;
    });
}
