//! Goods that points may not pay.

use super::{catalog, member_with, purchase, quote, receipt, told};
use crate::amount::Points;
use crate::decide::{PurchaseOutcome, Refusal};
use crate::member::WalletFacts;
use crate::program::Program;
use crate::settings::PointsPaidAs;
use serde_json::{Value, json};

/// Points that may not pay gift cards, `tax` or article 9, and miles that may pay all. Each line's money after payment
/// shows in the points of a rule of its own.
fn program(redemption: &Value) -> Value {
    let mut terms =
        json!({"exclude": {"categories": ["gift"], "departments": ["tax"], "skus": ["9"]}});
    for (field, value) in redemption.as_object().unwrap() {
        terms[field] = value.clone();
    }
    let rule = |code: &str, when: Value| {
        json!({"code": code, "wallet": "miles", "when": when,
            "award": {"type": "per_amount", "amount": 1, "points": 1}})
    };
    json!({
        "wallets": [{"code": "points", "redemption": terms}, {"code": "miles"}],
        "earn_rules": [rule("gift", json!({"categories": ["gift"]})), rule("food", json!({"categories": ["food"]}))],
    })
}

fn basket(wishes: &Value) -> Value {
    json!({"member": {"card": "1"}, "redeem": wishes,
        "lines": [{"category": "gift/card", "amount": 500}, {"category": "food", "amount": 200},
            {"category": "food", "amount": 100}]})
}

fn wish(wallet: &str, points: i64) -> Value {
    json!({"wallet": wallet, "points": points})
}

fn pays(program: &Value, parts: Value) -> Result<PurchaseOutcome, Refusal> {
    let mut member = member_with(&[(1_000, None)]);
    let points = member.wallets["points"].clone();
    let mut miles = WalletFacts::clone(&points);
    for lot in miles.lots.iter_mut().flatten() {
        lot.wallet = "miles".to_owned();
        lot.id = crate::id::LotId::from_uuid(super::seed(77));
    }
    member.wallets.insert("miles".to_owned(), miles);
    told(&catalog(program), Some(&member), &purchase(receipt(parts)))
}

/// Points of each wallet, then what is left of gift cards and food.
fn told_of(outcome: &PurchaseOutcome) -> (Vec<i64>, [i64; 2]) {
    let paid = outcome.redeemed.iter().map(|part| part.points.get());
    let of = |rule: &str| {
        let mut earned = outcome.earned.iter();
        let part = earned.find(|part| part.rule.as_str() == rule);
        part.map_or(0, |part| part.points.get())
    };
    (paid.collect(), [of("gift"), of("food")])
}

#[test]
fn points_pay_all_but_the_goods_that_are_left_out() {
    let program = program(&json!({}));
    let most = pays(&program, basket(&json!([wish("points", 300)]))).unwrap();
    assert_eq!(told_of(&most), (vec![300], [500, 0]));
    assert_eq!(most.amounts.total.minor(), 500);
    let some = pays(&program, basket(&json!([wish("points", 30)]))).unwrap();
    assert_eq!(told_of(&some), (vec![30], [500, 270]));
    let more = pays(&program, basket(&json!([wish("points", 301)]))).unwrap_err();
    let maximum = Points::new(300);
    let wanted = Points::new(301);
    let wallet = "points".to_owned();
    assert_eq!(
        more,
        Refusal::OverMaximum {
            wallet,
            maximum,
            wanted
        }
    );
    // What may pay all is spread over all, as without any list.
    let miles = pays(&program, basket(&json!([wish("miles", 80)]))).unwrap();
    assert_eq!(told_of(&miles), (vec![80], [450, 270]));
}

#[test]
fn each_list_leaves_out_its_lines() {
    let program = program(&json!({"over": "clamp"}));
    for (line, most) in [
        (json!({"amount": 100}), 100),
        (json!({"amount": 100, "category": "gift"}), 0),
        (json!({"amount": 100, "category": "gifts"}), 100),
        (json!({"amount": 100, "department": "tax"}), 0),
        (json!({"amount": 100, "sku": "9"}), 0),
        (json!({"amount": 100, "sku": "99"}), 100),
        // What earns nothing may be paid all the same.
        (json!({"amount": 100, "points_excluded": true}), 100),
    ] {
        let parts = json!({"member": {"card": "1"}, "lines": [line],
            "redeem": [wish("points", 500)]});
        let paid = pays(&program, parts).unwrap();
        assert_eq!(told_of(&paid).0, [most], "{line}");
    }
}

#[test]
fn a_wish_is_cut_to_what_may_be_paid_where_the_wallet_says_so() {
    let clamped = |terms: Value, points: i64| {
        let paid = pays(&program(&terms), basket(&json!([wish("points", points)]))).unwrap();
        told_of(&paid).0[0]
    };
    assert_eq!(clamped(json!({"over": "clamp"}), 1_000), 300);
    assert_eq!(clamped(json!({"over": "clamp", "step": 70}), 1_000), 280);
    assert_eq!(clamped(json!({"over": "clamp", "minimum": 301}), 1_000), 0);
    // The share is of the whole receipt: a quarter of 800 is below 300, a half is above.
    let share = |percent: &str| json!({"over": "clamp", "max_percent": percent});
    assert_eq!(clamped(share("25"), 1_000), 200);
    assert_eq!(clamped(share("50"), 1_000), 300);
}

#[test]
fn wallets_pay_in_the_order_in_which_they_are_named() {
    let program = program(&json!({"over": "clamp"}));
    let both = |wishes: Value| told_of(&pays(&program, basket(&wishes)).unwrap());
    let (points, miles) = (wish("points", 1_000), wish("miles", 400));
    assert_eq!(both(json!([points, miles])), (vec![300, 400], [100, 0]));
    // Miles pay half of everything first, also of the food.
    assert_eq!(both(json!([miles, points])), (vec![400, 150], [250, 0]));
}

#[test]
fn a_quote_tells_what_each_wallet_could_pay_at_most() {
    let catalog = catalog(&program(&json!({})));
    let member = member_with(&[(1_000, None)]);
    let quoted = told(&catalog, Some(&member), &quote(receipt(basket(&json!([])))));
    let most: Vec<i64> = quoted
        .unwrap()
        .redeemable
        .iter()
        .map(|part| part.points.get())
        .collect();
    assert_eq!(most, [300, 0]);
}

#[test]
fn points_that_are_a_discount_lower_the_tax_of_the_goods_that_they_pay() {
    let mut catalog = catalog(&program(&json!({"over": "clamp"})));
    catalog.settings.points_paid_as = PointsPaidAs::Discount;
    let parts = json!({"member": {"card": "1"}, "redeem": [wish("points", 1_000)],
        "lines": [{"category": "gift", "amount": 550, "tax_percent": "10"},
            {"category": "food", "amount": 216, "tax_percent": "8"}]});
    let member = member_with(&[(1_000, None)]);
    let told = told(&catalog, Some(&member), &purchase(receipt(parts))).unwrap();
    let tax: Vec<(i64, i64)> = told
        .amounts
        .tax
        .iter()
        .map(|part| (part.net.minor(), part.tax.minor()))
        .collect();
    assert_eq!(told_of(&told).0, [216]);
    assert_eq!(told.amounts.total.minor(), 550);
    assert_eq!(tax, [(500, 50), (0, 0)]);
}

#[test]
fn a_coupon_among_the_goods_lowers_what_may_be_paid() {
    let program = program(&json!({"over": "clamp"}));
    let parts = json!({"member": {"card": "1"}, "redeem": [wish("points", 1_000)],
        "lines": [{"category": "gift", "amount": 500}, {"category": "food", "amount": 100},
            {"category": "food", "amount": -30}]});
    let paid = pays(&program, parts).unwrap();
    assert_eq!(told_of(&paid).0, [70]);
    assert_eq!(paid.amounts.total.minor(), 500);
}

#[test]
fn the_lists_are_read_like_those_of_goods_that_earn_nothing() {
    let faults = |exclude: Value| {
        let program = program(&json!({"exclude": exclude}));
        let faults = Program::load(&program).err().unwrap_or_default();
        let told = faults.iter().map(|fault| fault.pointer.clone());
        told.collect::<Vec<_>>()
    };
    let at = |rest: &str| vec![format!("/wallets/0/redemption/exclude{rest}")];
    assert_eq!(
        faults(json!({"skus": [], "categories": []})),
        Vec::<String>::new()
    );
    assert_eq!(faults(json!([])), at(""));
    assert_eq!(faults(json!({"articles": []})), at("/articles"));
    assert_eq!(faults(json!({"skus": [5]})), at("/skus/0"));
    assert_eq!(faults(json!({"departments": "tax"})), at("/departments"));
    let many = |count: usize| json!({"skus": vec!["9"; count]});
    assert_eq!(faults(many(10_000)), Vec::<String>::new());
    assert_eq!(faults(many(10_001)), at("/skus"));
}
