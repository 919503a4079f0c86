//! The laws that one member's acknowledged writes and the server's own account must obey:
//! pure, so that each law has its test.

use std::collections::BTreeMap;

use crate::journal::Acknowledged;

/// What the server says about a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Version of the balance.
    pub(crate) version: u64,
    /// Available points of the balance.
    pub(crate) available: i64,
    /// Points moved by each version, from the list of transactions.
    pub(crate) moved: BTreeMap<u64, i64>,
}

/// Everything that is wrong with one member, in words; empty when all is well.
pub(crate) fn audit(mut journal: Vec<Acknowledged>, statement: &Statement) -> Vec<String> {
    journal.sort_by_key(|line| line.version);
    let mut wrong = follow(&journal);
    let last = journal.last().map(Acknowledged::accepted);
    let (version, available) = last.map_or((0, 0), |last| (last.version, last.available));
    if statement.version != version || statement.available != available {
        wrong.push(format!(
            "the balance shows {} points at version {}, the last answer {available} at {version}",
            statement.available, statement.version
        ));
    }
    for line in &journal {
        match statement.moved.get(&line.version) {
            None => wrong.push(format!(
                "acknowledged {} at version {} is not in the statement",
                line.key, line.version
            )),
            Some(points) if *points != line.points => wrong.push(format!(
                "version {} moved {points} points, its answer said {}",
                line.version, line.points
            )),
            Some(_same) => {}
        }
    }
    for version in statement.moved.keys() {
        if journal
            .binary_search_by_key(version, |line| line.version)
            .is_err()
        {
            wrong.push(format!(
                "version {version} is in the statement, but nobody asked for it"
            ));
        }
    }
    wrong
}

/// Versions are unique and without gaps, each balance follows from the one before, and a call that
/// was sent after another's answer got the later version.
fn follow(journal: &[Acknowledged]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut balance = 0_i64;
    let mut expected_version = 0_u64;
    let mut latest_sent = 0_u64;
    for line in journal {
        expected_version = expected_version.saturating_add(1);
        if line.version != expected_version {
            wrong.push(format!(
                "version {} of {} where {expected_version} should follow",
                line.version, line.key
            ));
            expected_version = line.version;
        }
        balance = balance.saturating_add(line.points);
        if line.available != balance {
            wrong.push(format!(
                "version {} left {} points where {balance} follow from the one before",
                line.version, line.available
            ));
            balance = line.available;
        }
        if line.answered_micros < latest_sent {
            wrong.push(format!(
                "version {} was answered before an earlier version was even asked for",
                line.version
            ));
        }
        latest_sent = latest_sent.max(line.sent_micros);
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::{Statement, audit};
    use crate::journal::Acknowledged;

    /// Version, points, available, sent, answered.
    fn line(
        (version, points, available, sent, answered): (u64, i64, i64, u64, u64),
    ) -> Acknowledged {
        Acknowledged {
            member: 0,
            version,
            points,
            available,
            sent_micros: sent,
            answered_micros: answered,
            key: format!("k{version}"),
        }
    }

    fn check(lines: &[(u64, i64, i64, u64, u64)], moved: &[(u64, i64)], wrong: &[&str]) {
        let journal: Vec<_> = lines.iter().copied().map(line).collect();
        let version = moved.iter().map(|(version, _)| *version).max().unwrap_or(0);
        let statement = Statement {
            version,
            available: moved.iter().map(|(_, points)| *points).sum(),
            moved: moved.iter().copied().collect(),
        };
        let found = audit(journal, &statement);
        assert_eq!(found.len(), wrong.len(), "{found:?}");
        for (sentence, part) in found.iter().zip(wrong) {
            assert!(sentence.contains(part), "{sentence} has no {part}");
        }
    }

    #[test]
    fn a_ledger_that_agrees_is_clean_in_any_order_of_arrival() {
        check(&[], &[], &[]);
        check(
            &[(1, 5, 5, 0, 9), (2, -3, 2, 1, 8)],
            &[(1, 5), (2, -3)],
            &[],
        );
        check(
            &[(2, -3, 2, 1, 8), (1, 5, 5, 0, 9)],
            &[(1, 5), (2, -3)],
            &[],
        );
    }

    #[test]
    fn a_lost_write_is_found() {
        let lines = [(1, 5, 5, 0, 1), (2, 5, 10, 2, 3)];
        check(
            &lines,
            &[(1, 5)],
            &["the balance shows 5", "k2 at version 2 is not"],
        );
    }

    #[test]
    fn a_doubled_write_is_found() {
        let moved = [(1, 5), (2, 5)];
        check(
            &[(1, 5, 5, 0, 1)],
            &moved,
            &["the balance shows 10", "nobody asked"],
        );
    }

    #[test]
    fn a_version_given_twice_is_found() {
        let lines = [(1, 5, 5, 0, 1), (1, 5, 10, 0, 2)];
        check(
            &lines,
            &[(1, 10)],
            &["where 2 should", "moved 10", "moved 10"],
        );
    }

    #[test]
    fn a_balance_that_does_not_follow_is_found() {
        check(
            &[(1, 5, 6, 0, 1)],
            &[(1, 5)],
            &["left 6 points where 5", "the balance shows 5"],
        );
    }

    #[test]
    fn an_order_against_real_time_is_found() {
        let lines = [(1, 1, 1, 50, 60), (2, 1, 2, 10, 49)];
        check(&lines, &[(1, 1), (2, 1)], &["before an earlier version"]);
        check(
            &[(1, 1, 1, 50, 60), (2, 1, 2, 10, 50)],
            &[(1, 1), (2, 1)],
            &[],
        );
    }
}
