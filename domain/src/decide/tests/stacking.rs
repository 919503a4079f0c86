//! How bonuses go together: for the receipt, or line by line once one of them has a line scope.

use super::settings::{check, check_amount, per, program, rule, times, with};
use super::{catalog, member, purchase, receipt, told};
use crate::decide::Reason;
use serde_json::{Value, json};

fn base() -> Vec<Value> {
    vec![rule("base", per(100, 1))]
}

fn stacked(way: &str, bonuses: &[Value]) -> Value {
    program(&json!({"bonus_combine": way}), &base(), bonuses)
}

fn food(bonus: Value) -> Value {
    with(bonus, json!({"when": {"categories": ["food"]}}))
}

fn add(code: &str, points: i64) -> Value {
    json!({"code": code, "wallet": "points", "effect": {"type": "add", "points": points}})
}

fn add_per(code: &str, amount: i64, points: i64) -> Value {
    let effect = json!({"type": "add_per_amount", "amount": amount, "points": points});
    json!({"code": code, "wallet": "points", "effect": effect})
}

/// A line of food and one of toys.
fn two_lines(food: i64, toys: i64) -> Value {
    json!([{"amount": food, "category": "food/fresh"}, {"amount": toys, "category": "toys"}])
}

#[test]
fn the_worked_examples_of_stacking() {
    let both = [times("silver", "1.5"), times("five", "5")];
    check_amount(
        &stacked("stack_sum", &both),
        1_980,
        "base=19 silver=9 five=76",
    );
    check_amount(
        &stacked("stack_product", &both),
        1_980,
        "base=19 silver=9 five=114",
    );
    check_amount(&stacked("best", &both), 1_980, "base=19 five=76");
    let halves = [times("one", "1.5"), times("two", "1.5")];
    check_amount(&stacked("stack_sum", &halves), 1_980, "base=19 one=9 two=9");
    check_amount(
        &stacked("stack_sum", &[times("five", "5")]),
        300,
        "base=3 five=12",
    );
}

#[test]
fn exact_multiplies_the_money_and_rounds_the_total_once() {
    let exact = |way: &str, bonuses: &[Value]| {
        program(
            &json!({"multiply": "exact", "bonus_combine": way}),
            &base(),
            bonuses,
        )
    };
    check_amount(
        &stacked("stack_sum", &[times("half", "1.5")]),
        1_999,
        "base=19 half=9",
    );
    check_amount(
        &exact("stack_sum", &[times("half", "1.5")]),
        1_999,
        "base=19 half=10",
    );
    // 1,999 × (1 + 1 + 2) / 100 = 79: 60 more, in parts of 1 and 2.
    let both = [times("two", "2"), times("three", "3")];
    check_amount(&exact("stack_sum", &both), 1_999, "base=19 two=20 three=40");
    check_amount(
        &exact("stack_product", &both),
        1_999,
        "base=19 two=20 three=80",
    );
    check_amount(&exact("best", &both), 1_999, "base=19 three=40");
}

#[test]
fn exact_splits_what_is_above_the_base_by_largest_remainder() {
    let two = with(times("two", "2"), json!({"when": {"categories": ["toys"]}}));
    let earning = json!({"multiply": "exact"});
    let program = program(&earning, &base(), &[two, food(times("three", "3"))]);
    check(&program, two_lines(150, 150), "base=3 two=1 three=3");
}

#[test]
fn best_is_chosen_line_by_line_when_one_sees_only_some_lines() {
    let bonuses = [times("two", "2"), food(times("three", "3"))];
    check(
        &stacked("best", &bonuses),
        two_lines(100, 200),
        "base=3 two=2 three=2",
    );
    check(
        &stacked("best", &bonuses),
        two_lines(150, 150),
        "base=3 two=1 three=2",
    );
    check(
        &stacked("best", &bonuses),
        two_lines(300, 0),
        "base=3 three=6",
    );
    let exact = json!({"multiply": "exact", "bonus_combine": "best"});
    // (150 × 3 + 150 × 2) / 100 = 7
    check(
        &program(&exact, &base(), &bonuses),
        two_lines(150, 150),
        "base=3 two=1 three=3",
    );
    check(
        &program(&exact, &base(), &bonuses),
        two_lines(0, 300),
        "base=3 two=3",
    );
}

#[test]
fn ties_go_to_the_earlier_and_the_newest_of_a_day_is_the_later() {
    let same = [times("one", "2"), times("two", "2")];
    check_amount(&stacked("best", &same), 300, "base=3 one=3");
    check_amount(&stacked("newest", &same), 300, "base=3 two=3");
    let since = |code: &str, from: &str| with(times(code, "2"), json!({"when": {"from": from}}));
    let dated = [
        since("june", "2026-06-01"),
        since("may", "2026-05-01"),
        times("ever", "9"),
    ];
    check_amount(&stacked("newest", &dated), 300, "base=3 june=3");
    let scoped = [
        times("all", "2"),
        food(times("old", "3")),
        since("june", "2026-06-01"),
    ];
    check(
        &stacked("newest", &scoped),
        two_lines(100, 200),
        "base=3 june=3",
    );
    let scoped = [
        since("june", "2026-06-01"),
        with(
            times("fresh", "3"),
            json!({"when": {"categories": ["food"], "from": "2026-07-01"}}),
        ),
    ];
    check(
        &stacked("newest", &scoped),
        two_lines(100, 200),
        "base=3 june=2 fresh=2",
    );
}

#[test]
fn a_product_counts_each_bonus_for_what_it_adds_and_leaves_additions_out() {
    let bonuses = [
        times("half", "1.5"),
        add("ten", 10),
        times("third", "1.3333"),
    ];
    // 19 × 1.5 = 28.5 and × 1.3333 = 37.99905
    check_amount(
        &stacked("stack_product", &bonuses),
        1_900,
        "base=19 half=9 ten=10 third=9",
    );
    let scoped = [times("two", "2"), food(times("three", "3"))];
    // Food: 1 × 2 × 3; toys: 2 × 2.
    check(
        &stacked("stack_product", &scoped),
        two_lines(100, 200),
        "base=3 two=3 three=4",
    );
    let exact = json!({"multiply": "exact", "bonus_combine": "stack_product"});
    // (150 × 6 + 150 × 2) / 100 = 12
    check(
        &program(&exact, &base(), &scoped),
        two_lines(150, 150),
        "base=3 two=3 three=6",
    );
}

#[test]
fn an_addition_competes_with_all_lines_together() {
    let bonuses = |points: i64| {
        [
            times("two", "2"),
            food(times("three", "3")),
            add("gift", points),
        ]
    };
    check(
        &stacked("best", &bonuses(4)),
        two_lines(100, 200),
        "base=3 two=2 three=2",
    );
    check(
        &stacked("best", &bonuses(5)),
        two_lines(100, 200),
        "base=3 gift=5",
    );
    let [two, three, gift] = bonuses(4);
    check(
        &stacked("best", &[gift, two, three]),
        two_lines(100, 200),
        "base=3 gift=4",
    );
    check_amount(
        &stacked("best", &[add("gift", 3), times("two", "2")]),
        300,
        "base=3 gift=3",
    );
    check_amount(
        &stacked("best", &[add("gift", 3), times("two", "2")]),
        400,
        "base=4 two=4",
    );
}

#[test]
fn a_bonus_may_combine_in_its_own_way() {
    let best = |bonus: Value| with(bonus, json!({"combine": "best"}));
    let bonuses = [
        best(times("two", "2")),
        best(times("three", "3")),
        times("half", "1.5"),
    ];
    check_amount(
        &stacked("stack_sum", &bonuses),
        1_000,
        "base=10 three=20 half=5",
    );
}

#[test]
fn points_for_money_need_base_points_unless_they_say_otherwise() {
    let soft = food(add_per("soft", 100, 2));
    let every = |extra: Value| stacked("stack_sum", &[with(soft.clone(), extra)]);
    check(&every(json!({})), two_lines(199, 100), "base=2 soft=2");
    check(&every(json!({})), two_lines(99, 100), "base=1");
    let shy = |needs: bool| {
        let bonus = with(add("gift", 7), json!({"needs_base_points": needs}));
        stacked("stack_sum", &[bonus])
    };
    check_amount(&shy(true), 99, "");
    check_amount(&shy(false), 99, "gift=7");
    check_amount(&shy(true), 100, "base=1 gift=7");
}

#[test]
fn a_bonus_may_work_on_some_rules_only() {
    let rules = [rule("base", per(100, 1)), rule("more", per(200, 1))];
    let of = |rules_of: Value| {
        let bonus = with(times("three", "3"), json!({"rules": rules_of}));
        program(&json!({}), &rules, &[bonus])
    };
    check_amount(&of(json!(["base"])), 1_999, "base=19 more=9 three=38");
    check_amount(&of(json!(["more"])), 1_999, "base=19 more=9 three=18");
    check_amount(
        &of(json!(["more", "base"])),
        1_999,
        "base=19 more=9 three=56",
    );
    check_amount(&of(json!(["more"])), 150, "base=1");
}

#[test]
fn a_bonus_is_rounded_like_its_base_rule() {
    let lines = json!([{"amount": 1_980}, {"quantity": 2, "unit_price": 100}, {"amount": 100}]);
    let by = |earning: Value| program(&earning, &base(), &[times("half", "1.5")]);
    check(
        &by(json!({"granularity": "line"})),
        lines.clone(),
        "base=22 half=10",
    );
    check(
        &by(json!({"granularity": "line", "rounding": "ceil"})),
        lines.clone(),
        "base=22 half=12",
    );
    check(
        &by(json!({"granularity": "unit"})),
        lines.clone(),
        "base=22 half=9",
    );
    check(
        &by(json!({"granularity": "rule"})),
        lines.clone(),
        "base=22 half=11",
    );
    check(
        &by(json!({"granularity": "rule", "rounding": "half_even"})),
        json!([{"amount": 100}]),
        "base=1",
    );
    check(
        &by(json!({"granularity": "rule", "rounding": "half_up"})),
        json!([{"amount": 100}]),
        "base=1 half=1",
    );
}

#[test]
fn a_visit_is_multiplied_once() {
    let fixed = rule("visit", json!({"type": "fixed", "points": 3}));
    let bonuses = [times("two", "2"), food(times("three", "3"))];
    let of = |way: &str, multiply: &str| {
        let earning = json!({"bonus_combine": way, "multiply": multiply});
        program(&earning, std::slice::from_ref(&fixed), &bonuses)
    };
    for multiply in ["rounded", "exact"] {
        check(&of("best", multiply), two_lines(1, 1), "visit=3 three=6");
        check(
            &of("stack_sum", multiply),
            two_lines(1, 1),
            "visit=3 two=3 three=6",
        );
        check(
            &of("stack_product", multiply),
            two_lines(1, 1),
            "visit=3 two=3 three=12",
        );
        check(
            &of("best", multiply),
            json!([{"amount": 1}]),
            "visit=3 two=3",
        );
    }
}

#[test]
fn bonuses_work_on_base_points_after_the_limits_of_the_base_rule() {
    let limited = with(
        rule("base", per(100, 1)),
        json!({"limits": [{"per": "receipt", "points": 5}]}),
    );
    for multiply in ["rounded", "exact"] {
        let earning = json!({"multiply": multiply});
        let program = program(
            &earning,
            std::slice::from_ref(&limited),
            &[times("three", "3")],
        );
        check_amount(&program, 400, "base=4 three=8");
        check_amount(&program, 1_000, "base=5 three=10");
    }
}

#[test]
fn points_that_a_limit_cut_stand_apart_from_the_parts_of_other_rules() {
    let limits = json!({"limits": [{"per": "receipt", "points": 3}]});
    let cut = with(rule("cut", per(10, 1)), limits);
    let rules = [cut, rule("base", per(100, 1))];
    let reversed = [rules[1].clone(), rules[0].clone()];
    let lines = json!([{"quantity": 5, "unit_price": 100}, {"amount": 100}]);
    for (granularity, base) in [("unit", 6), ("line", 6), ("rule", 6)] {
        for multiply in ["rounded", "exact"] {
            let earning = json!({"granularity": granularity, "multiply": multiply});
            let of = |rules: &[Value]| program(&earning, rules, &[times("two", "2")]);
            let two = base + 3;
            let told = format!("cut=3 base={base} two={two}");
            check(&of(&rules), lines.clone(), &told);
            let told = format!("base={base} cut=3 two={two}");
            check(&of(&reversed), lines.clone(), &told);
        }
    }
}

#[test]
fn a_bonus_that_gives_way_says_so() {
    let program = stacked("best", &[times("two", "2"), times("three", "3")]);
    let receipt = receipt(json!({"lines": [{"amount": 300}]}));
    let outcome = told(&catalog(&program), Some(&member()), &purchase(receipt)).unwrap();
    let reasons: Vec<_> = outcome.explanation.iter().map(|part| part.reason).collect();
    assert_eq!(reasons, [None, Some(Reason::AnotherRule), None]);
}
