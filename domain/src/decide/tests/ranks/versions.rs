//! Programs that follow each other: ladders, steps and thresholds that come, go and change.

use super::story::{Story, main_ladder, with_ranks};
use serde_json::{Value, json};

/// One program after the other; the later one counts from noon of 10 January.
#[track_caller]
fn check(before: Value, after: Value, lines: &[&str], expected: &str) {
    let story = Story::of(&with_ranks(before)).and_from("01-10 12:00", &with_ranks(after));
    story.check(lines, expected);
}

fn steps(steps: Value, fields: Value) -> Value {
    let mut ladder = main_ladder(fields);
    ladder["window"] = json!({"type": "lifetime"});
    ladder["steps"] = steps;
    json!([ladder])
}

fn three(silver: i64, gold: i64) -> Value {
    json!([{"code": "bronze", "from": 0}, {"code": "silver", "from": silver}, {"code": "gold", "from": gold}])
}

#[test]
fn lower_thresholds_lift_on_the_first_date_that_begins_under_them() {
    let after = steps(three(500, 2_000), json!({}));
    let before = steps(three(1_000, 2_000), json!({}));
    for (lines, expected) in [
        (
            vec!["01-05 buys 500", "01-20 passes"],
            "silver 01-11 00:00 review",
        ),
        (vec!["01-05 buys 499", "01-20 passes"], ""),
        // A receipt after the change reaches it itself.
        (
            vec!["01-05 buys 500", "01-10 12:00 buys 0", "01-20 passes"],
            "silver 01-10 12:00 receipt",
        ),
        (
            vec!["01-05 buys 500", "01-10 11:59 buys 0", "01-20 passes"],
            "silver 01-11 00:00 review",
        ),
        // One of the past does not, but the review is done again.
        (
            vec![
                "01-05 buys 100",
                "01-20 buys 0",
                "01-20 learns of 400 on 01-09",
                "01-21 passes",
            ],
            "silver 01-11 00:00 review",
        ),
    ] {
        check(before.clone(), after.clone(), &lines, expected);
    }
}

#[test]
fn a_version_that_begins_with_the_day_counts_for_its_review() {
    let before = with_ranks(steps(three(1_000, 2_000), json!({})));
    let after = with_ranks(steps(three(500, 2_000), json!({})));
    for (from, expected) in [
        ("01-10 00:00", "silver 01-10 00:00 review"),
        ("01-10 00:01", "silver 01-11 00:00 review"),
    ] {
        let story = Story::of(&before).and_from(from, &after);
        story.check(&["01-05 buys 500", "01-20 passes"], expected);
    }
    // Of two on one day the later one counts.
    let story = Story::of(&before)
        .and_from("01-09 10:00", &after)
        .and_from("01-09 11:00", &before);
    story.check(&["01-05 buys 500", "01-20 passes"], "");
}

#[test]
fn higher_thresholds_take_ranks_only_at_reviews_and_after_the_grace() {
    let before = |downgrade: &Value| steps(three(500, 2_000), json!({"downgrade": downgrade}));
    let after = |downgrade: &Value| steps(three(1_000, 2_000), json!({"downgrade": downgrade}));
    for (downgrade, expected) in [
        (json!({"at": "never"}), ""),
        (json!({"at": "rolling"}), ", bronze 01-11 00:00 review"),
        (json!({"at": "month_start"}), ", bronze 02-01 00:00 review"),
        (
            json!({"at": "rolling", "grace_days": 7}),
            ", bronze 01-18 00:00 review",
        ),
        (
            json!({"at": "month_start", "grace_days": 30}),
            ", bronze 02-10 00:00 review",
        ),
    ] {
        let expected = format!("silver 01-05 12:00 receipt{expected}");
        check(
            before(&downgrade),
            after(&downgrade),
            &["01-05 buys 500", "03-01 passes"],
            &expected,
        );
    }
}

#[test]
fn a_ladder_that_comes_later_lifts_those_who_bought_before_it() {
    let ladder = |upgrade: &str| steps(three(1_000, 2_000), json!({"upgrade": upgrade}));
    let lines = ["01-05 buys 1000", "02-20 passes"];
    check(
        json!([]),
        ladder("immediate"),
        &lines,
        "silver 01-11 00:00 review",
    );
    check(
        json!([]),
        ladder("next_day"),
        &lines,
        "silver 01-11 00:00 review",
    );
    check(
        json!([]),
        ladder("period_end"),
        &lines,
        "silver 02-01 00:00 review",
    );
    let late = [
        "01-05 buys 100",
        "01-20 buys 0",
        "01-20 learns of 900 on 01-06",
        "01-21 passes",
    ];
    check(
        json!([]),
        ladder("next_day"),
        &late,
        "silver 01-11 00:00 review",
    );
}

#[test]
fn a_ladder_that_goes_stands_still_until_it_comes_back() {
    let main = with_ranks(steps(
        three(1_000, 2_000),
        json!({"window": {"type": "rolling_days", "days": 10},
        "downgrade": {"at": "rolling"}}),
    ));
    let rolling = {
        let mut program = main.clone();
        program["ranks"][0]["window"] = json!({"type": "rolling_days", "days": 10});
        program
    };
    let story = Story::of(&rolling).and_from("01-10 00:00", &with_ranks(json!([])));
    let lines = ["01-05 buys 1000", "01-12 buys 5000", "03-01 passes"];
    story.clone().check(&lines, "silver 01-05 12:00 receipt");
    let back = story.and_from("02-01 00:00", &rolling);
    back.check(
        &lines,
        "silver 01-05 12:00 receipt, bronze 02-01 00:00 review",
    );
}

#[test]
fn a_step_that_is_gone_counts_as_where_everybody_begins() {
    let before = steps(three(1_000, 2_000), json!({}));
    let without_gold = json!([{"code": "bronze", "from": 0}, {"code": "silver", "from": 1_000}]);
    let renamed = json!([{"code": "member", "from": 0}, {"code": "star", "from": 1_000}, {"code": "gold", "from": 2_000}]);
    let lines = |amount: i64| [format!("01-05 buys {amount}"), "01-20 passes".to_owned()];
    for (after, amount, expected) in [
        (
            &without_gold,
            2_000,
            "gold 01-05 12:00 receipt, silver 01-11 00:00 review",
        ),
        (&without_gold, 1_000, "silver 01-05 12:00 receipt"),
        (
            &renamed,
            1_000,
            "silver 01-05 12:00 receipt, star 01-11 00:00 review",
        ),
        (&renamed, 2_000, "gold 01-05 12:00 receipt"),
        (&renamed, 500, ""),
    ] {
        let lines = lines(amount);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        check(
            before.clone(),
            steps(after.clone(), json!({})),
            &lines,
            expected,
        );
    }
}

#[test]
fn a_receipt_tells_ranks_by_the_codes_of_its_own_program() {
    let before = with_ranks(steps(three(1_000, 2_000), json!({"upgrade": "period_end"})));
    let after = with_ranks(steps(json!([{"code": "member", "from": 0}]), json!({})));
    let story = Story::of(&before).and_from("02-10 12:00", &after);
    let mut story = story.goes(&["01-05 buys 1000", "02-05 passes"]);
    assert_eq!(story.changes(), "silver 02-01 00:00 review");
    let told = story.buys("02-10 13:00", 100);
    assert_eq!(told.ranks[0].code.as_deref(), Some("member"));
    assert!(!told.ranks[0].changed);
}

#[test]
fn a_receipt_of_a_past_program_does_not_lead_off_the_ladder_of_a_later_one() {
    let before = steps(three(1_000, 2_000), json!({}));
    let renamed = json!([{"code": "member", "from": 0}, {"code": "star", "from": 1_000}]);
    let lines = [
        "01-05 buys 1000",
        "01-20 buys 100",
        "01-21 learns of 1000 on 01-06",
        "01-22 passes",
    ];
    check(
        before,
        steps(renamed, json!({})),
        &lines,
        "silver 01-05 12:00 receipt, star 01-11 00:00 review",
    );
}

#[test]
fn where_everybody_begins_may_be_renamed_without_a_change() {
    let before = with_ranks(steps(three(1_000, 2_000), json!({})));
    let renamed = json!([{"code": "member", "from": 0}, {"code": "silver", "from": 1_000}]);
    let after = with_ranks(steps(renamed, json!({"upgrade": "next_day"})));
    let story = Story::of(&before).and_from("01-10 12:00", &after);
    // The second receipt makes the member's row, the third is the first change.
    let lines = [
        "01-15 buys 100",
        "01-15 learns of 100 on 01-09",
        "01-20 buys 1000",
        "01-25 passes",
    ];
    let story = story.goes(&lines);
    assert_eq!(story.changes(), "silver 01-21 00:00 review");
    assert_eq!(story.journal.changes[0].previous.as_deref(), Some("member"));
    // A receipt of the first program began where that one lets everybody begin.
    let mut story = story;
    let (then, now) = (story.instant("01-08"), story.instant("01-26"));
    let parts = json!({"occurred_at": then, "lines": [{"amount": 100}]});
    let command = story.command(parts, false);
    let decision = story.journal.decide(&command, now).unwrap();
    let told = super::story::bought(decision);
    assert_eq!(told.ranks[0].code.as_deref(), Some("silver"));
}
