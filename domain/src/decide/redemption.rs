//! What becomes of a redemption after it was made: held points are taken, in part or all, or given
//! back; taken ones are given back. It ends once, and a reservation whose time is over has ended
//! whether or not anybody gave its points back.

use super::posting::{GivenBack, Moment, Posting};
use super::purchase::check_member;
use super::slide::{Deed, slide};
use super::{
    ChangeRedemption, Decision, Facts, Outcome, RedemptionChange, RedemptionChanged,
    RedemptionOutcome, RedemptionState, RedemptionStep, Refusal,
};
use crate::amount::{Overflow, Points};
use crate::catalog::Catalog;
use crate::fault::{Fault, FaultCode};
use crate::id::{LotId, derived};
use crate::ledger::{Account, TransactionKind};
use crate::program::Wallet;
use crate::trail::{Trail, TrailNotLoaded};
use jiff::Timestamp;

pub(super) fn decide(
    catalog: &Catalog,
    facts: Facts<'_>,
    command: &ChangeRedemption,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let member = facts.member.ok_or(Refusal::NoMember)?;
    let trail = facts.trail.ok_or(TrailNotLoaded)?;
    let recorded_at = member.ledger_time(now);
    let present = present(&command.redemption, trail);
    if command.change == RedemptionChange::Lapse && !is_over(present, recorded_at) {
        return Ok(nothing());
    }
    check_state(present, command.change, recorded_at)?;
    if command.change != RedemptionChange::Lapse {
        check_member(member)?;
    }
    let (step, kind) = step_of(command.change);
    let occurred_at = match command.change {
        RedemptionChange::Lapse => present.expires_at.unwrap_or(recorded_at),
        _ => time_of(catalog, command, recorded_at)?,
    };
    let moment = Moment {
        occurred_at,
        recorded_at,
    };
    let mut posting = Posting::new(member, command.seed, kind, moment)?;
    let redeemed_at = command.redemption.occurred_at;
    let wallet = catalog.wallet_at(redeemed_at, &present.wallet);
    let wallet = wallet.ok_or_else(|| Refusal::UnknownWallet {
        pointer: String::new(),
    })?;
    let of = (present, trail, wallet);
    let (points, back) = move_points(&mut posting, of, command.change)?;
    if step == RedemptionStep::Capture {
        slide(&mut posting, catalog, wallet, Deed::REDEEMED)?;
    }
    let id = derived(command.seed, 0);
    let transaction = posting.transaction();
    transaction.operation = Some(id);
    if step == RedemptionStep::Reverse {
        transaction.corrects = Some(present.transaction_id);
    }
    let balances = posting.balances(catalog)?;
    let transaction = posting.finish();
    let redemption = RedemptionOutcome {
        transaction_id: transaction.id,
        state: match step {
            RedemptionStep::Capture => RedemptionState::Captured,
            RedemptionStep::Release => RedemptionState::Released,
            RedemptionStep::Reverse => RedemptionState::Reversed,
        },
        points,
        value: wallet.redemption.value(points)?,
        expired: back.expired,
        expires_at: None,
        balances,
        version: transaction.version,
        ..present.clone()
    };
    Ok(Decision {
        transaction: Some(transaction),
        ranks: None,
        outcome: Outcome::RedemptionChanged(RedemptionChanged {
            id,
            step,
            changed_at: occurred_at,
            redemption,
        }),
    })
}

/// When it happened: never before the redemption, and hardly in the future.
fn time_of(
    catalog: &Catalog,
    command: &ChangeRedemption,
    recorded_at: Timestamp,
) -> Result<Timestamp, Refusal> {
    let redeemed_at = command.redemption.occurred_at;
    let occurred_at = command.occurred_at;
    let occurred_at = occurred_at.unwrap_or(recorded_at.max(redeemed_at));
    super::check_future(&catalog.settings, occurred_at, recorded_at)?;
    if occurred_at >= redeemed_at {
        return Ok(occurred_at);
    }
    let detail = "it can't be before its redemption; give a later time or leave it out";
    let fault = Fault::new("/occurred_at", FaultCode::OutOfRange, detail);
    Err(Refusal::Invalid(vec![fault]))
}

const fn step_of(change: RedemptionChange) -> (RedemptionStep, TransactionKind) {
    match change {
        RedemptionChange::Capture { .. } => (RedemptionStep::Capture, TransactionKind::Capture),
        RedemptionChange::Release | RedemptionChange::Lapse => {
            (RedemptionStep::Release, TransactionKind::Release)
        }
        RedemptionChange::Reverse => (RedemptionStep::Reverse, TransactionKind::Reverse),
    }
}

/// Nothing was due.
const fn nothing() -> Decision {
    Decision {
        transaction: None,
        ranks: None,
        outcome: Outcome::Swept,
    }
}

/// How the redemption stands by what was done to it last.
fn present<'a>(recorded: &'a RedemptionOutcome, trail: &'a Trail) -> &'a RedemptionOutcome {
    match trail.operations.last() {
        Some(Outcome::RedemptionChanged(changed)) => &changed.redemption,
        _ => recorded,
    }
}

/// Whether it holds points though its time is over.
fn is_over(present: &RedemptionOutcome, now: Timestamp) -> bool {
    let is_held = present.state == RedemptionState::Reserved;
    is_held && present.expires_at.is_some_and(|ends_at| ends_at <= now)
}

fn check_state(
    present: &RedemptionOutcome,
    change: RedemptionChange,
    now: Timestamp,
) -> Result<(), Refusal> {
    let (needed, wanted) = match change {
        RedemptionChange::Capture { .. } => (RedemptionState::Reserved, "captured"),
        RedemptionChange::Release => (RedemptionState::Reserved, "released"),
        RedemptionChange::Reverse => (RedemptionState::Captured, "reversed"),
        RedemptionChange::Lapse => return Ok(()),
    };
    if let (true, Some(ends_at)) = (is_over(present, now), present.expires_at) {
        return Err(Refusal::InvalidState(format!(
            "the reservation was over at {ends_at}, so it can't be {wanted}"
        )));
    }
    if present.state == needed {
        return Ok(());
    }
    Err(Refusal::InvalidState(format!(
        "the redemption is {}, so it can't be {wanted}; only what is {} can",
        present.state.as_str(),
        needed.as_str(),
    )))
}

/// Moves the points; how many the change is about, and what became of those that came back.
fn move_points(
    posting: &mut Posting<'_>,
    (present, trail, terms): (&RedemptionOutcome, &Trail, &Wallet),
    change: RedemptionChange,
) -> Result<(Points, GivenBack), Refusal> {
    let wallet = present.wallet.as_str();
    let from = match change {
        RedemptionChange::Reverse => Account::Redeemed,
        _ => Account::Reserved,
    };
    let held = trail.left_in(from, wallet)?;
    let all = sum(&held)?;
    let wanted = match change {
        RedemptionChange::Capture { points } => points.unwrap_or(all),
        _ => Points::ZERO,
    };
    if wanted > all
        || (wanted < Points::new(1) && matches!(change, RedemptionChange::Capture { .. }))
    {
        let detail = format!("the reservation holds {all} points; take between 1 and all of them");
        let fault = Fault::new("/points", FaultCode::OutOfRange, &detail);
        return Err(Refusal::Invalid(vec![fault]));
    }
    // The rest of what buys no whole unit goes back with what was not asked for.
    let wanted = match change {
        RedemptionChange::Capture { .. } => terms.redemption.capture(wallet, wanted)?.points,
        _ => wanted,
    };
    let mut left = wanted;
    let mut back = GivenBack::default();
    for (lot, points) in held {
        let taken = points.min(left);
        left = left.checked_sub(taken)?;
        posting.capture(wallet, (lot, taken))?;
        let rest = points.checked_sub(taken)?;
        back = back.checked_add(posting.give_back(wallet, (lot, rest), from)?)?;
    }
    let points = match change {
        RedemptionChange::Capture { .. } => wanted,
        _ => all,
    };
    Ok((points, back))
}

fn sum(held: &[(LotId, Points)]) -> Result<Points, Overflow> {
    let mut all = Points::ZERO;
    for (_, points) in held {
        all = all.checked_add(*points)?;
    }
    Ok(all)
}
