use super::shop::{Shop, lines, sums};
use crate::decide::Refusal;
use crate::decide::tests::{base_program, earned};
use serde_json::json;

#[test]
fn a_claim_earns_as_of_the_purchase_and_changes_no_discount() {
    let mut program = base_program();
    program["discounts"] = json!([{"code": "climbs", "type": "progressive", "metric": "spend",
        "window": {"type": "lifetime"}, "tiers": [{"from": 0, "percent": "5"}]}]);
    program["bonuses"] = json!([{"code": "november", "wallet": "points",
        "effect": {"type": "multiplier", "times": "3"}, "when": {"to": "2026-11-30"}}]);
    let mut shop = Shop::of(&program).at("2026-11-21T01:15:00Z");
    let sold = shop.sells(json!({"lines": [{"amount": 1_000}]}));
    assert_eq!((sold.amounts.total.minor(), sold.earned.len()), (1_000, 0));
    shop.now = "2026-12-10T01:00:00Z".parse().unwrap();
    let claimed = shop.claims(sold.id).unwrap();
    assert_eq!(earned(&claimed), "base=10 november=20");
    assert_eq!(claimed.amounts.total.minor(), 1_000);
    assert_eq!(claimed.id, sold.id);
    assert_eq!(shop.holds("points"), (30, 0, 0));
    assert_eq!(
        shop.journal.days[0].business_date,
        jiff::civil::date(2026, 11, 21)
    );
    assert_eq!(shop.claims(sold.id), Err(Refusal::AlreadyClaimed));
    let back = shop.gives_back(sold.id, lines(&[0])).unwrap();
    assert_eq!(sums(&back), (30, 30, 0, 1_000));
    assert_eq!(shop.holds("points"), (0, 0, 0));
}

#[test]
fn a_claim_is_of_what_is_left_and_comes_within_its_days() {
    let mut program = base_program();
    program["returns"] = json!({"late_claim_days": 7});
    let mut shop = Shop::of(&program).at("2026-11-21T01:15:00Z");
    let sold = shop.sells(json!({"lines": [{"amount": 1_000}, {"amount": 2_000}]}));
    let back = shop.gives_back(sold.id, lines(&[0])).unwrap();
    assert_eq!(back.refunded.amount.minor(), 1_000);
    let mut late = shop.clone();
    late.now = "2026-11-28T15:00:00Z".parse().unwrap();
    let refused = late.claims(sold.id).unwrap_err();
    assert_eq!(refused.code(), "late_claim_window_closed");
    shop.now = "2026-11-28T14:59:59Z".parse().unwrap();
    let claimed = shop.claims(sold.id).unwrap();
    assert_eq!(earned(&claimed), "base=20");
    let rest = shop.gives_back(sold.id, lines(&[1])).unwrap();
    assert_eq!(sums(&rest), (20, 20, 0, 2_000));
    let bought = shop.buys(json!({"lines": [{"amount": 100}]}));
    assert_eq!(shop.claims(bought.id), Err(Refusal::AlreadyClaimed));
}
