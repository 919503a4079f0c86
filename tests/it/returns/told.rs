//! What a return and an exchange tell, and how much of it the till may leave out.

use serde_json::{Value, json};

use super::{act, receipt};
use crate::books;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node};

#[test]
fn a_line_tells_an_amount_only_where_no_goods_came_back() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let bought = receipt(&tenant, None, &[1_100, 500]);
        let id = tenant.buy(&bought).await.expect(201).text("/id");
        let cheaper = json!({"lines": [{"line": 1, "amount": 200}]});
        let cheaper = act(&tenant, &id, "returns", &cheaper).await.expect(201);
        assert_eq!(cheaper.json["lines"][0]["amount"], 200);
        let goods = json!({"lines": [{"line": 0}]});
        let goods = act(&tenant, &id, "returns", &goods).await.expect(201);
        assert_eq!(goods.json["lines"], json!([{"line": 0, "quantity": 1}]));
    });
}

#[test]
fn an_amount_beyond_every_receipt_is_no_amount() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let bought = receipt(&tenant, None, &[1_000]);
        let id = tenant.buy(&bought).await.expect(201).text("/id");
        for (body, status, pointer) in [
            (json!({"amount": i64::MAX}), 422, "/amount"),
            (json!({"amount": 10_000_000_000_000_i64}), 422, "/amount"),
            (json!({"amount": 9_999_999_999_999_i64}), 409, ""),
            (
                json!({"lines": [{"line": 0, "amount": 1_000_000_000_000_i64}]}),
                422,
                "/lines/0/amount",
            ),
            (
                json!({"lines": [{"line": 0, "amount": 999_999_999_999_i64}]}),
                409,
                "",
            ),
        ] {
            let refused = act(&tenant, &id, "returns", &body).await.expect(status);
            let fault = (pointer.to_owned(), "out_of_range".to_owned());
            let expected = if status == 422 { vec![fault] } else { vec![] };
            assert_eq!(refused.faults(), expected, "{body}");
        }
    });
}

#[test]
fn an_exchange_is_by_the_owner_whether_named_or_not() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let exchange = |id: &str, purchase: &Value| json!({"return": {"purchase": id, "amount": 1_000}, "purchase": purchase});
        let bought = receipt(&tenant, Some(&member), &[5_000]);
        let id = tenant.buy(&bought).await.expect(201).text("/id");
        let unnamed = receipt(&tenant, None, &[2_000]);
        let made = tenant
            .api
            .keyed("/v1/exchanges", &unique(), &exchange(&id, &unnamed))
            .await;
        let made = made.expect(201);
        assert_eq!(made.json["purchase"]["member_id"], json!(member));
        assert_eq!(made.json["purchase"]["version"], 3);
        assert_eq!(tenant.available(&member).await, 60);
        let till = tenant.buy(&unnamed).await.expect(200);
        assert_eq!(till.json["id"], made.json["purchase"]["id"]);
        let mut paid = receipt(&tenant, None, &[2_000]);
        paid["redeem"] = json!([{"wallet": "points", "points": 50}]);
        let made = tenant
            .api
            .keyed("/v1/exchanges", &unique(), &exchange(&id, &paid))
            .await;
        assert_eq!(made.expect(201).json["purchase"]["amounts"]["total"], 1_950);

        let nobodys = receipt(&tenant, None, &[5_000]);
        let id = tenant.buy(&nobodys).await.expect(201).text("/id");
        let made = tenant
            .api
            .keyed(
                "/v1/exchanges",
                &unique(),
                &exchange(&id, &receipt(&tenant, None, &[9])),
            )
            .await;
        assert_eq!(made.expect(201).json["purchase"]["member_id"], json!(null));
        let refused = tenant
            .api
            .keyed("/v1/exchanges", &unique(), &exchange(&id, &paid))
            .await;
        assert_eq!(
            refused.expect(422).json["errors"][0]["pointer"],
            "/purchase/member"
        );
        books::hold(node().cluster, tenant.number).await;
    });
}
