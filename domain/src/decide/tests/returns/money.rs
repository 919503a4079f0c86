use super::shop::{Shop, lines, pieces, sums, worth};
use crate::decide::tests::base_program;
use crate::decide::{Refusal, ReturnedGoods};
use serde_json::json;

#[test]
fn a_discount_that_is_lost_with_the_goods_is_taken_off_the_refund() {
    let mut program = base_program();
    program["discounts"] = json!([{"code": "big", "type": "percent", "percent": "50",
        "when": {"minimum_amount": 1_100}}]);
    let mut shop = Shop::of(&program);
    let bought = shop.buys(json!({"lines": [{"amount": 1_000}, {"amount": 400}]}));
    assert_eq!(bought.amounts.total.minor(), 700);
    // 1,000 without the discount would be more than the 700 that were paid.
    let back = shop.gives_back(bought.id, lines(&[1])).unwrap();
    assert_eq!(sums(&back), (0, 0, 0, 0));
    let rest = shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(sums(&rest), (7, 7, 0, 700));
}

#[test]
fn a_discount_stays_while_its_condition_holds() {
    let mut program = base_program();
    program["discounts"] = json!([{"code": "big", "type": "percent", "percent": "10",
        "when": {"minimum_amount": 1_000}}]);
    let mut shop = Shop::of(&program);
    let bought = shop.buys(json!({"lines": [{"unit_price": 500, "quantity": 4}]}));
    assert_eq!(bought.amounts.total.minor(), 1_800);
    let back = shop.gives_back(bought.id, pieces(0, "2")).unwrap();
    assert_eq!(sums(&back), (9, 9, 0, 900));
    // With one piece left the discount of the other is lost: 500 less 400.
    let back = shop.gives_back(bought.id, pieces(0, "1")).unwrap();
    assert_eq!(sums(&back), (4, 4, 0, 400));
}

#[test]
fn an_amount_means_what_was_paid_after_discounts() {
    let mut program = base_program();
    program["discounts"] = json!([{"code": "all", "type": "percent", "percent": "10"}]);
    let mut shop = Shop::of(&program);
    let bought = shop.buys(json!({"lines": [{"amount": 1_000}]}));
    assert_eq!(
        shop.gives_back(bought.id, worth(901)),
        Err(Refusal::OverReturned)
    );
    // The discount of what is left is rounded once more, so that a part may differ by one; the sum never does.
    let mut refunds = Vec::new();
    for _ in 0..3 {
        let back = shop.gives_back(bought.id, worth(300)).unwrap();
        refunds.push(back.refunded.amount.minor());
    }
    assert_eq!(refunds, [299, 300, 301]);
    assert_eq!(shop.holds("points"), (0, 0, 0));
}

#[test]
fn a_purchase_without_a_member_gives_back_money_alone() {
    let mut shop = Shop::of(&base_program());
    let sold = shop.sells(json!({"lines": [{"amount": 700}, {"amount": 300}]}));
    let back = shop.gives_back(sold.id, lines(&[0])).unwrap();
    assert_eq!(sums(&back), (0, 0, 0, 700));
    assert_eq!((back.version, back.balances.len()), (None, 0));
    let void = shop.gives_back(sold.id, ReturnedGoods::Void).unwrap();
    assert_eq!(void.refunded.amount.minor(), 300);
    assert_eq!(shop.gives_back(sold.id, lines(&[1])), Err(Refusal::IsVoid));
}

#[test]
fn a_void_takes_the_visit_and_a_return_only_with_the_last_of_its_goods() {
    let visits = |goods: &[ReturnedGoods]| {
        let mut shop = Shop::of(&base_program());
        let bought = shop.buys(json!({"lines": [{"amount": 700}, {"amount": 300}]}));
        for part in goods {
            shop.gives_back(bought.id, part.clone()).unwrap();
        }
        let day = |pick: fn(&crate::ledger::DayDelta) -> i64| -> i64 {
            shop.journal.days.iter().map(pick).sum()
        };
        (day(|day| day.visits), day(|day| day.spend.minor()))
    };
    assert_eq!(visits(&[lines(&[0])]), (1, 300));
    assert_eq!(visits(&[lines(&[0]), lines(&[1])]), (0, 0));
    assert_eq!(visits(&[ReturnedGoods::Void]), (0, 0));
    assert_eq!(visits(&[lines(&[1]), ReturnedGoods::Void]), (0, 0));
}

#[test]
fn the_tax_is_that_of_then() {
    let mut shop = Shop::of(&base_program());
    shop.journal.catalog.settings.prices_include_tax = false;
    shop.journal.catalog.settings.default_tax_percent = "10".parse().unwrap();
    let bought = shop.buys(json!({"lines": [{"amount": 1_000}, {"amount": 500}]}));
    assert_eq!(bought.amounts.total.minor(), 1_650);
    shop.journal.catalog.settings.default_tax_percent = "20".parse().unwrap();
    let back = shop.gives_back(bought.id, lines(&[1])).unwrap();
    assert_eq!(back.refunded.amount.minor(), 550);
}

#[test]
fn lines_are_named_once_and_give_back_more_than_nothing() {
    let mut shop = Shop::of(&base_program());
    let bought = shop.buys(json!({"lines": [{"amount": 700}]}));
    let mut code = |goods| shop.gives_back(bought.id, goods).unwrap_err().code();
    assert_eq!(code(lines(&[0, 0])), "validation_failed");
    assert_eq!(code(lines(&[1])), "validation_failed");
    assert_eq!(code(pieces(0, "0")), "validation_failed");
    assert_eq!(code(worth(0)), "validation_failed");
    assert_eq!(code(worth(-5)), "validation_failed");
    assert_eq!(code(worth(701)), "over_returned");
}
