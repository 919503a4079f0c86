//! Ranks outside a receipt: reviews as days begin, and ranks that somebody sets.

use super::{Decision, Outcome, Refusal, ReviewRanks, SetRank};
use crate::catalog::Catalog;
use crate::condition::Moment;
use crate::fault::{Fault, FaultCode};
use crate::member::MemberFacts;
use crate::rank::{Cause, Ladder, Manual, RankBook, RankChange};
use jiff::Timestamp;

/// The member's ranks as a receipt finds them, with every review done that is due by its date; none
/// without a member or ladders. A program without any may lie between two that have some.
pub(super) fn open<'a>(
    catalog: &'a Catalog,
    member: Option<&'a MemberFacts>,
    moment: &Moment<'_>,
) -> Result<Option<RankBook<'a>>, Refusal> {
    let member = member.zip(moment.customer.as_ref());
    let Some((member, customer)) = member.filter(|_| catalog.has_ladders()) else {
        return Ok(None);
    };
    let mut book = RankBook::of_enrolled(catalog, member, customer.enrolled_on);
    book.advance_to(customer.date)?;
    Ok(Some(book))
}

/// Does the reviews that are due up to and with a business date.
pub(super) fn review(
    catalog: &Catalog,
    member: Option<&MemberFacts>,
    command: ReviewRanks,
) -> Result<Decision, Refusal> {
    let member = member.ok_or(Refusal::NoMember)?;
    let mut book = RankBook::open(catalog, member);
    book.advance_to(command.until)?;
    Ok(Decision {
        transaction: None,
        ranks: book.close(),
        outcome: Outcome::Swept,
    })
}

/// Sets a rank from now on, or lets spending decide again.
pub(super) fn set(
    catalog: &Catalog,
    member: Option<&MemberFacts>,
    command: &SetRank,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let member = member.ok_or(Refusal::NoMember)?;
    super::purchase::check_member(member)?;
    let version = catalog.version_at(now).ok_or(Refusal::NoProgram)?;
    let ladder = named(version.program.ladders(), command.ladder.as_deref())?;
    let is_step = |code: &String| ladder.steps.iter().any(|step| step.code == *code);
    if !command.code.as_ref().is_none_or(is_step) {
        let detail = "the ladder has no step with this code";
        return Err(unknown("/code", detail));
    }
    let now = member.ledger_time(now);
    let today = catalog.settings.business_date(now);
    if command.until.is_some_and(|until| until < today) {
        let detail = format!("the last date of a rank can't lie before today, {today}");
        let fault = Fault::new("/valid_until", FaultCode::OutOfRange, detail);
        return Err(Refusal::Invalid(vec![fault]));
    }
    let mut book = RankBook::open(catalog, member);
    book.advance_to(today)?;
    let manual = command.code.clone().map(|code| Manual {
        code,
        until: command.until,
    });
    let change = RankChange {
        effective_at: now,
        cause: if manual.is_some() {
            Cause::Manual
        } else {
            Cause::ManualTakenBack
        },
        reason: command.reason.clone(),
        program_version: version.number,
        version: member.version,
        ..RankChange::of(ladder, None)
    };
    book.set(ladder, manual, change, today);
    Ok(Decision {
        transaction: None,
        ranks: book.close(),
        outcome: Outcome::RankSet,
    })
}

fn named<'a>(ladders: &'a [Ladder], code: Option<&str>) -> Result<&'a Ladder, Refusal> {
    match (code, ladders) {
        (None, [only]) => Ok(only),
        (None, []) => Err(unknown("/ladder", "the program in force has no ladder")),
        (None, _) => {
            let detail = "the program in force has several ladders; name one";
            let fault = Fault::new("/ladder", FaultCode::Required, detail);
            Err(Refusal::Invalid(vec![fault]))
        }
        (Some(code), _) => {
            let ladder = ladders.iter().find(|ladder| ladder.code == code);
            let detail = "the program in force has no ladder with this code";
            ladder.ok_or_else(|| unknown("/ladder", detail))
        }
    }
}

fn unknown(pointer: &str, detail: &str) -> Refusal {
    let fault = Fault::new(pointer, FaultCode::UnknownReference, detail);
    Refusal::Invalid(vec![fault])
}
