//! When members fall: review dates, one step or all, and grace.

use super::story::{Story, check, main_ladder, with_ranks};
use serde_json::{Value, json};

fn downgrade(at: &str, steps: &str, grace_days: i64) -> Value {
    let mut downgrade = json!({"at": at, "steps": steps, "grace_days": grace_days});
    if at == "dates" {
        downgrade["dates"] = json!(["06-01", "12-01"]);
    }
    downgrade
}

/// Gold from 5 January, whose spend lies in the window up to the review of the 15th.
fn falls(upgrade: &str, downgrade: &Value) -> String {
    let ladder = main_ladder(json!({"upgrade": upgrade, "downgrade": downgrade}));
    let story = Story::of(&with_ranks(json!([ladder]))).enrolled("2024-03-15");
    let lines = ["01-05 buys 2000", "2028-06-30 passes"];
    let found = story.clone().goes(&lines).changes();
    story.check(&lines, &found);
    let first = if upgrade == "immediate" {
        "gold 01-05 12:00 receipt"
    } else {
        "gold 01-06 00:00 review"
    };
    let rest = found.strip_prefix(first).unwrap();
    rest.trim_start_matches(", ").replace(" 00:00 review", "")
}

/// Where, with how much grace, and when each of the two strides falls.
type Row = (&'static str, i64, &'static str, &'static str);

const FALLS: [Row; 16] = [
    ("never", 0, "", ""),
    ("never", 5, "", ""),
    ("rolling", 0, "bronze 01-16", "silver 01-16, bronze 01-17"),
    ("rolling", 1, "bronze 01-17", "silver 01-17, bronze 01-19"),
    ("rolling", 5, "bronze 01-21", "silver 01-21, bronze 01-27"),
    (
        "rolling",
        366,
        "bronze 2027-01-17",
        "silver 2027-01-17, bronze 2028-01-19",
    ),
    (
        "month_start",
        0,
        "bronze 02-01",
        "silver 02-01, bronze 03-01",
    ),
    (
        "month_start",
        10,
        "bronze 02-01",
        "silver 02-01, bronze 03-01",
    ),
    (
        "month_start",
        20,
        "bronze 02-05",
        "silver 02-05, bronze 03-01",
    ),
    (
        "month_start",
        40,
        "bronze 02-25",
        "silver 02-25, bronze 04-07",
    ),
    ("dates", 0, "bronze 06-01", "silver 06-01, bronze 12-01"),
    ("dates", 136, "bronze 06-01", "silver 06-01, bronze 12-01"),
    ("dates", 137, "bronze 06-02", "silver 06-02, bronze 12-01"),
    (
        "dates",
        366,
        "bronze 2027-01-17",
        "silver 2027-01-17, bronze 2028-01-19",
    ),
    (
        "anniversary",
        0,
        "bronze 03-15",
        "silver 03-15, bronze 2027-03-15",
    ),
    (
        "anniversary",
        60,
        "bronze 03-17",
        "silver 03-17, bronze 2027-03-15",
    ),
];

#[test]
fn each_way_to_fall_with_each_grace_and_each_stride() {
    for (at, grace_days, full, one) in FALLS {
        for upgrade in ["immediate", "next_day"] {
            let text = format!("{upgrade} {at} {grace_days}");
            assert_eq!(
                falls(upgrade, &downgrade(at, "full", grace_days)),
                full,
                "{text}"
            );
            assert_eq!(
                falls(upgrade, &downgrade(at, "one", grace_days)),
                one,
                "{text}"
            );
        }
    }
}

#[test]
fn a_fall_goes_to_the_step_that_is_earned() {
    let lines = ["01-05 buys 2000", "01-10 buys 1000", "01-31 passes"];
    for steps in ["full", "one"] {
        check(
            main_ladder(json!({"downgrade": downgrade("rolling", steps, 0)})),
            &lines,
            "gold 01-05 12:00 receipt, silver 01-16 00:00 review, bronze 01-21 00:00 review",
        );
    }
}

#[test]
fn a_threshold_that_is_met_again_lets_the_grace_begin_anew() {
    let ladder = |grace| main_ladder(json!({"downgrade": downgrade("rolling", "full", grace)}));
    let lines = ["01-05 buys 1000", "01-20 buys 1000", "02-28 passes"];
    check(
        ladder(4),
        &lines,
        "silver 01-05 12:00 receipt, bronze 01-20 00:00 review, \
        silver 01-20 12:00 receipt, bronze 02-04 00:00 review",
    );
    check(
        ladder(5),
        &lines,
        "silver 01-05 12:00 receipt, bronze 02-05 00:00 review",
    );
}

#[test]
fn a_loss_does_not_predate_the_rank() {
    // The year that counts at the review of 1 January is the one that ended.
    let ladder = |grace| {
        main_ladder(
            json!({"upgrade": "period_end", "window": {"type": "calendar_year"},
        "downgrade": downgrade("rolling", "full", grace)}),
        )
    };
    let lines = ["11-05 buys 1000", "2027-12-31 passes"];
    check(
        ladder(0),
        &lines,
        "silver 2027-01-01 00:00 review, bronze 2027-01-02 00:00 review",
    );
    check(
        ladder(5),
        &lines,
        "silver 2027-01-01 00:00 review, bronze 2027-01-07 00:00 review",
    );
}

#[test]
fn a_review_at_a_boundary_looks_at_the_period_that_ended() {
    let ladder = |at: &str| {
        main_ladder(json!({"window": {"type": "calendar_month"},
        "downgrade": downgrade(at, "full", 0)}))
    };
    let lines = ["01-31 buys 1000", "04-01 passes"];
    check(
        ladder("month_start"),
        &lines,
        "silver 01-31 12:00 receipt, bronze 03-01 00:00 review",
    );
    check(
        ladder("rolling"),
        &lines,
        "silver 01-31 12:00 receipt, bronze 02-02 00:00 review",
    );
}

#[test]
fn ends_of_months_are_clipped() {
    let ladder = |window: Value| {
        main_ladder(json!({"window": window, "downgrade": downgrade("rolling", "full", 0)}))
    };
    let month = json!({"type": "rolling_months", "months": 1});
    for (bought, falls) in [
        ("01-28", "03-01"),
        ("01-29", "03-02"),
        ("01-31", "03-02"),
        ("02-01", "03-02"),
        ("02-28", "03-29"),
        ("03-30", "05-01"),
        ("03-31", "05-02"),
    ] {
        let line = format!("{bought} buys 1000");
        let expected = format!("silver {bought} 12:00 receipt, bronze {falls} 00:00 review");
        check(ladder(month.clone()), &[&line, "06-30 passes"], &expected);
    }
}

#[test]
fn the_29_of_february_counts_on_28_in_common_years() {
    for (downgrade, enrolled) in [
        (json!({"at": "dates", "dates": ["02-29"]}), "2024-06-01"),
        (json!({"at": "anniversary"}), "2024-02-29"),
    ] {
        let ladder = main_ladder(json!({"downgrade": downgrade}));
        for (lines, expected) in [
            (
                ["01-05 buys 1000", "03-31 passes"],
                "silver 01-05 12:00 receipt, bronze 02-28 00:00 review",
            ),
            (
                ["2028-01-05 buys 1000", "2028-03-31 passes"],
                "silver 2028-01-05 12:00 receipt, bronze 2028-02-29 00:00 review",
            ),
        ] {
            let story = Story::of(&with_ranks(json!([ladder]))).enrolled(enrolled);
            story.check(&lines, expected);
        }
    }
    // The year of a member begins with its anniversary.
    let ladder = main_ladder(
        json!({"window": {"type": "anniversary_year"}, "upgrade": "period_end",
        "downgrade": {"at": "anniversary"}}),
    );
    let story = Story::of(&with_ranks(json!([ladder]))).enrolled("2024-02-29");
    story.check(
        &["2027-02-27 buys 1000", "2027-02-28 buys 1000", "2028-02-28 buys 1000", "2029-06-01 passes"],
        "silver 2027-02-28 00:00 review, gold 2028-02-29 00:00 review, bronze 2029-02-28 00:00 review",
    );
}

#[test]
fn the_day_of_the_enrolment_is_no_anniversary() {
    let ladder = main_ladder(json!({"downgrade": {"at": "anniversary"}}));
    let story = Story::of(&with_ranks(json!([ladder]))).enrolled("02-01");
    story.check(
        &["01-05 buys 1000", "2027-02-01 passes"],
        "silver 01-05 12:00 receipt, bronze 2027-02-01 00:00 review",
    );
}

#[test]
fn returns_that_outweigh_a_window_leave_the_first_step() {
    let ladder = main_ladder(json!({"downgrade": {"at": "rolling"}}));
    let mut story = Story::of(&with_ranks(json!([ladder])));
    story.journal.spent(jiff::civil::date(2026, 1, 5), -500);
    story.check(&["01-06 buys 100", "01-10 passes"], "");
}

#[test]
fn grace_looks_back_over_the_enrolment() {
    let ladder = json!({"code": "main", "window": {"type": "since_enrolment"},
        "steps": [{"code": "silver", "from": 1_000}],
        "downgrade": {"at": "month_start", "grace_days": 30}});
    let story = Story::of(&with_ranks(json!([ladder]))).enrolled("01-15");
    story.check(
        &["01-20 buys 1000", "02-20 buys 100", "06-01 passes"],
        "silver 01-20 12:00 receipt",
    );
}
