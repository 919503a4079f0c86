//! What ranks bring a receipt: multipliers, conditions, tiers, and when they begin to.

use super::story::{Story, bought, main_ladder, with_ranks};
use crate::decide::tests::{at, catalog, decide, earned, quote};
use crate::decide::{Command, Decision, PurchaseOutcome, Reason, RecordPurchase};
use serde_json::{Value, json};

/// Silver from 1,000 in a lifetime at 1.5 times, gold from 2,000 at twice, with these fields.
fn ladder(fields: Value) -> Value {
    let mut ladder = main_ladder(fields);
    ladder["window"] = json!({"type": "lifetime"});
    ladder["steps"][1]["earn_multiplier"] = json!("1.5");
    ladder["steps"][2]["earn_multiplier"] = json!("2");
    ladder
}

fn five_times() -> Value {
    json!([{"code": "five", "wallet": "points", "effect": {"type": "multiplier", "times": "5"},
        "when": {"from": "2026-01-06"}}])
}

/// What a silver member earns for this amount.
fn silver_earns(program: &Value, amount: i64) -> PurchaseOutcome {
    Story::of(program)
        .goes(&["01-05 buys 1000"])
        .buys("01-06", amount)
}

#[test]
fn the_worked_example_of_a_rank_and_a_bonus() {
    for (way, expected, sum) in [
        ("stack_sum", "base=19 rank:main=9 five=76", 104),
        ("stack_product", "base=19 rank:main=9 five=114", 142),
        ("best", "base=19 five=76", 95),
        ("newest", "base=19 five=76", 95),
    ] {
        let mut program = with_ranks(json!([ladder(json!({}))]));
        program["earning"] = json!({"bonus_combine": way});
        program["bonuses"] = five_times();
        let outcome = silver_earns(&program, 1_980);
        assert_eq!(earned(&outcome), expected, "{way}");
        let points: i64 = outcome.earned.iter().map(|part| part.points.get()).sum();
        assert_eq!(points, sum, "{way}");
    }
}

#[test]
fn a_rank_multiplies_rounded_points_or_money() {
    for (multiply, expected) in [
        ("rounded", "base=19 rank:main=9"),
        ("exact", "base=19 rank:main=10"),
    ] {
        let mut program = with_ranks(json!([ladder(json!({}))]));
        program["earning"] = json!({"multiply": multiply});
        assert_eq!(
            earned(&silver_earns(&program, 1_999)),
            expected,
            "{multiply}"
        );
    }
}

#[test]
fn every_wallet_with_rules_is_multiplied_apart() {
    let mut program = with_ranks(json!([ladder(json!({}))]));
    program["wallets"] = json!([{"code": "points"}, {"code": "unused"}, {"code": "stamps"}]);
    program["earn_rules"].as_array_mut().unwrap().push(
        json!({"code": "visit", "wallet": "stamps", "award": {"type": "fixed", "points": 4}}),
    );
    for (way, expected) in [
        (
            "stack_sum",
            "base=10 visit=4 rank:main=5 rank:main=2 five=40",
        ),
        ("best", "base=10 visit=4 rank:main=2 five=40"),
        (
            "stack_product",
            "base=10 visit=4 rank:main=5 rank:main=2 five=60",
        ),
    ] {
        program["earning"] = json!({"bonus_combine": way});
        program["bonuses"] = five_times();
        let outcome = silver_earns(&program, 1_000);
        assert_eq!(earned(&outcome), expected, "{way}");
        let wallets: Vec<&str> = outcome
            .earned
            .iter()
            .map(|part| part.wallet.as_str())
            .collect();
        assert_eq!(wallets.last(), Some(&"points"));
    }
}

#[test]
fn a_limit_of_the_wallet_cuts_what_a_rank_brings() {
    let mut program = with_ranks(json!([ladder(json!({}))]));
    program["wallets"][0]["limits"] = json!([{"per": "receipt", "points": 12}]);
    let outcome = silver_earns(&program, 1_000);
    assert_eq!(earned(&outcome), "base=10 rank:main=2");
    assert_eq!(outcome.earned[1].wanted.get(), 5);
}

#[test]
fn explanations_tell_ladders_in_document_order() {
    let side = json!({"code": "side", "metric": "visits",
        "steps": [{"code": "guest", "from": 0}, {"code": "friend", "from": 1, "earn_multiplier": "3"}]});
    let plain = json!({"code": "plain", "metric": "visits", "steps": [{"code": "any", "from": 0}]});
    let mut late = side.clone();
    late["code"] = json!("late");
    late["steps"] = json!([{"code": "host", "from": 9, "earn_multiplier": "3"}]);
    let program = with_ranks(json!([late, ladder(json!({})), plain, side]));
    let outcome = silver_earns(&program, 1_000);
    let told: Vec<(&str, Option<Reason>)> = outcome
        .explanation
        .iter()
        .map(|explained| (explained.rule.as_str(), explained.reason))
        .collect();
    assert_eq!(
        told,
        [
            ("base", None),
            ("rank:late", Some(Reason::Rank)),
            ("rank:main", None),
            ("rank:side", None)
        ]
    );
}

#[test]
fn a_rank_serves_the_next_receipt_also_of_the_same_moment() {
    let mut story = Story::of(&with_ranks(json!([ladder(json!({}))])));
    assert_eq!(earned(&story.buys("01-05", 1_000)), "base=10");
    assert_eq!(earned(&story.buys("01-05", 1_000)), "base=10 rank:main=5");
    assert_eq!(earned(&story.buys("01-05", 1_000)), "base=10 rank:main=10");
}

#[test]
fn rules_and_bonuses_may_ask_for_ranks() {
    let mut program = with_ranks(json!([ladder(json!({})),
        {"code": "side", "steps": [{"code": "vip", "from": 5_000}]}]));
    program["ranks"][0]["steps"][1]
        .as_object_mut()
        .unwrap()
        .remove("earn_multiplier");
    program["ranks"][0]["steps"][2]
        .as_object_mut()
        .unwrap()
        .remove("earn_multiplier");
    program["earn_rules"]
        .as_array_mut()
        .unwrap()
        .push(json!({"code": "lounge", "wallet": "points",
        "award": {"type": "fixed", "points": 7}, "when": {"ranks": ["silver", "gold"]}}));
    program["bonuses"] = json!([{"code": "toast", "wallet": "points", "effect": {"type": "add", "points": 3},
        "when": {"ranks": ["bronze", "vip"]}}]);
    for (before, expected, unmet) in [
        (0, "base=1 toast=3", "lounge"),
        (999, "base=1 toast=3", "lounge"),
        (1_000, "base=1 lounge=7", "toast"),
        (2_000, "base=1 lounge=7", "toast"),
        (5_000, "base=1 lounge=7 toast=3", ""),
    ] {
        let mut story = Story::of(&program);
        story.buys("01-05", before);
        let outcome = story.buys("01-06", 100);
        assert_eq!(earned(&outcome), expected, "{before}");
        let of_rank = outcome
            .explanation
            .iter()
            .filter(|told| told.reason == Some(Reason::Rank));
        let of_rank: Vec<&str> = of_rank.map(|told| told.rule.as_str()).collect();
        assert_eq!(of_rank.join(" "), unmet, "{before}");
    }
}

#[test]
fn tiers_may_go_by_rank() {
    let tiers = |first: Value| json!([{"from": first, "amount": 100, "points": 1}, {"from": "gold", "amount": 100, "points": 3}]);
    for (first, expected) in [
        (json!(0), ["base=10", "base=10", "base=30", "base=30"]),
        (json!("silver"), ["", "base=10", "base=30", "base=30"]),
    ] {
        for mode in ["whole", "marginal"] {
            let ranks = json!([{"code": "main", "steps": [{"code": "silver", "from": 1_000},
                {"code": "gold", "from": 2_000}, {"code": "platinum", "from": 3_000}]}]);
            let mut program = with_ranks(ranks);
            program["earn_rules"][0]["award"] = json!({"type": "tiered", "by": "rank", "mode": mode, "tiers": tiers(first.clone())});
            let found: Vec<String> = [999, 1_000, 2_000, 3_000]
                .into_iter()
                .map(|before| {
                    let mut story = Story::of(&program);
                    story.buys("01-05", before);
                    earned(&story.buys("01-06", 1_000))
                })
                .collect();
            assert_eq!(found, expected, "{first} {mode}");
        }
    }
}

#[test]
fn a_rank_that_applies_at_once_serves_the_receipt_that_reaches_it() {
    for (applies, first, second) in [
        ("next_receipt", "base=10", "base=10 rank:main=5"),
        ("at_once", "base=10 rank:main=5", "base=10 rank:main=10"),
    ] {
        let mut story = Story::of(&with_ranks(json!([ladder(json!({"applies": applies}))])));
        let told = story.buys("01-05", 1_000);
        assert_eq!(earned(&told), first, "{applies}");
        assert_eq!(
            (
                told.ranks[0].previous.as_deref(),
                told.ranks[0].code.as_deref()
            ),
            (Some("bronze"), Some("silver"))
        );
        assert_eq!(earned(&story.buys("01-06", 1_000)), second, "{applies}");
    }
}

/// Below silver a rule gives what silver does not have.
fn taking_back(from: i64) -> Value {
    let ladder = json!({"code": "main", "metric": "points_earned", "applies": "at_once",
        "steps": [{"code": "bronze", "from": 0}, {"code": "silver", "from": from}]});
    let mut program = with_ranks(json!([ladder]));
    program["bonuses"] = json!([{"code": "welcome", "wallet": "points", "effect": {"type": "add", "points": 5},
        "when": {"ranks": ["bronze"]}}]);
    program
}

#[test]
fn a_rank_at_once_stands_only_if_the_receipt_still_reaches_it() {
    // Ten points of the base and five for bronze.
    for (from, first, second) in [
        (10, "base=10", "base=1"),
        (11, "base=10 welcome=5", "base=1"),
        (16, "base=10 welcome=5", "base=1"),
    ] {
        let mut story = Story::of(&taking_back(from));
        let told = story.buys("01-05", 1_000);
        assert_eq!(earned(&told), first, "{from}");
        assert_eq!(told.ranks[0].changed, from <= 15, "{from}");
        let next = earned(&story.buys("01-06", 100));
        // Sixteen are reached with the second receipt, of which one more point is wanted.
        assert_eq!(next, second, "{from}");
    }
}

#[test]
fn a_multiplier_may_reach_a_higher_step_than_the_one_that_serves() {
    let mut main = ladder(json!({"metric": "points_earned", "applies": "at_once"}));
    main["steps"][1]["from"] = json!(10);
    main["steps"][2]["from"] = json!(15);
    let mut story = Story::of(&with_ranks(json!([main])));
    let told = story.buys("01-05", 1_000);
    // Judged by silver it earns the points of gold, which serves the next one.
    assert_eq!(earned(&told), "base=10 rank:main=5");
    assert_eq!(told.ranks[0].code.as_deref(), Some("gold"));
    assert_eq!(story.journal.changes[0].numbers[0].value, 15);
}

fn decided(catalog: &crate::catalog::Catalog, command: &Command) -> Decision {
    decide(catalog, None, command, at(crate::decide::tests::NOW)).unwrap()
}

#[test]
fn a_receipt_without_a_member_has_no_rank() {
    let catalog = catalog(&with_ranks(json!([ladder(json!({}))])));
    let receipt = crate::decide::tests::receipt_of(5_000);
    for command in [
        quote(receipt.clone()),
        crate::decide::tests::purchase(receipt),
    ] {
        let decision = decided(&catalog, &command);
        assert_eq!(decision.ranks, None);
        let told = bought(decision);
        assert!(told.earned.is_empty() && told.ranks.is_empty());
    }
}

#[test]
fn a_quote_shows_the_ranks_after_it_and_changes_nothing() {
    let mut story = Story::of(&with_ranks(json!([ladder(json!({"applies": "at_once"}))])));
    let now = story.instant("01-05");
    let parts = json!({"occurred_at": now, "lines": [{"amount": 1_000}]});
    let command = story.command(parts, true);
    let before = story.journal.member.clone();
    let decision = story.decide(&command, now);
    assert_eq!((&decision.ranks, &decision.transaction), (&None, &None));
    assert_eq!(story.journal.changes, []);
    assert_eq!(story.journal.member.ranks.ladders, before.ranks.ladders);
    let Command::Purchase(quoted) = command else {
        panic!()
    };
    let record = Command::Purchase(RecordPurchase {
        quote: false,
        ..quoted
    });
    let (quoted, recorded) = (bought(decision), bought(story.decide(&record, now)));
    assert_eq!(
        (quoted.earned, quoted.ranks),
        (recorded.earned, recorded.ranks)
    );
}

#[test]
fn a_program_without_ladders_asks_for_nothing() {
    let story = Story::of(&with_ranks(json!([])));
    assert!(story.journal.needs(100).is_empty());
    let command = Command::ReviewRanks(crate::decide::ReviewRanks {
        until: jiff::civil::date(2026, 1, 5),
    });
    let needs = command.needs(
        &story.journal.catalog,
        &story.journal.member,
        story.instant("01-05"),
    );
    assert!(needs.is_empty());
}

#[test]
fn a_receipt_of_a_day_that_is_reviewed_asks_only_for_its_windows() {
    let mut story = Story::of(&with_ranks(json!([main_ladder(json!({}))])));
    story.journal.member.ranks.reviewed_on = Some(jiff::civil::date(2026, 11, 21));
    let needs = story.journal.needs(100);
    assert_eq!(
        (needs.days, needs.counters.len(), needs.past_ranks),
        (None, 1, false)
    );
    story.journal.member.ranks.reviewed_on = Some(jiff::civil::date(2026, 11, 20));
    let days = story.journal.needs(100).days.unwrap();
    assert_eq!(days.from, Some(jiff::civil::date(2026, 11, 11)));
}

#[test]
fn facts_that_were_not_loaded_are_an_error() {
    let story = Story::of(&with_ranks(json!([main_ladder(json!({}))])));
    let command = Command::ReviewRanks(crate::decide::ReviewRanks {
        until: jiff::civil::date(2026, 1, 5),
    });
    let refused = decide(
        &story.journal.catalog,
        Some(&story.journal.member),
        &command,
        story.instant("01-05"),
    );
    assert_eq!(
        refused.unwrap_err(),
        crate::decide::Refusal::HistoryNotLoaded
    );
}
