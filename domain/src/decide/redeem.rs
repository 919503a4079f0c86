//! Points taken outside a receipt: at once, or held first.

use super::posting::{Moment, Posting};
use super::purchase::check_member;
use super::slide::{Deed, slide};
use super::{Decision, Outcome, RedeemPoints, RedemptionOutcome, RedemptionState, Refusal};
use crate::amount::{Overflow, Points};
use crate::catalog::Catalog;
use crate::fault::{Fault, FaultCode};
use crate::id::{RedemptionId, derived};
use crate::ledger::{Account, TransactionKind};
use crate::member::MemberFacts;
use crate::program::Wallet;
use crate::redeem::Over;
use jiff::Timestamp;

pub(super) fn decide(
    catalog: &Catalog,
    member: Option<&MemberFacts>,
    command: &RedeemPoints,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let Some(member) = member else {
        return Err(invalid("/member", FaultCode::Required, "name the member"));
    };
    let recorded_at = member.ledger_time(now);
    let occurred_at = command.occurred_at.unwrap_or(recorded_at);
    super::check_future(&catalog.settings, occurred_at, recorded_at)?;
    catalog.version_at(occurred_at).ok_or(Refusal::NoProgram)?;
    check_member(member)?;
    if command.points <= Points::ZERO || command.points > Points::MAX_BALANCE {
        return Err(invalid(
            "/points",
            FaultCode::OutOfRange,
            "give at least 1 point",
        ));
    }
    let unknown_wallet = || Refusal::UnknownWallet {
        pointer: "/wallet".to_owned(),
    };
    let wallet = catalog
        .wallet_at(occurred_at, &command.wallet)
        .ok_or_else(unknown_wallet)?;
    let points = points_of(member, wallet, command, recorded_at)?;
    let moment = Moment {
        occurred_at,
        recorded_at,
    };
    let expires_at = command.hold.map(|hold| recorded_at.checked_add(hold));
    let expires_at = expires_at.transpose().map_err(|_out_of_range| Overflow)?;
    let (kind, to, state) = match expires_at {
        Some(_) => (
            TransactionKind::Reserve,
            Account::Reserved,
            RedemptionState::Reserved,
        ),
        None => (
            TransactionKind::Redeem,
            Account::Redeemed,
            RedemptionState::Captured,
        ),
    };
    let mut posting = Posting::new(member, command.seed, kind, moment)?;
    posting.take(&command.wallet, points, to)?;
    if state == RedemptionState::Captured {
        slide(&mut posting, catalog, wallet, Deed::REDEEMED)?;
    }
    let id = RedemptionId::from_uuid(derived(command.seed, 0));
    posting.transaction().redemption = Some(id);
    let balances = posting.balances(catalog)?;
    let transaction = posting.finish();
    let outcome = RedemptionOutcome {
        id,
        transaction_id: transaction.id,
        member_id: member.member,
        state,
        wallet: command.wallet.clone(),
        points,
        value: wallet.redemption.value(points)?,
        expired: Points::ZERO,
        reference: command.reference.clone(),
        store: command.store.clone(),
        expires_at,
        occurred_at,
        balances,
        version: transaction.version,
    };
    Ok(Decision {
        transaction: Some(transaction),
        ranks: None,
        outcome: Outcome::Redemption(outcome),
    })
}

/// How many are taken or held. A hold is exactly what was asked for, since the till promises it to somebody; of
/// what is taken at once only those are that buy a whole unit, and under `clamp` as many as may be. A redemption
/// that would buy nothing is refused, where a receipt goes on without it.
fn points_of(
    member: &MemberFacts,
    wallet: &Wallet,
    command: &RedeemPoints,
    now: Timestamp,
) -> Result<Points, Refusal> {
    let (terms, wanted) = (&wallet.redemption, command.points);
    let facts = member.wallets.get(&wallet.code);
    let available = facts.map_or(Ok(Points::ZERO), |facts| facts.spendable(now))?;
    let short = Refusal::InsufficientPoints {
        wallet: wallet.code.clone(),
        available,
        wanted,
    };
    let is_exact = command.hold.is_some() || terms.over == Over::Refuse;
    let asked = if is_exact {
        terms.check(&wallet.code, wanted)?;
        terms.pay(wanted)?
    } else {
        terms.clamp(wanted)?
    };
    if asked.points.is_zero() {
        return Err(Refusal::BelowMinimum {
            wallet: wallet.code.clone(),
            minimum: terms.least()?,
            wanted,
        });
    }
    let taken = match (is_exact, command.hold) {
        (true, _) if wanted > available => return Err(short),
        (true, Some(_)) => wanted,
        (true, None) => asked.points,
        (false, _) => terms.clamp(wanted.min(available))?.points,
    };
    if taken.is_zero() {
        return Err(short);
    }
    Ok(taken)
}

fn invalid(pointer: &str, code: FaultCode, detail: &str) -> Refusal {
    Refusal::Invalid(vec![Fault::new(pointer, code, detail)])
}
