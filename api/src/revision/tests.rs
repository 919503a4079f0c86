use super::{IfMatch, etag};
use crate::problem::{Problem, ProblemKind};

fn parsed(text: &str) -> Option<IfMatch> {
    IfMatch::parse(text)
}

fn kind(outcome: Result<(), Problem>) -> Option<ProblemKind> {
    outcome.err().map(|problem| problem.kind)
}

#[test]
fn a_header_is_a_star_or_quoted_tags() {
    assert_eq!(parsed("*"), Some(IfMatch::Anything));
    assert_eq!(parsed("\"3\""), Some(IfMatch::Tags(vec!["\"3\"".into()])));
    assert!(parsed("\"3\", W/\"4\"").is_some());
    for wrong in ["", "3", "\"3", "\"3\" \"4\"", "\"3\",", "\"a\u{7f}\""] {
        assert_eq!(parsed(wrong), None, "{wrong:?}");
    }
    assert!(parsed(&vec!["\"1\""; 20].join(",")).is_some());
    assert!(parsed(&vec!["\"1\""; 21].join(",")).is_none());
}

#[test]
fn only_what_was_read_may_be_changed() {
    let (_, tag) = etag(3);
    let read = parsed(&tag).unwrap();
    assert_eq!(kind(read.check(3)), None);
    assert_eq!(kind(read.check(4)), Some(ProblemKind::VersionConflict));
    assert_eq!(kind(read.require(3)), None);
    assert_eq!(kind(read.require(4)), Some(ProblemKind::VersionConflict));
    let weak = parsed("W/\"3\"").unwrap();
    assert_eq!(kind(weak.check(3)), Some(ProblemKind::VersionConflict));
    assert_eq!(kind(IfMatch::Anything.require(3)), None);
}

#[test]
fn a_missing_header_is_only_refused_where_one_is_required() {
    assert_eq!(kind(IfMatch::Absent.check(3)), None);
    assert_eq!(
        kind(IfMatch::Absent.require(3)),
        Some(ProblemKind::PreconditionRequired)
    );
}
