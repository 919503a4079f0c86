//! Returns of receipts of which points paid only some goods.

use super::shop::{Shop, lines, sums};
use crate::amount::Amount;
use crate::decide::{ReturnLine, ReturnedGoods};
use serde_json::{Value, json};

fn program(mode: &str) -> Value {
    json!({
        "wallets": [{"code": "points", "redemption": {"exclude": {"categories": ["gift"]}}}, {"code": "miles"}],
        "earn_rules": [
            {"code": "base", "wallet": "points", "award": {"type": "per_amount", "amount": 1, "points": 1}},
            {"code": "far", "wallet": "miles", "award": {"type": "per_amount", "amount": 1, "points": 1}}],
        "earning": {"basis": {"after_points_paid": false}},
        "returns": {"mode": mode},
    })
}

fn paid(wishes: &Value) -> Value {
    json!({"lines": [{"category": "gift", "amount": 100}, {"category": "food", "amount": 100}],
        "redeem": wishes})
}

/// What is restored and refunded by returning one line, then the other.
fn both(mode: &str, wishes: &Value, order: [usize; 2]) -> [(i64, i64); 2] {
    let mut shop = Shop::of(&program(mode));
    shop.buys(json!({"lines": [{"amount": 1_000}]}));
    let bought = shop.buys(paid(wishes));
    order.map(|line| {
        let back = shop.gives_back(bought.id, lines(&[line])).unwrap();
        let (_, _, restored, refund) = sums(&back);
        (restored, refund)
    })
}

#[test]
fn what_points_paid_comes_back_with_its_goods_and_never_with_others() {
    let points = json!([{"wallet": "points", "points": 60}]);
    for mode in ["recompute", "prorate"] {
        assert_eq!(both(mode, &points, [0, 1]), [(0, 100), (60, 40)], "{mode}");
        assert_eq!(both(mode, &points, [1, 0]), [(60, 40), (0, 100)], "{mode}");
    }
}

#[test]
fn all_that_two_wallets_paid_comes_back_once() {
    let points = json!({"wallet": "points", "points": 100});
    let miles = json!({"wallet": "miles", "points": 100});
    for mode in ["recompute", "prorate"] {
        for order in [[0, 1], [1, 0]] {
            let told = both(mode, &json!([points, miles]), order);
            assert_eq!(told, [(100, 0), (100, 0)], "{mode} {order:?}");
        }
    }
}

/// What a discount took off each line stays taken off, also where it would be another one for what is left.
#[test]
fn what_is_left_keeps_the_prices_it_was_sold_for() {
    let discounts = [
        json!({"code": "coupon", "type": "fixed", "amount": 10}),
        json!({"code": "big", "type": "percent", "percent": "10", "when": {"minimum_amount": 100}}),
    ];
    for discount in discounts {
        let mut program = program("prorate");
        program["discounts"] = json!([discount]);
        let receipt = json!({"lines": [{"category": "gift", "amount": 50}, {"category": "food", "amount": 50}],
            "redeem": [{"wallet": "points", "points": 45}]});
        // 45 of the food by points, 45 of the gift card in cash.
        let some = ReturnedGoods::Lines(vec![ReturnLine {
            line: 1,
            quantity: None,
            amount: Some(Amount::new(22)),
        }]);
        for (back, expected) in [
            (lines(&[0]), (0, 45)),
            (lines(&[1]), (45, 0)),
            (some, (22, 0)),
        ] {
            let mut shop = Shop::of(&program);
            shop.buys(json!({"lines": [{"category": "toys", "amount": 99}]}));
            let bought = shop.buys(receipt.clone());
            let given = shop.gives_back(bought.id, back.clone()).unwrap();
            let (_, _, restored, refund) = sums(&given);
            assert_eq!((restored, refund), expected, "{discount} {back:?}");
        }
    }
}
