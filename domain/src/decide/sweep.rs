//! What the passing of time does to a member's points without anybody asking. Whether it is done
//! early or late changes nothing that a till can see: nothing is spendable before it was activated
//! or after it is over.

use super::posting::{Activated, Moment, Posting};
use super::{Decision, Outcome, Refusal, Sweep};
use crate::ledger::TransactionKind;
use crate::lot::{Lot, Pending};
use crate::member::{LotsNotLoaded, MemberFacts};
use jiff::Timestamp;

/// Makes points spendable whose day has come.
pub(super) fn activate(
    member: Option<&MemberFacts>,
    command: &Sweep,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let is_due = |lot: &Lot, now: Timestamp| match &lot.pending {
        Some(Pending::Until(at)) => *at <= now,
        _ => false,
    };
    sweep(member, command, now, TransactionKind::Activate, is_due)
}

/// Ends points whose time is over, and those that waited too long for their event.
pub(super) fn expire(
    member: Option<&MemberFacts>,
    command: &Sweep,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let is_due = |lot: &Lot, now: Timestamp| match &lot.pending {
        None => lot.is_expired(now),
        Some(pending @ Pending::Event { .. }) => pending.is_due(now),
        Some(Pending::Until(_)) => false,
    };
    sweep(member, command, now, TransactionKind::Expire, is_due)
}

fn sweep(
    member: Option<&MemberFacts>,
    command: &Sweep,
    now: Timestamp,
    kind: TransactionKind,
    is_due: impl Fn(&Lot, Timestamp) -> bool,
) -> Result<Decision, Refusal> {
    let member = member.ok_or(Refusal::NoMember)?;
    let recorded_at = member.ledger_time(now);
    let mut due: Vec<&Lot> = Vec::new();
    for wallet in member.wallets.values() {
        let lots = wallet.lots.as_ref().ok_or(LotsNotLoaded)?.iter();
        let open = lots.filter(|lot| !lot.remaining.is_zero());
        due.extend(open.filter(|lot| is_due(lot, recorded_at)));
    }
    due.sort_unstable_by_key(|lot| (due_at(lot), lot.id));
    let Some(last) = due.last() else {
        return Ok(Decision {
            transaction: None,
            ranks: None,
            outcome: Outcome::Swept,
        });
    };
    let moment = Moment {
        occurred_at: due_at(last).unwrap_or(recorded_at),
        recorded_at,
    };
    let mut posting = Posting::new(member, command.seed, kind, moment)?;
    for lot in due {
        match &lot.pending {
            Some(Pending::Until(at)) => {
                let activated = Activated {
                    lot: lot.id,
                    activates_at: *at,
                    expires_at: lot.expires_at,
                };
                posting.activate(&lot.wallet, activated)?;
            }
            _ => posting.expire(&lot.wallet, lot.id)?,
        }
    }
    Ok(Decision {
        transaction: Some(posting.finish()),
        ranks: None,
        outcome: Outcome::Swept,
    })
}

/// The instant of which the sweep reminds.
fn due_at(lot: &Lot) -> Option<Timestamp> {
    match &lot.pending {
        Some(pending) => pending.due_at(),
        None => lot.expires_at,
    }
}
