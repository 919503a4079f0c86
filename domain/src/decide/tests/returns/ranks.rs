use super::shop::{Shop, lines};
use crate::decide::tests::base_program;
use serde_json::{Value, json};

fn program(ladder: &Value, returns: &Value) -> Value {
    let mut program = base_program();
    let mut own = json!({"code": "main", "metric": "spend", "window": {"type": "calendar_year"},
        "downgrade": {"at": "never"},
        "steps": [{"code": "bronze", "from": 0}, {"code": "silver", "from": 5_000},
            {"code": "gold", "from": 10_000}]});
    own.as_object_mut()
        .unwrap()
        .extend(ladder.as_object().unwrap().clone());
    program["ranks"] = json!([own]);
    program["returns"] = returns.clone();
    program
}

fn rank(shop: &Shop) -> String {
    let state = &shop.journal.member.ranks.ladders["main"];
    state.code().unwrap_or("none").to_owned()
}

#[test]
fn a_rank_that_was_reached_with_the_goods_ends_with_them() {
    let mut shop = Shop::of(&program(&json!({}), &json!({})));
    shop.buys(json!({"lines": [{"amount": 6_000}]}));
    let bought = shop.buys(json!({"lines": [{"amount": 4_000}, {"amount": 500}]}));
    assert_eq!(rank(&shop), "gold");
    let back = shop.gives_back(bought.id, lines(&[1])).unwrap();
    assert_eq!(
        (rank(&shop).as_str(), back.ranks[0].changed),
        ("gold", false)
    );
    let back = shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(rank(&shop), "silver");
    assert_eq!(back.ranks[0].previous.as_ref().unwrap().as_str(), "gold");
    let change = shop.journal.changes.last().unwrap();
    assert_eq!(change.cause.as_str(), "return");
    assert_eq!(change.purchase, Some(bought.id));
    assert_eq!(
        (change.numbers[0].threshold, change.numbers[0].value),
        (10_000, 6_000)
    );
}

#[test]
fn a_rank_stays_where_other_receipts_reach_it_or_the_program_says_so() {
    let mut shop = Shop::of(&program(&json!({}), &json!({})));
    let bought = shop.buys(json!({"lines": [{"amount": 6_000}]}));
    shop.buys(json!({"lines": [{"amount": 9_000}]}));
    shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(rank(&shop), "silver");
    let mut kept = Shop::of(&program(&json!({}), &json!({"review_rank": false})));
    let bought = kept.buys(json!({"lines": [{"amount": 6_000}]}));
    kept.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(rank(&kept), "silver");
}

#[test]
fn a_rank_of_last_year_does_not_end_by_goods_of_this_year() {
    let ladder = json!({"downgrade": {"at": "dates", "dates": ["06-01"]}});
    let mut shop = Shop::of(&program(&ladder, &json!({}))).at("2026-12-01T03:00:00Z");
    shop.buys(json!({"lines": [{"amount": 12_000}]}));
    shop.now = "2027-02-01T03:00:00Z".parse().unwrap();
    let bought = shop.buys(json!({"lines": [{"amount": 500}]}));
    shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(rank(&shop), "gold");
}
