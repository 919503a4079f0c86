//! The header's text, the present revision, the answer.

use super::IfMatch;

#[test]
fn conditions_hold_or_are_refused() {
    for (text, present, outcome) in [
        ("\"3\"", 3, "met"),
        ("\"2\", \"3\"", 3, "met"),
        ("*", 3, "met"),
        ("\"2\"", 3, "version_conflict"),
        ("W/\"3\"", 3, "version_conflict"),
        ("\"\"", 3, "version_conflict"),
        ("3", 3, "malformed"),
        ("\"3", 3, "malformed"),
        ("\"3\",", 3, "malformed"),
        ("", 3, "malformed"),
    ] {
        let found = match IfMatch::parse(text) {
            None => "malformed",
            Some(condition) => match condition.demand(present) {
                Ok(()) => "met",
                Err(problem) => problem.kind.code(),
            },
        };
        assert_eq!(found, outcome, "{text}");
    }
}

#[test]
fn a_missing_condition_matters_only_where_it_is_demanded() {
    assert!(IfMatch::Absent.check(1).is_ok());
    let problem = IfMatch::Absent.demand(1).expect_err("demanded");
    assert_eq!(problem.kind.code(), "precondition_required");
}
