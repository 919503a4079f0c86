//! Receipts of the past: by which rank they are judged, what they lift, and which reviews they let be
//! done again.

use super::story::{Story, bought, check, main_ladder, with_ranks};
use crate::decide::tests::earned;
use serde_json::{Value, json};

/// Silver earns 1.5 times, gold twice.
fn multiplied(fields: Value) -> Value {
    let mut ladder = main_ladder(fields);
    ladder["steps"][1]["earn_multiplier"] = json!("1.5");
    ladder["steps"][2]["earn_multiplier"] = json!("2");
    with_ranks(json!([ladder]))
}

#[test]
fn a_receipt_is_judged_by_the_last_change_effective_at_its_time() {
    let program = multiplied(json!({"downgrade": {"at": "rolling"}}));
    let lines = ["01-05 buys 1000", "01-08 buys 1000", "01-31 passes"];
    let story = Story::of(&program).goes(&lines);
    let changes = "silver 01-05 12:00 receipt, gold 01-08 12:00 receipt, silver 01-16 00:00 review, \
        bronze 01-19 00:00 review";
    // What is earned on 8 January keeps silver until the review of the 18th.
    assert_eq!(story.changes(), changes);
    for (when, expected) in [
        ("01-01", "base=2"),
        ("01-05 11:59", "base=2"),
        ("01-05 12:00", "base=2 rank:main=1"),
        ("01-08 11:59", "base=2 rank:main=1"),
        ("01-08 12:00", "base=2 rank:main=2"),
        ("01-15 23:59", "base=2 rank:main=2"),
        ("01-16 00:00", "base=2 rank:main=1"),
        ("01-18 23:59", "base=2 rank:main=1"),
        ("01-19 00:00", "base=2"),
        ("01-31", "base=2"),
    ] {
        let mut story = story.clone();
        let (then, now) = (story.instant(when), story.instant("02-01"));
        assert_eq!(earned(&story.buys_at(then, 200, now)), expected, "{when}");
    }
}

#[test]
fn a_late_change_counts_from_its_receipt_or_from_the_last_change() {
    for (lines, expected) in [
        // Nothing changed since: from the receipt on.
        (
            vec![
                "01-02 buys 500",
                "01-10 buys 100",
                "01-11 learns of 500 on 01-06",
            ],
            "silver 01-06 12:00 receipt",
        ),
        // It never goes before what changed meanwhile.
        (
            vec![
                "01-02 buys 1000",
                "01-10 buys 100",
                "01-11 learns of 2000 on 01-01",
            ],
            "silver 01-02 12:00 receipt, gold 01-02 12:00 receipt",
        ),
        (
            vec![
                "01-02 buys 1000",
                "01-10 is set to silver",
                "01-11 learns of 2000 on 01-03",
            ],
            "silver 01-02 12:00 receipt, silver 01-10 12:00 by hand, gold 01-10 12:00 receipt",
        ),
        // It looks at its own date: what lies after it does not count.
        (
            vec![
                "01-02 buys 100",
                "01-10 buys 800",
                "01-11 learns of 500 on 01-03",
            ],
            "",
        ),
        // What it lifted may be over long since.
        (
            vec![
                "01-02 buys 100",
                "03-01 buys 100",
                "03-02 learns of 1000 on 01-03",
                "03-03 passes",
            ],
            "silver 01-03 12:00 receipt, bronze 01-14 00:00 review",
        ),
    ] {
        check(
            main_ladder(json!({"downgrade": {"at": "rolling"}})),
            &lines,
            expected,
        );
    }
}

#[test]
fn a_late_receipt_does_not_judge_earlier_ones_again() {
    let story = Story::of(&multiplied(json!({})));
    let mut story = story.goes(&["01-05 buys 900"]);
    let second = story.buys("01-08", 200);
    assert_eq!(earned(&second), "base=2");
    let story = story.goes(&["01-09 learns of 200 on 01-04"]);
    assert_eq!(story.changes(), "silver 01-08 12:00 receipt");
}

#[test]
fn ladders_that_do_not_lift_at_once_are_reviewed_again() {
    for (upgrade, lines, expected) in [
        (
            "next_day",
            vec![
                "01-02 buys 500",
                "01-10 buys 100",
                "01-10 learns of 500 on 01-04",
                "01-11 passes",
            ],
            "silver 01-05 00:00 review",
        ),
        (
            "next_day",
            vec![
                "01-02 buys 500",
                "01-10 buys 100",
                "01-10 learns of 400 on 01-05",
                "01-11 passes",
            ],
            "silver 01-11 00:00 review",
        ),
        (
            "period_end",
            vec![
                "01-27 buys 500",
                "02-10 buys 100",
                "02-10 learns of 500 on 01-31",
                "02-11 passes",
            ],
            "silver 02-01 00:00 review",
        ),
        (
            "period_end",
            vec![
                "01-27 buys 500",
                "02-10 buys 100",
                "02-10 learns of 500 on 02-01",
                "02-11 passes",
            ],
            "",
        ),
        // Not from before the last change.
        (
            "next_day",
            vec![
                "01-02 buys 1000",
                "01-10 buys 100",
                "01-10 learns of 1000 on 01-01",
                "01-11 passes",
            ],
            "silver 01-03 00:00 review, gold 01-04 00:00 review",
        ),
    ] {
        check(main_ladder(json!({"upgrade": upgrade})), &lines, expected);
    }
}

#[test]
fn a_late_receipt_in_a_batch_shows_the_ranks_of_its_own_time() {
    let program = multiplied(json!({"downgrade": {"at": "rolling"}}));
    let mut story = Story::of(&program).goes(&["01-05 buys 1000", "01-31 passes"]);
    let now = story.instant("02-01");
    let mut commands = Vec::new();
    for (when, amount) in [
        ("02-01", 2_000),
        ("01-10", 200),
        ("01-20", 200),
        ("02-01", 200),
        ("01-04", 200),
    ] {
        let occurred_at = story.instant(when);
        let parts = json!({"occurred_at": occurred_at, "lines": [{"amount": amount}]});
        commands.push((story.command(parts, false), now));
    }
    let told: Vec<String> = story
        .journal
        .batch(&commands)
        .into_iter()
        .map(|decision| earned(&bought(decision)))
        .collect();
    assert_eq!(
        told,
        [
            "base=20",
            "base=2 rank:main=1",
            "base=2",
            "base=2 rank:main=2",
            "base=2"
        ]
    );
}
