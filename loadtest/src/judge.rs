//! Every answer is judged: a fast wrong answer must not count as a served one.

use serde::Deserialize;

use crate::{connection::Reply, world::WALLET};

/// What a till does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `POST /v1/purchases`
    Purchase,
    /// `POST /v1/redemptions`
    Redeem,
    /// `GET /v1/members/{id}/balances`
    Read,
}

impl Kind {
    /// All kinds, in the order of the report.
    pub(crate) const ALL: [Self; 3] = [Self::Purchase, Self::Redeem, Self::Read];

    /// The name in `--mix`, in the report and in the journal.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Redeem => "redeem",
            Self::Read => "read",
        }
    }
}

/// What one call was supposed to bring about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expectation {
    /// Kind of the call.
    pub(crate) kind: Kind,
    /// Signed change of the member's points; 0 for reads.
    pub(crate) points: i64,
    /// The answer's version must be above this (for reads: not below).
    pub(crate) version_floor: u64,
}

/// The state of the member after an accepted call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Version of the member's ledger.
    pub(crate) version: u64,
    /// Points that can be spent.
    pub(crate) available: i64,
}

/// How an answer is to be taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Done, and everything in the answer fits.
    Accepted(Accepted),
    /// A business refusal that is right for a till to meet: too few points.
    Refused,
    /// Not known or not done yet: the same key has to be sent again.
    Repeat(String),
    /// An answer that no well-behaved call should get.
    Error(String),
    /// Accepted, but the answer contradicts the program or an earlier answer.
    Violation(Accepted, String),
}

#[derive(Deserialize)]
struct Problem<'a> {
    #[serde(borrow)]
    code: Option<std::borrow::Cow<'a, str>>,
}

/// The fields that all three kinds of answers share; the others are skipped unread.
#[derive(Deserialize)]
struct Answer<'a> {
    version: u64,
    #[serde(borrow, alias = "wallets")]
    balances: Vec<Balance<'a>>,
    #[serde(default)]
    earned: Vec<Earned>,
}

#[derive(Deserialize)]
struct Balance<'a> {
    wallet: &'a str,
    available: i64,
}

#[derive(Deserialize)]
struct Earned {
    points: i64,
}

/// Judges one answer against what the call was to bring about.
pub(crate) fn judge(reply: &Reply<'_>, expected: &Expectation) -> Verdict {
    match (reply.status, expected.kind) {
        (200, Kind::Read) | (200 | 201, Kind::Purchase | Kind::Redeem) => {
            judge_success(reply, expected)
        }
        (status, kind) => judge_problem(reply, status, kind),
    }
}

fn judge_problem(reply: &Reply<'_>, status: u16, kind: Kind) -> Verdict {
    let problem: Option<Problem<'_>> = serde_json::from_slice(reply.body).ok();
    let code = problem.and_then(|problem| problem.code);
    let code = code.as_deref().unwrap_or("without a code");
    let name = format!("{status} {code}");
    match (status, code) {
        (409, "insufficient_points") if kind == Kind::Redeem => Verdict::Refused,
        (503 | 504 | 429 | 408, _) | (409, "idempotency_in_progress") => Verdict::Repeat(name),
        _ => Verdict::Error(name),
    }
}

fn judge_success(reply: &Reply<'_>, expected: &Expectation) -> Verdict {
    let answer: Answer<'_> = match serde_json::from_slice(reply.body) {
        Ok(answer) => answer,
        Err(error) => return Verdict::Error(format!("{} not understood: {error}", reply.status)),
    };
    let balance = answer
        .balances
        .iter()
        .find(|balance| balance.wallet == WALLET);
    let available = balance.map_or(0, |balance| balance.available);
    let accepted = Accepted {
        version: answer.version,
        available,
    };
    match contradiction(&answer, accepted, expected) {
        Some(sentence) => Verdict::Violation(accepted, sentence),
        None => Verdict::Accepted(accepted),
    }
}

/// The first thing in an accepted answer that can't be true.
fn contradiction(
    answer: &Answer<'_>,
    accepted: Accepted,
    expected: &Expectation,
) -> Option<String> {
    let floor = expected.version_floor;
    let Accepted { version, available } = accepted;
    let is_older = match expected.kind {
        Kind::Read => version < floor,
        Kind::Purchase | Kind::Redeem => version <= floor,
    };
    if is_older {
        return Some(format!(
            "version {version} came after version {floor} was answered"
        ));
    }
    if available < 0 {
        return Some(format!("{available} points are available"));
    }
    if expected.kind != Kind::Purchase {
        return None;
    }
    let earned: i64 = answer.earned.iter().map(|earned| earned.points).sum();
    if earned != expected.points {
        return Some(format!(
            "{earned} points earned where the program grants {}",
            expected.points
        ));
    }
    if available < earned && expected.version_floor == 0 && version == 1 {
        return Some(format!(
            "{available} points available after {earned} were earned"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Accepted, Expectation, Kind, Verdict, judge};
    use crate::connection::Reply;

    fn verdict(
        kind: Kind,
        points: i64,
        version_floor: u64,
        answer: (u16, &'static str),
    ) -> Verdict {
        let (status, body) = answer;
        let expected = Expectation {
            kind,
            points,
            version_floor,
        };
        let body = body.as_bytes();
        judge(&Reply { status, body }, &expected)
    }

    const PURCHASE: (u16, &str) = (
        201,
        r#"{"id":"pur_1","earned":[{"rule":"base","points":3},{"rule":"x","points":9}],
            "balances":[{"wallet":"points","available":12,"pending":0}],"version":4}"#,
    );

    #[test]
    fn a_purchase_is_accepted_only_with_the_right_points_and_a_later_version() {
        let accepted = Accepted {
            version: 4,
            available: 12,
        };
        assert_eq!(
            verdict(Kind::Purchase, 12, 3, PURCHASE),
            Verdict::Accepted(accepted)
        );
        for (points, floor) in [(11, 3), (13, 3), (12, 4), (12, 5)] {
            let verdict = verdict(Kind::Purchase, points, floor, PURCHASE);
            assert!(
                matches!(verdict, Verdict::Violation(..)),
                "{points} {floor}: {verdict:?}"
            );
        }
    }

    #[test]
    fn a_read_may_show_the_version_already_seen_but_none_before() {
        let read = |version_floor| {
            let body =
                r#"{"member_id":"m","version":4,"wallets":[{"wallet":"points","available":1}]}"#;
            verdict(Kind::Read, 0, version_floor, (200, body))
        };
        assert!(matches!(read(4), Verdict::Accepted(_)));
        assert!(matches!(read(5), Verdict::Violation(..)));
    }

    #[test]
    fn what_is_unknown_or_not_written_is_repeated_and_everything_else_is_an_error() {
        let problem = |status, code: &'static str| verdict(Kind::Redeem, -5, 0, (status, code));
        assert_eq!(
            problem(409, r#"{"code":"insufficient_points"}"#),
            Verdict::Refused
        );
        for (status, body) in [
            (503, r#"{"code":"ledger_unavailable"}"#),
            (504, r#"{"code":"outcome_unknown"}"#),
            (429, r#"{"code":"rate_limited"}"#),
            (409, r#"{"code":"idempotency_in_progress"}"#),
        ] {
            assert!(
                matches!(problem(status, body), Verdict::Repeat(_)),
                "{body}"
            );
        }
        for (status, body) in [
            (500, r#"{"code":"internal"}"#),
            (422, "{}"),
            (201, "nonsense"),
        ] {
            assert!(
                matches!(problem(status, body), Verdict::Error(_)),
                "{status} {body}"
            );
        }
    }
}
