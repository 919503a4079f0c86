//! What a member is told of its rank: how long it lasts, what keeps it and what comes next.

use crate::decide::tests::ranks::story::{Story, main_ladder, with_ranks};
use crate::member::MemberFacts;
use crate::rank::{LadderOutlook, Wanted, outlook, outlook_needs};
use serde_json::{Value, json};

/// The outlook on an instant, from exactly the facts that it asks for.
fn seen(mut story: Story, when: &str) -> Vec<LadderOutlook> {
    let now = story.instant(when);
    let needs = outlook_needs(&story.journal.catalog, &story.journal.member, now);
    let _budgets = story.journal.load(&needs);
    let member: &MemberFacts = &story.journal.member;
    outlook(&story.journal.catalog, member, now).unwrap()
}

/// `silver until 01-15, keep 1000 - 400 = 600 by 01-15, next gold 600 missing, then bronze`
fn told(outlook: &LadderOutlook) -> String {
    let none = || "none".to_owned();
    let code = |code: &Option<String>| code.clone().unwrap_or_else(none);
    let date = |date: jiff::civil::Date| date.to_string().trim_start_matches("2026-").to_owned();
    let wanted = |wanted: &Wanted| {
        let missing = wanted
            .missing
            .map_or_else(none, |missing| missing.to_string());
        let by = wanted
            .by
            .map_or_else(String::new, |by| format!(" by {}", date(by)));
        format!("{} {missing}{by}", wanted.code)
    };
    let parts = [
        Some(code(&outlook.code)),
        outlook
            .valid_until
            .map(|until| format!("until {}", date(until))),
        outlook
            .to_keep
            .as_ref()
            .map(|keep| format!("keep {}", wanted(keep))),
        outlook
            .to_next
            .as_ref()
            .map(|next| format!("next {}", wanted(next))),
        Some(format!("then {}", code(&outlook.projected))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
fn check(ladder: Value, lines: &[&str], when: &str, expected: &str) {
    let story = Story::of(&with_ranks(json!([ladder]))).enrolled("2024-03-15");
    let seen = seen(story.goes(lines), when);
    assert_eq!(told(&seen[0]), expected, "{lines:?} {when}");
}

fn falling(downgrade: &Value) -> Value {
    main_ladder(json!({"downgrade": downgrade}))
}

#[test]
fn a_member_who_never_bought_is_told_what_the_next_step_asks_for() {
    check(
        falling(&json!({"at": "rolling"})),
        &[],
        "01-05",
        "bronze, next silver 1000, then bronze",
    );
    let ladder = json!({"code": "main", "steps": [{"code": "silver", "from": 1_000}]});
    check(ladder, &[], "01-05", "none, next silver 1000, then none");
}

#[test]
fn a_rank_is_told_to_last_until_the_day_before_its_fall() {
    let bought = ["01-05 buys 1000", "01-08 buys 200"];
    for (downgrade, expected) in [
        (json!({"at": "never"}), "silver, next gold 800, then silver"),
        // On the 16th the money of the 5th has left the window.
        (
            json!({"at": "rolling"}),
            "silver, until 01-15, keep silver 800 by 01-15, next gold 800, then silver",
        ),
        (
            json!({"at": "rolling", "grace_days": 5}),
            "silver, until 01-20, keep silver 1000 by 01-20, next gold 800, then silver",
        ),
        (
            json!({"at": "month_start"}),
            "silver, until 01-31, keep silver 1000 by 01-31, next gold 800, then bronze",
        ),
        (
            json!({"at": "month_start", "grace_days": 20}),
            "silver, until 02-04, keep silver 1000 by 02-04, next gold 800, then silver",
        ),
        (
            json!({"at": "dates", "dates": ["06-01"]}),
            "silver, until 05-31, keep silver 1000 by 05-31, next gold 800, then bronze",
        ),
        (
            json!({"at": "anniversary"}),
            "silver, until 03-14, keep silver 1000 by 03-14, next gold 800, then bronze",
        ),
    ] {
        check(falling(&downgrade), &bought, "01-10", expected);
    }
}

#[test]
fn what_the_outlook_says_comes_true() {
    for downgrade in [
        json!({"at": "rolling"}),
        json!({"at": "rolling", "grace_days": 5}),
        json!({"at": "month_start"}),
        json!({"at": "month_start", "grace_days": 20}),
        json!({"at": "dates", "dates": ["02-29", "06-01"]}),
        json!({"at": "anniversary", "grace_days": 366}),
    ] {
        let story = Story::of(&with_ranks(json!([falling(&downgrade)]))).enrolled("2024-03-15");
        let story = story.goes(&["01-05 buys 2000"]);
        let until = seen(story.clone(), "01-05")[0].valid_until.unwrap();
        let last = story.clone().goes(&[&format!("{until} passes")]);
        assert_eq!(last.journal.changes.len(), 1, "{downgrade}");
        let over = story.goes(&[&format!("{} passes", until.tomorrow().unwrap())]);
        assert_eq!(over.journal.changes.len(), 2, "{downgrade}");
    }
}

#[test]
fn windows_that_never_forget_keep_a_rank_for_ever() {
    for window in ["lifetime", "since_enrolment"] {
        let ladder =
            main_ladder(json!({"window": {"type": window}, "downgrade": {"at": "rolling"}}));
        check(
            ladder,
            &["01-05 buys 1500"],
            "01-10",
            "silver, next gold 500, then silver",
        );
    }
}

#[test]
fn the_highest_step_has_no_next_and_one_step_falls_at_a_time() {
    let lines = ["01-05 buys 2000"];
    let full = falling(&json!({"at": "month_start"}));
    check(
        full,
        &lines,
        "01-05",
        "gold, until 01-31, keep gold 2000 by 01-31, then bronze",
    );
    let one = falling(&json!({"at": "month_start", "steps": "one"}));
    check(
        one,
        &lines,
        "01-05",
        "gold, until 01-31, keep gold 2000 by 01-31, then silver",
    );
}

#[test]
fn a_step_that_waits_is_projected() {
    let lines = ["01-05 buys 1500"];
    let ladder = |upgrade: &str| {
        main_ladder(json!({"upgrade": upgrade, "window": {"type": "calendar_month"}}))
    };
    check(
        ladder("next_day"),
        &lines,
        "01-05 18:00",
        "bronze, next silver 0, then silver",
    );
    check(
        ladder("period_end"),
        &lines,
        "01-05 18:00",
        "bronze, next silver 0, then silver",
    );
    check(
        ladder("period_end"),
        &lines,
        "02-05",
        "silver, next gold 2000, then silver",
    );
}

#[test]
fn reviews_that_are_due_are_done_for_the_outlook_and_not_kept() {
    let ladder = falling(&json!({"at": "rolling"}));
    check(
        ladder.clone(),
        &["01-05 buys 1000"],
        "01-20",
        "bronze, next silver 1000, then bronze",
    );
    let story = Story::of(&with_ranks(json!([ladder]))).goes(&["01-05 buys 1000"]);
    let mut story = story;
    story.journal.member.ranks.reviewed_on = Some(jiff::civil::date(2026, 1, 10));
    assert_eq!(
        seen(story.clone(), "01-20")[0].code.as_deref(),
        Some("bronze")
    );
    assert_eq!(story.journal.changes.len(), 1);
}

#[test]
fn a_rank_set_by_hand_is_told_with_its_end_and_what_follows() {
    let rolling = falling(&json!({"at": "rolling"}));
    for (lines, expected) in [
        (
            vec!["01-05 is set to gold until 01-20"],
            "gold, until 01-20, keep gold 2000 by 01-20, then gold",
        ),
        (vec!["01-05 is set to gold"], "gold, then gold"),
        (
            vec!["01-05 buys 2000", "01-05 is set to gold until 01-10"],
            "gold, until 01-15, keep gold 2000 by 01-15, then gold",
        ),
    ] {
        let story = Story::of(&with_ranks(json!([rolling]))).goes(&lines);
        let found = seen(story, "01-05 18:00");
        assert_eq!(told(&found[0]), expected, "{lines:?}");
        assert!(found[0].manual.is_some());
    }
}

#[test]
fn a_review_that_will_end_a_rank_set_by_hand_is_projected() {
    let ladder = main_ladder(json!({"upgrade": "next_day"}));
    let lines = ["01-05 is set to silver", "01-06 buys 2000"];
    check(
        ladder,
        &lines,
        "01-06 18:00",
        "silver, next gold 0, then gold",
    );
}

#[test]
fn several_numbers_are_told_one_by_one() {
    let numbers = json!([{"metric": "visits", "from": 3}, {"metric": "spend", "from": 1_000}]);
    for (field, any) in [("all_of", false), ("any_of", true)] {
        let ladder = json!({"code": "main", "steps": [{"code": "silver", field: numbers}]});
        let story = Story::of(&with_ranks(json!([ladder]))).goes(&["01-05 buys 600"]);
        let found = seen(story, "01-06");
        let next = found[0].to_next.as_ref().unwrap();
        let aims: Vec<_> = next
            .criteria
            .iter()
            .map(|aim| (aim.from, aim.value, aim.missing))
            .collect();
        assert_eq!(
            (next.missing, next.any, aims),
            (None, any, vec![(3, 1, 2), (1_000, 600, 400)])
        );
    }
}

#[test]
fn every_ladder_of_the_program_in_force_is_told_and_no_other() {
    let side = json!({"code": "side", "steps": [{"code": "vip", "from": 1}]});
    let first = with_ranks(json!([main_ladder(json!({})), side]));
    let second = with_ranks(json!([side]));
    let story = Story::of(&first)
        .and_from("02-01 12:00", &second)
        .goes(&["01-05 buys 1000"]);
    let ladders = |when: &str| -> Vec<String> {
        seen(story.clone(), when)
            .into_iter()
            .map(|seen| seen.ladder)
            .collect()
    };
    assert_eq!(ladders("02-01 11:59"), ["main", "side"]);
    assert_eq!(ladders("02-01 12:00"), ["side"]);
    assert!(ladders("2019-12-31").is_empty());
    let none = Story::of(&with_ranks(json!([])));
    let needs = outlook_needs(
        &none.journal.catalog,
        &none.journal.member,
        none.instant("01-05"),
    );
    assert!(needs.is_empty() && seen(none, "01-05").is_empty());
}
