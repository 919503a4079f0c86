use super::shop::{Shop, lines, pieces, sums, worth};
use crate::decide::tests::base_program;
use crate::decide::{Refusal, ReturnedGoods};
use serde_json::{Value, json};

fn with(wallet: &Value, returns: &Value) -> Value {
    let mut program = base_program();
    let mut own = json!({"code": "points"});
    own.as_object_mut()
        .unwrap()
        .extend(wallet.as_object().unwrap().clone());
    program["wallets"] = json!([own]);
    program["returns"] = returns.clone();
    program
}

fn line(amount: i64) -> Value {
    json!({"amount": amount})
}

#[test]
fn a_return_leaves_what_the_rest_alone_would_have_earned() {
    let mut shop = Shop::of(&base_program());
    let bought = shop.buys(json!({"lines": [line(1_050), line(980)]}));
    assert_eq!(shop.holds("points"), (20, 0, 0));
    let back = shop.gives_back(bought.id, lines(&[1])).unwrap();
    assert_eq!(sums(&back), (10, 10, 0, 980));
    assert_eq!(shop.holds("points"), (10, 0, 0));
    assert!(!back.complete);
    let rest = shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(sums(&rest), (10, 10, 0, 1_050));
    assert!(rest.complete);
    assert_eq!(shop.holds("points"), (0, 0, 0));
    let again = shop.gives_back(bought.id, lines(&[0]));
    assert_eq!(again, Err(Refusal::OverReturned));
    let void = shop.gives_back(bought.id, ReturnedGoods::Void);
    assert_eq!(void, Err(Refusal::AllReturned));
}

#[test]
fn pieces_come_back_one_by_one_and_never_more_than_were_bought() {
    let mut shop = Shop::of(&base_program());
    let one = json!({"lines": [{"unit_price": 250, "quantity": 3}]});
    let bought = shop.buys(one);
    assert_eq!(shop.holds("points"), (7, 0, 0));
    let first = shop.gives_back(bought.id, pieces(0, "1")).unwrap();
    assert_eq!(sums(&first), (2, 2, 0, 250));
    assert_eq!(
        shop.gives_back(bought.id, pieces(0, "3")),
        Err(Refusal::OverReturned)
    );
    let rest = shop.gives_back(bought.id, pieces(0, "2")).unwrap();
    assert_eq!(sums(&rest), (5, 5, 0, 500));
    assert!(rest.complete);
}

#[test]
fn a_weight_comes_back_by_its_share_of_the_price() {
    let mut shop = Shop::of(&base_program());
    let bought = shop.buys(json!({"lines": [{"quantity": "0.6", "amount": 1_000}]}));
    let back = shop.gives_back(bought.id, pieces(0, "0.2")).unwrap();
    assert_eq!(sums(&back), (4, 4, 0, 334));
    let rest = shop.gives_back(bought.id, pieces(0, "0.4")).unwrap();
    assert_eq!(sums(&rest), (6, 6, 0, 666));
}

#[test]
fn own_lots_go_first_then_others_then_a_deficit_that_the_next_credit_repays() {
    let mut shop = Shop::of(&base_program());
    shop.buys(json!({"lines": [line(1_000)]}));
    let bought = shop.buys(json!({"lines": [line(5_000)]}));
    // The older lot is spent first, then 30 of the purchase's own 50.
    shop.buys(json!({"lines": [{"amount": 40, "points_excluded": true}],
        "redeem": [{"wallet": "points", "points": 40}]}));
    shop.buys(json!({"lines": [line(1_000)]}));
    assert_eq!(shop.holds("points"), (30, 0, 0));
    let back = shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(sums(&back), (50, 50, 0, 5_000));
    assert_eq!(shop.holds("points"), (0, 0, 20));
    shop.buys(json!({"lines": [line(10_000)]}));
    assert_eq!(shop.holds("points"), (80, 0, 0));
}

#[test]
fn a_shortage_is_forgiven_or_refuses_the_return() {
    let spend = json!({"lines": [{"amount": 40, "points_excluded": true}],
        "redeem": [{"wallet": "points", "points": 40}]});
    let mut clamp = Shop::of(&with(&json!({"on_shortage": "clamp"}), &json!({})));
    let bought = clamp.buys(json!({"lines": [line(3_000), line(2_000)]}));
    clamp.buys(spend.clone());
    let back = clamp.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(sums(&back), (10, 30, 0, 3_000));
    assert_eq!(clamp.holds("points"), (0, 0, 0));
    // What was forgiven stays forgiven.
    clamp.buys(json!({"lines": [line(10_000)]}));
    let rest = clamp.gives_back(bought.id, lines(&[1])).unwrap();
    assert_eq!(sums(&rest), (20, 20, 0, 2_000));
    assert_eq!(clamp.holds("points"), (80, 0, 0));

    let mut refuse = Shop::of(&with(&json!({"on_shortage": "refuse"}), &json!({})));
    let bought = refuse.buys(json!({"lines": [line(5_000)]}));
    refuse.buys(spend);
    let refused = refuse.gives_back(bought.id, lines(&[0])).unwrap_err();
    assert_eq!(refused.code(), "insufficient_points");
    assert_eq!(refuse.holds("points"), (10, 0, 0));
}

#[test]
fn half_of_an_order_that_points_paid_gives_half_back_of_both() {
    let program = with(&json!({}), &json!({"mode": "prorate"}));
    let mut shop = Shop::of(&program);
    shop.buys(json!({"lines": [line(20_000)]}));
    assert_eq!(shop.holds("points"), (200, 0, 0));
    let bought = shop.buys(json!({"lines": [line(3_575), line(3_575)],
        "redeem": [{"wallet": "points", "points": 150}]}));
    assert_eq!(shop.holds("points"), (120, 0, 0));
    let back = shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(sums(&back), (35, 35, 75, 3_500));
    assert_eq!(shop.holds("points"), (160, 0, 0));
    let rest = shop.gives_back(bought.id, lines(&[1])).unwrap();
    assert_eq!(sums(&rest), (35, 35, 75, 3_500));
    assert_eq!(shop.holds("points"), (200, 0, 0));
}

#[test]
fn points_stay_paid_as_far_as_the_rest_can_take_them() {
    let mut shop = Shop::of(&base_program());
    shop.buys(json!({"lines": [line(20_000)]}));
    let bought = shop.buys(json!({"lines": [line(1_000), line(100)],
        "redeem": [{"wallet": "points", "points": 150}]}));
    // 950 were paid in money, 9 points earned; the rest of 100 is paid by points alone.
    assert_eq!(shop.holds("points"), (59, 0, 0));
    let back = shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(sums(&back), (9, 9, 50, 950));
    let rest = shop.gives_back(bought.id, lines(&[1])).unwrap();
    assert_eq!(sums(&rest), (0, 0, 100, 0));
    assert_eq!(shop.holds("points"), (200, 0, 0));
}

#[test]
fn an_amount_is_spread_by_value_and_the_last_takes_the_rest() {
    let mut shop = Shop::of(&base_program());
    let bought = shop.buys(json!({"lines": [line(1_000), line(2_000)]}));
    let back = shop.gives_back(bought.id, worth(750)).unwrap();
    assert_eq!(sums(&back), (8, 8, 0, 750));
    let amounts: Vec<i64> = back.lines.iter().map(|part| part.amount.minor()).collect();
    assert_eq!(amounts, [250, 500]);
    assert_eq!(
        shop.gives_back(bought.id, worth(2_251)),
        Err(Refusal::OverReturned)
    );
    let rest = shop.gives_back(bought.id, worth(2_250)).unwrap();
    assert_eq!(sums(&rest), (22, 22, 0, 2_250));
    assert!(rest.complete);
}

#[test]
fn what_comes_back_to_a_lot_that_is_over_is_over_unless_there_is_grace() {
    let expiry = json!({"expiry": {"type": "after", "days": 10}});
    let buy = json!({"lines": [line(500)], "redeem": [{"wallet": "points", "points": 60}]});
    let run = |returns: Value| {
        let mut shop = Shop::of(&with(&expiry, &returns)).at("2026-11-01T03:00:00Z");
        shop.buys(json!({"lines": [line(10_000)]}));
        let bought = shop.buys(buy.clone());
        shop.waits_until("2026-12-01T03:00:00Z");
        let back = shop.gives_back(bought.id, lines(&[0])).unwrap();
        let restored = &back.restored[0];
        let before = shop.holds("points");
        shop.waits_until("2026-12-06T14:59:59Z");
        let last = shop.holds("points").0;
        shop.waits_until("2026-12-06T15:00:00Z");
        let points = (restored.points.get(), restored.expired.get());
        (points, before.0, last, shop.holds("points").0)
    };
    assert_eq!(run(json!({})), ((0, 60), 0, 0, 0));
    assert_eq!(run(json!({"grace_days": 5})), ((60, 0), 60, 60, 0));
    let new_lot = json!({"restore_to": "new_lot"});
    assert_eq!(run(new_lot), ((60, 0), 60, 60, 60));
}

#[test]
fn points_that_time_took_are_not_taken_a_second_time() {
    let expiry = json!({"expiry": {"type": "after", "days": 10}});
    let mut shop = Shop::of(&with(&expiry, &json!({}))).at("2026-11-01T03:00:00Z");
    let bought = shop.buys(json!({"lines": [line(6_000), line(4_000)]}));
    shop.buys(json!({"lines": [{"amount": 60, "points_excluded": true}],
        "redeem": [{"wallet": "points", "points": 60}]}));
    shop.waits_until("2026-12-01T03:00:00Z");
    shop.buys(json!({"lines": [line(10_000)]}));
    assert_eq!(shop.holds("points"), (100, 0, 0));
    // 60 were spent and 40 are over: as with 60 earned and spent alone.
    let back = shop.gives_back(bought.id, lines(&[1])).unwrap();
    assert_eq!(
        (sums(&back), back.clawed_back[0].expired.get()),
        ((0, 40, 0, 4_000), 40)
    );
    let rest = shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(
        (sums(&rest), rest.clawed_back[0].expired.get()),
        ((60, 60, 0, 6_000), 0)
    );
    assert_eq!(shop.holds("points"), (40, 0, 0));
}

#[test]
fn pending_points_of_the_purchase_go_before_what_can_be_spent() {
    let activation = json!({"activation": {"type": "after_days", "days": 14}});
    let mut shop = Shop::of(&with(&activation, &json!({}))).at("2026-11-01T03:00:00Z");
    shop.buys(json!({"lines": [line(5_000)]}));
    shop.waits_until("2026-11-16T03:00:00Z");
    let bought = shop.buys(json!({"lines": [line(3_000)]}));
    let other = shop.buys(json!({"lines": [line(1_000)]}));
    assert_eq!(shop.holds("points"), (50, 40, 0));
    shop.gives_back(bought.id, lines(&[0])).unwrap();
    assert_eq!(shop.holds("points"), (50, 10, 0));
    shop.gives_back(other.id, lines(&[0])).unwrap();
    shop.waits_until("2026-12-16T03:00:00Z");
    assert_eq!(shop.holds("points"), (50, 0, 0));
}

#[test]
fn limits_get_their_points_back_and_not_their_times() {
    let mut program = base_program();
    program["bonuses"] = json!([{"code": "extra", "wallet": "points", "effect": {"type": "add", "points": 60},
        "when": {"minimum_amount": 1_000},
        "limits": [{"per": "member_month", "points": 100, "times": 3}, {"per": "campaign", "points": 1_000}]}]);
    let mut shop = Shop::of(&program);
    let first = shop.buys(json!({"lines": [line(1_000)]}));
    shop.buys(json!({"lines": [line(1_000)]}));
    // 60, then 40 of 60: the month is used up.
    assert_eq!(shop.holds("points"), (120, 0, 0));
    let back = shop.gives_back(first.id, lines(&[0])).unwrap();
    assert_eq!(back.uses[0].points.get(), -60);
    assert_eq!(shop.holds("points"), (50, 0, 0));
    shop.buys(json!({"lines": [line(1_000)]}));
    assert_eq!(shop.holds("points"), (120, 0, 0));
    let fourth = shop.buys(json!({"lines": [line(1_000)]}));
    assert_eq!(fourth.earned.len(), 2);
    assert_eq!(
        fourth.earned[1].points.get(),
        0,
        "three times are three times"
    );
}

#[test]
fn a_rule_that_was_dropped_or_changed_since_takes_back_what_it_gave() {
    use crate::decide::tests::version;
    use crate::program::Program;
    let mut shop = Shop::of(&base_program()).at("2026-11-01T03:00:00Z");
    let bought = shop.buys(json!({"lines": [line(5_000)]}));
    let mut richer = base_program();
    richer["earn_rules"][0]["award"]["points"] = json!(9);
    for (number, document) in [(2, richer), (3, json!({"wallets": [{"code": "points"}]}))] {
        let program = Program::load(&document).unwrap();
        let day = format!("2026-11-0{number}T00:00:00Z");
        shop.journal
            .catalog
            .versions
            .push(version(number, &day, program));
        shop.now = format!("2026-11-0{number}T03:00:00Z").parse().unwrap();
        let mut then = shop.clone();
        let back = then.gives_back(bought.id, lines(&[0])).unwrap();
        assert_eq!(sums(&back), (50, 50, 0, 5_000));
        assert_eq!(then.holds("points"), (0, 0, 0));
    }
}
