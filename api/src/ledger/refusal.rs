//! What a refusal of the domain looks like to a client.

use domain::decide::Refusal;
use domain::fault::{Fault, FaultCode};

use crate::problem::{Problem, ProblemKind};

/// The problem that says why a command was refused.
pub fn problem_of(refusal: &Refusal) -> Problem {
    let detail = sentence(refusal);
    let kind = match refusal {
        Refusal::NoProgram => ProblemKind::NoProgram,
        Refusal::OccurredInFuture { .. } => ProblemKind::OccurredInFuture,
        Refusal::ReceiptTooOld { .. } => ProblemKind::ReceiptTooOld,
        Refusal::BeforeEnrolment => ProblemKind::BeforeEnrolment,
        Refusal::UnknownStore { pointer } => {
            return invalid(pointer, FaultCode::UnknownStore, &detail);
        }
        Refusal::UnknownWallet { pointer } => {
            return invalid(pointer, FaultCode::UnknownReference, &detail);
        }
        Refusal::InsufficientPoints { .. } => ProblemKind::InsufficientPoints,
        Refusal::BelowMinimum { .. } => ProblemKind::BelowMinimum,
        Refusal::NotAStep { .. } => ProblemKind::NotAStep,
        Refusal::OverMaximum { .. } => ProblemKind::OverMaximum,
        Refusal::NoMember | Refusal::InvalidState(_) | Refusal::IsVoid | Refusal::AllReturned => {
            ProblemKind::InvalidState
        }
        Refusal::OverReturned => ProblemKind::OverReturned,
        Refusal::AlreadyClaimed => ProblemKind::AlreadyClaimed,
        Refusal::ClaimTooLate { .. } => ProblemKind::LateClaimWindowClosed,
        Refusal::OwnerChanged => ProblemKind::LedgerUnavailable,
        Refusal::AwardCancelled => ProblemKind::AwardCancelled,
        Refusal::MemberClosed => ProblemKind::MemberClosed,
        Refusal::MemberMerged => ProblemKind::MemberMerged,
        Refusal::BalanceLimit { .. } => ProblemKind::BalanceLimit,
        Refusal::Invalid(faults) => return Problem::invalid(faults.clone()),
        Refusal::Overflow => return invalid("", FaultCode::OutOfRange, &detail),
        Refusal::SecondPersonRequired => ProblemKind::SecondPersonRequired,
        Refusal::LotsNotLoaded
        | Refusal::HistoryNotLoaded
        | Refusal::TrailNotLoaded
        | Refusal::CounterpartNotLoaded => {
            return Problem::internal(refusal);
        }
    };
    Problem::new(kind, detail)
}

fn invalid(pointer: &str, code: FaultCode, detail: &str) -> Problem {
    Problem::invalid(vec![Fault::new(pointer, code, detail)])
}

/// A member that is not there; the same words for one of another tenant.
pub fn unknown_member(pointer: &str) -> Problem {
    invalid(
        pointer,
        FaultCode::UnknownReference,
        "No member is known under this identifier.",
    )
}

fn sentence(refusal: &Refusal) -> String {
    let mut text = refusal.to_string();
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    text.push('.');
    text
}

/// Whether a repeat under the same key gets the same refusal: the state forbade it, not the request.
pub(super) const fn is_remembered(kind: ProblemKind) -> bool {
    kind.status() == 409
}
