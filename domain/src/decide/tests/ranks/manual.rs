//! Ranks that somebody sets: how long they stand, and what spending does meanwhile.

use super::story::{Story, check, main_ladder, with_ranks};
use crate::decide::tests::{at, decide};
use crate::decide::{Command, Refusal, SetRank};
use crate::fault::FaultCode;
use crate::member::MemberStatus;
use serde_json::json;

#[test]
fn a_rank_set_by_hand_stands_until_the_end_of_its_last_day() {
    for (lines, expected) in [
        (
            vec!["01-05 is set to gold until 01-10", "01-10 23:59 passes"],
            "gold 01-05 12:00 by hand",
        ),
        (
            vec!["01-05 is set to gold until 01-10", "01-11 00:00 passes"],
            "gold 01-05 12:00 by hand, bronze 01-11 00:00 ended",
        ),
        (
            vec!["01-05 is set to gold until 01-05", "03-01 passes"],
            "gold 01-05 12:00 by hand, bronze 01-06 00:00 ended",
        ),
        (
            vec!["01-05 is set to gold", "2028-01-01 passes"],
            "gold 01-05 12:00 by hand",
        ),
        (
            vec![
                "01-05 is set to gold",
                "01-07 is taken back",
                "01-09 passes",
            ],
            "gold 01-05 12:00 by hand, bronze 01-07 12:00 by hand",
        ),
        (
            vec![
                "01-05 is set to gold until 01-10",
                "01-07 is set to gold until 01-08",
                "01-20 passes",
            ],
            "gold 01-05 12:00 by hand, gold 01-07 12:00 by hand, bronze 01-09 00:00 ended",
        ),
        (
            vec![
                "01-05 is set to gold until 01-10",
                "01-07 is set to gold",
                "01-20 passes",
            ],
            "gold 01-05 12:00 by hand, gold 01-07 12:00 by hand",
        ),
        (
            vec!["01-05 is taken back", "01-20 passes"],
            "bronze 01-05 12:00 by hand",
        ),
        (
            vec!["01-05 is set to bronze until 01-06", "01-20 passes"],
            "bronze 01-05 12:00 by hand",
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
fn spending_lives_on_below_a_rank_set_by_hand_and_ends_it_above() {
    for (lines, expected) in [
        (
            vec![
                "01-05 is set to silver until 01-31",
                "01-06 buys 1000",
                "02-10 passes",
            ],
            "silver 01-05 12:00 by hand, bronze 02-01 00:00 ended",
        ),
        (
            vec![
                "01-05 is set to silver until 01-07",
                "01-06 buys 1000",
                "01-10 passes",
            ],
            "silver 01-05 12:00 by hand",
        ),
        (
            vec![
                "01-05 is set to gold until 01-07",
                "01-06 buys 1000",
                "01-10 passes",
            ],
            "gold 01-05 12:00 by hand, silver 01-08 00:00 ended",
        ),
        (
            vec![
                "01-05 is set to silver until 01-31",
                "01-06 buys 2000",
                "02-10 passes",
            ],
            "silver 01-05 12:00 by hand, gold 01-06 12:00 receipt, bronze 01-17 00:00 review",
        ),
        // The end and the loss fall on the same day.
        (
            vec![
                "01-05 buys 1000",
                "01-06 is set to gold until 01-15",
                "01-20 passes",
            ],
            "silver 01-05 12:00 receipt, gold 01-06 12:00 by hand, bronze 01-16 00:00 ended",
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
fn a_lower_rank_set_by_hand_is_not_ended_by_what_was_reached_before_nor_by_a_fall() {
    let lines = [
        "01-05 buys 2000",
        "01-10 buys 1000",
        "01-11 is set to bronze until 01-18",
        "01-12 buys 100",
        "01-31 passes",
    ];
    check(
        main_ladder(json!({"downgrade": {"at": "rolling"}})),
        &lines,
        "gold 01-05 12:00 receipt, bronze 01-11 12:00 by hand, silver 01-19 00:00 ended, bronze 01-21 00:00 review",
    );
}

#[test]
fn a_review_that_lifts_above_a_rank_set_by_hand_ends_it() {
    let ladder = main_ladder(json!({"upgrade": "next_day"}));
    check(
        ladder,
        &["01-05 is set to silver", "01-06 buys 2000", "01-09 passes"],
        "silver 01-05 12:00 by hand, gold 01-07 00:00 review",
    );
}

#[test]
fn a_change_by_hand_keeps_what_was_said_and_tells_no_numbers() {
    let story = Story::of(&with_ranks(json!([main_ladder(json!({}))])));
    let story = story.goes(&["01-05 buys 1000", "01-06 is set to gold until 01-10"]);
    let change = &story.journal.changes[1];
    assert_eq!(change.reason.as_deref(), Some("as asked"));
    assert_eq!(change.until, Some(jiff::civil::date(2026, 1, 10)));
    assert_eq!(
        (change.number, change.version, change.program_version),
        (2, 1, 1)
    );
    assert!(change.numbers.is_empty() && change.purchase.is_none());
    assert_eq!(change.previous.as_deref(), Some("silver"));
}

#[test]
fn a_late_receipt_is_not_reviewed_into_days_before_a_rank_set_by_hand() {
    let ladder = main_ladder(json!({"upgrade": "next_day"}));
    let story = Story::of(&with_ranks(json!([ladder])));
    let story = story.goes(&[
        "01-02 buys 100",
        "01-10 is set to silver until 01-20",
        "01-11 learns of 2000 on 01-03",
        "01-30 passes",
    ]);
    // On 11 January the money of the 3rd still counts, before it nothing is looked at again.
    assert_eq!(
        story.changes(),
        "silver 01-10 12:00 by hand, gold 01-11 00:00 review"
    );
}

#[test]
fn what_does_not_exist_can_not_be_set() {
    let mut story = Story::of(&with_ranks(json!([main_ladder(json!({}))])));
    let set = |ladder: &str, code: Option<&str>, until: Option<&str>| {
        Command::SetRank(SetRank {
            ladder: Some(ladder.to_owned()),
            code: code.map(str::to_owned),
            until: until.map(|until| until.parse().unwrap()),
            reason: None,
        })
    };
    let now = story.instant("01-05");
    let pointer = |refused: Refusal| match refused {
        Refusal::Invalid(faults) => (faults[0].pointer.clone(), faults[0].code),
        other => panic!("{other:?}"),
    };
    for (command, expected) in [
        (
            set("other", Some("gold"), None),
            ("/ladder", FaultCode::UnknownReference),
        ),
        (
            set("main", Some("platinum"), None),
            ("/code", FaultCode::UnknownReference),
        ),
        (
            set("main", Some("gold"), Some("2026-01-04")),
            ("/valid_until", FaultCode::OutOfRange),
        ),
        (
            set("main", None, Some("2026-01-04")),
            ("/valid_until", FaultCode::OutOfRange),
        ),
    ] {
        let refused = story.journal.decide(&command, now).unwrap_err();
        assert_eq!(pointer(refused), (expected.0.to_owned(), expected.1));
    }
    let good = set("main", Some("gold"), Some("2026-01-05"));
    assert!(story.journal.decide(&good, now).is_ok());
    assert_eq!(
        story
            .journal
            .decide(&good, at("2019-01-01T00:00:00Z"))
            .unwrap_err(),
        Refusal::NoProgram
    );
    assert_eq!(
        decide(&story.journal.catalog, None, &good, now).unwrap_err(),
        Refusal::NoMember
    );
    story.journal.member.status = MemberStatus::Closed;
    assert_eq!(
        story.journal.decide(&good, now).unwrap_err(),
        Refusal::MemberClosed
    );
}
