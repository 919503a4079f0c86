//! What a program takes off: order, stacking, base, cap, rounding, and what progressive rates look
//! back on.

use super::journal::Journal;
use super::settings::{check_amount, per, rule, with};
use super::{NOW, at, catalog, earned, member, receipt};
use crate::catalog::Catalog;
use crate::condition::Moment;
use crate::decide::{Explained, PurchaseOutcome, Reason};
use crate::evaluate::{Context, evaluate};
use crate::history::Budgets;
use crate::member::MemberFacts;
use crate::rank::RankBook;
use jiff::civil::date;
use serde_json::{Value, json};

mod lines;
mod progressive;
mod properties;
mod stacking;
mod tax;

/// A program with these discounts that gives a point for each unit of money.
pub(super) fn discounts(discounts: &[Value]) -> Value {
    json!({"wallets": [{"code": "points"}], "discounts": discounts,
        "earn_rules": [rule("base", per(1, 1))]})
}

pub(super) fn percent(code: &str, percent: &str) -> Value {
    json!({"code": code, "type": "percent", "percent": percent})
}

pub(super) fn fixed(code: &str, amount: i64) -> Value {
    json!({"code": code, "type": "fixed", "amount": amount})
}

pub(super) fn rank(code: &str) -> Value {
    json!({"code": code, "type": "rank"})
}

/// 5, 10, 15 and 20 % from 0, 50,000, 100,000 and 200,000 on.
pub(super) fn progressive(code: &str) -> Value {
    json!({"code": code, "type": "progressive", "metric": "spend", "tiers": [
        {"from": 0, "percent": "5"}, {"from": 50_000, "percent": "10"},
        {"from": 100_000, "percent": "15"}, {"from": 200_000, "percent": "20"}]})
}

/// What was taken off by rule, as `rule=amount` in order.
pub(super) fn applied(outcome: &PurchaseOutcome) -> String {
    let parts = outcome.discounts.iter();
    let parts = parts.map(|part| format!("{}={}", part.rule, part.amount));
    parts.collect::<Vec<_>>().join(" ")
}

pub(super) fn explained<'o>(outcome: &'o PurchaseOutcome, rule: &str) -> &'o Explained {
    let mut parts = outcome.explanation.iter();
    parts.find(|part| part.rule == rule).unwrap()
}

/// A receipt of a member that bought nothing before.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
pub(super) fn buys(program: &Value, lines: Value) -> PurchaseOutcome {
    Journal::new(catalog(program)).buy(json!({"lines": lines}))
}

/// These lines are discounted so.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
pub(super) fn check(program: &Value, lines: Value, expected: &str) {
    let outcome = buys(program, lines.clone());
    assert_eq!(applied(&outcome), expected, "{lines} {program}");
}

/// What is taken off a receipt of a member whose steps on ladders give these percentages, and what
/// is said of it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
pub(super) fn with_ranks(
    program: &Value,
    ranks: &[(&str, &str)],
    lines: Value,
) -> (String, Vec<Explained>) {
    let ladder = |(ladder, percent): &(&str, &str)| {
        json!({"code": ladder, "steps": [
            {"code": format!("{ladder}-step"), "from": 0, "discount_percent": percent}]})
    };
    let mut program = program.clone();
    program["ranks"] = ranks.iter().map(ladder).collect();
    let catalog = catalog(&program);
    let receipt = receipt(json!({"lines": lines}));
    let member = of_counters(&catalog, &receipt);
    let book = RankBook::open(&catalog, &member);
    let held = book
        .held_at(&catalog.versions[0].program, receipt.occurred_at)
        .unwrap();
    let context = Context {
        past: None,
        is_claim: false,
        is_quote: false,
        catalog: &catalog,
        version: &catalog.versions[0],
        member: Some(&member),
        budgets: &Budgets::default(),
        moment: Moment::of(
            &catalog.settings,
            &catalog.stores["shibuya"],
            &receipt,
            (Some(&member), &held),
        ),
        now: at(NOW),
    };
    let evaluation = evaluate(&context, &receipt).unwrap();
    let parts = evaluation.discounts.iter();
    let parts = parts.map(|part| format!("{}={}", part.rule, part.amount));
    (parts.collect::<Vec<_>>().join(" "), evaluation.explanation)
}

/// A member that spent 60,000 before.
fn of_counters(catalog: &Catalog, receipt: &crate::receipt::Receipt) -> MemberFacts {
    let mut journal = Journal::new(catalog.clone());
    journal.spent(date(2026, 11, 1), 60_000);
    let needs = super::purchase(receipt.clone()).needs(catalog, &member(), at(NOW));
    journal.load(&needs);
    journal.member
}

#[test]
fn the_worked_example_of_a_progressive_discount() {
    let mut journal = Journal::new(catalog(&discounts(&[progressive("climb")])));
    journal.spent(date(2026, 11, 20), 99_999);
    let today = journal.buy(json!({"lines": [{"amount": 8_000}]}));
    assert_eq!(applied(&today), "climb=800");
    assert_eq!(today.discounts[0].percent, Some("10".parse().unwrap()));
    let again = journal.buy(json!({"lines": [{"amount": 1_000}]}));
    assert_eq!(applied(&again), "climb=100", "the rate holds all day");
    let mut journal = Journal::new(journal.catalog);
    journal.spent(date(2026, 11, 20), 99_999);
    journal.buy(json!({"lines": [{"amount": 8_000}]}));
    let tomorrow = json!({"occurred_at": "2026-11-22T00:00:00+09:00", "lines": [{"amount": 100}]});
    let tomorrow = journal.buy(tomorrow);
    assert_eq!(applied(&tomorrow), "climb=15");
    let told = explained(&tomorrow, "climb");
    assert_eq!(
        told.missing_amount.map(crate::amount::Amount::minor),
        Some(200_000 - 107_199)
    );
    assert_eq!(told.next_percent, Some("20".parse().unwrap()));
}

#[test]
fn the_worked_example_of_progressive_rank_and_coupon() {
    let all = [progressive("climb"), rank("rank"), fixed("coupon", 500)];
    let program = discounts(&all);
    // The member spent 60,000: progressive 10 %.
    let (found, told) = with_ranks(&program, &[("main", "5")], json!([{"amount": 10_000}]));
    assert_eq!(found, "climb=1000 coupon=500");
    assert_eq!(told[1].reason, Some(Reason::AnotherDiscount));
    assert_eq!(told[1].percent, Some("5".parse().unwrap()));
    assert_eq!(told[3].points.map(crate::amount::Points::get), Some(8_500));
}

#[test]
fn progressive_and_rank_are_for_members_and_coupons_for_everyone() {
    let birthday = with(
        percent("birthday", "10"),
        json!({"when": {"birthday": {"month": true}}}),
    );
    let mut program = discounts(&[
        progressive("climb"),
        rank("rank"),
        percent("ten", "10"),
        fixed("coupon", 5),
        birthday,
    ]);
    program["member_prices"] = json!([{"sku": "1", "price": 1}]);
    let command = super::purchase(receipt(json!({"lines": [{"sku": "1", "amount": 100}]})));
    let outcome = super::told(&catalog(&program), None, &command).unwrap();
    assert_eq!(applied(&outcome), "ten=10 coupon=5");
    assert_eq!(earned(&outcome), "");
    let told: Vec<_> = outcome.explanation.iter().map(|part| part.reason).collect();
    let no = Some(Reason::NoMember);
    assert_eq!(told, [no, no, no, None, None, no, no]);
    let rules: Vec<_> = outcome
        .explanation
        .iter()
        .map(|part| part.rule.as_str())
        .collect();
    let order = [
        "member_price",
        "climb",
        "rank",
        "ten",
        "coupon",
        "birthday",
        "base",
    ];
    assert_eq!(rules, order);
}

#[test]
fn a_rank_discount_goes_by_its_ladder_or_the_one_that_gives_most() {
    let of = |ladder: Option<&str>| {
        let mut one = rank("rank");
        one["ladder"] = json!(ladder);
        discounts(&[one])
    };
    let ranks = [("main", "5"), ("wine", "7.5"), ("none", "0")];
    let lines = || json!([{"amount": 1_000}]);
    // A ladder of which no discount speaks gives what its steps say all the same.
    for (ladder, expected, reason) in [
        (None, "rank=75", None),
        (Some("main"), "rank:wine=75", Some(Reason::AnotherDiscount)),
        (Some("wine"), "rank=75", None),
        (Some("none"), "rank:wine=75", Some(Reason::NoRank)),
    ] {
        let (found, told) = with_ranks(&of(ladder), &ranks, lines());
        assert_eq!(found, expected, "{ladder:?}");
        assert_eq!(told[0].reason, reason);
    }
    assert_eq!(with_ranks(&of(None), &[], lines()).0, "");
}

#[test]
fn money_is_closed_after_discounts() {
    let mut program = discounts(&[percent("ten", "10")]);
    program["member_prices"] = json!([{"sku": "1", "price": 900}]);
    let outcome = buys(
        &program,
        json!([{"sku": "1", "amount": 1_000}, {"amount": 100}]),
    );
    assert_eq!(applied(&outcome), "member_price=100 ten=100");
    let amounts = &outcome.amounts;
    let shown = [
        amounts.gross,
        amounts.discount,
        amounts.taxable,
        amounts.total,
    ];
    assert_eq!(
        shown.map(crate::amount::Amount::minor),
        [1_100, 200, 900, 900]
    );
    assert_eq!(earned(&outcome), "base=900");
    let lines: Vec<Vec<i64>> = outcome
        .discounts
        .iter()
        .map(|part| part.lines.iter().map(|line| line.minor()).collect())
        .collect();
    assert_eq!(lines, [vec![100, 0], vec![90, 10]]);
    let percents: Vec<_> = outcome.discounts.iter().map(|part| part.percent).collect();
    assert_eq!(percents, [None, Some("10".parse().unwrap())]);
}

#[test]
fn a_program_may_only_take_off() {
    let program = json!({"wallets": [{"code": "points"}], "discounts": [fixed("coupon", 5)]});
    check(&program, json!([{"amount": 100}]), "coupon=5");
    check(&program, json!([{"amount": 3}]), "coupon=3");
    check(&program, json!([{"amount": 0}]), "");
    check_amount(&discounts(&[percent("all", "100")]), 100, "");
    check(
        &discounts(&[percent("all", "100")]),
        json!([{"amount": 100}]),
        "all=100",
    );
}
