//! When members climb: windows, numbers, and the three times at which a step may be given.

use super::story::{Story, check, main_ladder, with_ranks};
use serde_json::{Value, json};

/// Silver from this on, nothing else.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
fn silver(metric: &str, from: i64, window: Value) -> Value {
    json!({"code": "main", "metric": metric, "window": window,
        "steps": [{"code": "silver", "from": from}]})
}

#[test]
fn every_window_of_every_metric_begins_and_ends_where_it_says() {
    let windows = [
        (json!({"type": "lifetime"}), "2020-01-01", None),
        (json!({"type": "calendar_month"}), "04-01", Some("03-31")),
        (json!({"type": "calendar_quarter"}), "04-01", Some("03-31")),
        (
            json!({"type": "calendar_half"}),
            "01-01",
            Some("2025-12-31"),
        ),
        (
            json!({"type": "calendar_year"}),
            "01-01",
            Some("2025-12-31"),
        ),
        (
            json!({"type": "rolling_days", "days": 1}),
            "04-30",
            Some("04-29"),
        ),
        (
            json!({"type": "rolling_days", "days": 30}),
            "04-01",
            Some("03-31"),
        ),
        (
            json!({"type": "rolling_months", "months": 1}),
            "03-31",
            Some("03-30"),
        ),
        (
            json!({"type": "rolling_months", "months": 2}),
            "03-01",
            Some("02-28"),
        ),
        (json!({"type": "anniversary_year"}), "03-15", Some("03-14")),
        (
            json!({"type": "since_enrolment"}),
            "2024-03-15",
            Some("2024-03-14"),
        ),
    ];
    for (metric, from) in [
        ("spend", 1_000),
        ("gross_spend", 1_000),
        ("visits", 2),
        ("points_earned", 10),
    ] {
        for (window, inside, outside) in &windows {
            let climbs = |first: &str| {
                let ladder = silver(metric, from, window.clone());
                let story = Story::of(&with_ranks(json!([ladder]))).enrolled("2024-03-15");
                let first = format!("{first} buys 500");
                story.goes(&[&first, "04-30 buys 500"]).changes()
            };
            let text = format!("{metric} {window}");
            assert_eq!(climbs(inside), "silver 04-30 12:00 receipt", "{text}");
            if let Some(outside) = outside {
                assert_eq!(climbs(outside), "", "{text}");
            }
        }
    }
}

#[test]
fn thresholds_are_inclusive_and_the_highest_step_that_is_reached_counts() {
    for (amount, expected) in [
        (999, ""),
        (1_000, "silver 01-05 12:00 receipt"),
        (1_999, "silver 01-05 12:00 receipt"),
        (2_000, "gold 01-05 12:00 receipt"),
    ] {
        let line = format!("01-05 buys {amount}");
        check(main_ladder(json!({})), &[&line], expected);
    }
}

#[test]
fn a_step_is_given_with_the_receipt_or_the_next_day_or_at_the_end_of_the_period() {
    let lines = ["01-20 buys 400", "01-25 buys 600", "2027-03-05 passes"];
    let month = json!({"type": "calendar_month"});
    let of =
        |upgrade: &str, window: &Value| main_ladder(json!({"upgrade": upgrade, "window": window}));
    check(
        of("immediate", &month),
        &lines,
        "silver 01-25 12:00 receipt",
    );
    check(of("next_day", &month), &lines, "silver 01-26 00:00 review");
    for (window, expected) in [
        (
            json!({"type": "calendar_month"}),
            "silver 02-01 00:00 review",
        ),
        (
            json!({"type": "calendar_quarter"}),
            "silver 04-01 00:00 review",
        ),
        (
            json!({"type": "calendar_half"}),
            "silver 07-01 00:00 review",
        ),
        (
            json!({"type": "calendar_year"}),
            "silver 2027-01-01 00:00 review",
        ),
        (json!({"type": "rolling_days", "days": 10}), ""),
        (
            json!({"type": "rolling_days", "days": 12}),
            "silver 02-01 00:00 review",
        ),
        (
            json!({"type": "rolling_months", "months": 1}),
            "silver 02-01 00:00 review",
        ),
        (json!({"type": "lifetime"}), "silver 02-01 00:00 review"),
        (
            json!({"type": "since_enrolment"}),
            "silver 02-01 00:00 review",
        ),
        (
            json!({"type": "anniversary_year"}),
            "silver 2027-01-01 00:00 review",
        ),
    ] {
        check(of("period_end", &window), &lines, expected);
    }
}

#[test]
fn a_review_looks_at_what_ended_the_day_before() {
    let ladder =
        main_ladder(json!({"upgrade": "period_end", "window": {"type": "calendar_month"}}));
    check(
        ladder.clone(),
        &["01-31 23:59 buys 1000", "02-01 00:00 passes"],
        "silver 02-01 00:00 review",
    );
    check(ladder, &["02-01 00:00 buys 1000", "02-28 passes"], "");
}

#[test]
fn steps_may_ask_for_all_or_any_of_several_numbers_with_windows_of_their_own() {
    let month = json!({"type": "calendar_month"});
    let numbers = json!([{"metric": "visits", "from": 2, "window": month},
        {"metric": "spend", "from": 1_000, "window": {"type": "lifetime"}}]);
    let ladder =
        |field: &str| json!({"code": "main", "steps": [{"code": "silver", field: numbers}]});
    for (lines, all, any) in [
        (vec!["01-05 buys 999"], "", ""),
        (vec!["01-05 buys 1000"], "", "silver 01-05 12:00 receipt"),
        (
            vec!["01-05 buys 1", "01-06 buys 1"],
            "",
            "silver 01-06 12:00 receipt",
        ),
        (vec!["01-05 buys 1", "02-06 buys 1"], "", ""),
        (
            vec!["01-05 buys 500", "02-06 buys 500", "02-07 buys 0"],
            "silver 02-07 12:00 receipt",
            "silver 02-06 12:00 receipt",
        ),
    ] {
        check(ladder("all_of"), &lines, all);
        check(ladder("any_of"), &lines, any);
    }
}

#[test]
fn numbers_without_a_window_or_metric_take_those_of_the_ladder() {
    let ladder = json!({"code": "main", "metric": "visits", "window": {"type": "calendar_month"},
        "steps": [{"code": "silver", "all_of": [{"from": 2}]}]});
    check(
        ladder,
        &["01-31 buys 1", "02-01 buys 1", "02-02 buys 1"],
        "silver 02-02 12:00 receipt",
    );
}

#[test]
fn below_the_first_step_there_is_no_rank() {
    let ladder = json!({"code": "main", "steps": [{"code": "silver", "from": 1_000}]});
    let mut story = Story::of(&with_ranks(json!([ladder])));
    let before = story.buys("01-05", 999);
    assert_eq!(before.ranks[0].code, None);
    let after = story.buys("01-05 13:00", 1);
    assert_eq!(
        (
            after.ranks[0].previous.as_deref(),
            after.ranks[0].code.as_deref()
        ),
        (None, Some("silver"))
    );
    assert!(after.ranks[0].changed);
    assert_eq!(story.journal.changes[0].previous, None);
}

#[test]
fn ladders_stand_beside_each_other() {
    let visits = json!({"code": "visits", "metric": "visits", "upgrade": "next_day",
        "steps": [{"code": "guest", "from": 0}, {"code": "friend", "from": 2}]});
    let program = with_ranks(json!([main_ladder(json!({})), visits]));
    let story = Story::of(&program);
    story.check(
        &["01-05 buys 1000", "01-06 buys 1000", "01-08 passes"],
        "silver 01-05 12:00 receipt, gold 01-06 12:00 receipt, friend 01-07 00:00 review",
    );
}

#[test]
fn every_change_tells_the_numbers_that_caused_it() {
    let ladder = main_ladder(json!({"downgrade": {"at": "rolling"}}));
    let story = Story::of(&with_ranks(json!([ladder])));
    let story = story.goes(&["01-05 buys 1500", "01-20 passes"]);
    let told: Vec<String> = story
        .journal
        .changes
        .iter()
        .map(|change| {
            let number = &change.numbers[0];
            let dates =
                [number.from, Some(number.to.unwrap())].map(|date| date.unwrap().to_string());
            format!(
                "{} {} {} of {} in {}",
                change.number,
                change.program_version,
                number.value,
                number.threshold,
                dates.join(" to ")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "1 1 1500 of 1000 in 2025-12-27 to 2026-01-05",
            "2 1 0 of 1000 in 2026-01-06 to 2026-01-15"
        ]
    );
    let changes = &story.journal.changes;
    assert_eq!(changes[0].purchase.map(|_| changes[0].version), Some(1));
    assert_eq!(changes[1].follows, Some(changes[0].effective_at));
    assert_eq!(changes[1].previous, changes[0].code);
}

#[test]
fn points_earned_are_those_of_all_wallets() {
    let mut program = with_ranks(json!([silver(
        "points_earned",
        30,
        json!({"type": "lifetime"})
    )]));
    program["wallets"] = json!([{"code": "points"}, {"code": "stamps"}]);
    program["earn_rules"].as_array_mut().unwrap().push(
        json!({"code": "visit", "wallet": "stamps", "award": {"type": "fixed", "points": 5}}),
    );
    Story::of(&program).check(
        &["01-05 buys 999", "01-06 buys 1000", "01-07 buys 100"],
        "silver 01-07 12:00 receipt",
    );
}

#[test]
fn a_business_day_begins_at_the_cut_over_also_where_clocks_change() {
    let ladder = main_ladder(
        json!({"upgrade": "next_day", "window": {"type": "rolling_days", "days": 1},
        "downgrade": {"at": "rolling"}}),
    );
    let mut story = Story::of(&with_ranks(json!([ladder])));
    let settings = &mut story.journal.catalog.settings;
    settings.time_zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    settings.cutover = jiff::civil::time(5, 0, 0, 0);
    for (lines, expected) in [
        // 12 March 2017 has 23 hours, 5 November 25.
        (
            ["2017-03-12 04:59 buys 1000", "2017-03-14 passes"],
            "silver 2017-03-12 05:00 review, bronze 2017-03-13 05:00 review",
        ),
        (
            ["2017-03-12 05:00 buys 1000", "2017-03-14 passes"],
            "silver 2017-03-13 05:00 review, bronze 2017-03-14 05:00 review",
        ),
        (
            ["2017-11-05 04:59 buys 1000", "2017-11-07 passes"],
            "silver 2017-11-05 05:00 review, bronze 2017-11-06 05:00 review",
        ),
        (
            ["2017-11-05 05:00 buys 1000", "2017-11-07 passes"],
            "silver 2017-11-06 05:00 review, bronze 2017-11-07 05:00 review",
        ),
    ] {
        let mut story = story.clone();
        story.journal.catalog.versions[0].effective_from = story.instant("2016-01-01");
        story.check(&lines, expected);
    }
}

#[test]
fn a_changed_cut_over_counts_from_its_own_day() {
    let ladder = main_ladder(
        json!({"upgrade": "next_day", "downgrade": {"at": "rolling"}, "window": {"type": "rolling_days", "days": 1}}),
    );
    let mut story = Story::of(&with_ranks(json!([ladder])));
    let settings = &mut story.journal.catalog.settings;
    settings.earlier_cutovers = vec![crate::calendar::EarlierCutover {
        before: jiff::civil::date(2026, 1, 10),
        cutover: jiff::civil::time(5, 0, 0, 0),
    }];
    story.check(
        &["01-09 04:00 buys 1000", "01-12 passes"],
        "silver 01-09 05:00 review, bronze 01-10 05:00 review",
    );
    let mut after = Story::of(&with_ranks(json!([main_ladder(
        json!({"upgrade": "next_day"})
    )])));
    after.journal.catalog.settings.earlier_cutovers = vec![crate::calendar::EarlierCutover {
        before: jiff::civil::date(2026, 1, 10),
        cutover: jiff::civil::time(5, 0, 0, 0),
    }];
    after.check(
        &["01-11 04:00 buys 1000", "01-12 passes"],
        "silver 01-12 00:00 review",
    );
}
