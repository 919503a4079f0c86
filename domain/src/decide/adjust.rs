//! Points that somebody gives or takes by hand, with a reason. Where the tenant says so, a large one
//! waits until a second key approves it.

use super::posting::{Grant, Moment, Posting, TakeBack, TakeOrder, TakenBack};
use super::purchase::check_member;
use super::terms::Terms;
use super::{
    AdjustmentOutcome, AdjustmentReviewed, AdjustmentState, Decision, Facts, Outcome, Refusal,
};
use crate::amount::Points;
use crate::catalog::Catalog;
use crate::fault::{Fault, FaultCode};
use crate::id::{AdjustmentId, ApiKeyId, derived};
use crate::ledger::{Account, Transaction, TransactionKind};
use crate::lot::Pending;
use crate::member::MemberFacts;
use crate::program::Wallet;
use crate::trail::{Subject, TrailNotLoaded};
use jiff::Timestamp;
use uuid::Uuid;

/// The rule that lots of adjustments name; no rule of a program can have this code.
const BY_HAND: &str = "adjust:by_hand";

/// Points to be given, or taken when negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustPoints {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The key that asks for it.
    pub actor: ApiKeyId,
    /// The wallet's code.
    pub wallet: String,
    /// How many; not zero.
    pub points: Points,
    /// Why.
    pub reason: String,
    /// From when on given points are not spendable; none = by the wallet's terms.
    pub expires_at: Option<Timestamp>,
    /// When given points become spendable; none = at once.
    pub activates_at: Option<Timestamp>,
    /// When it happened; none = now.
    pub occurred_at: Option<Timestamp>,
}

/// What a key says to an adjustment that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewAdjustment {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The key that says it.
    pub actor: ApiKeyId,
    /// Whether it is the asker's own, be it before or after a rotation.
    pub is_own: bool,
    /// The adjustment as it was first answered, which never changes.
    pub adjustment: AdjustmentOutcome,
    /// Whether it is applied.
    pub approves: bool,
}

impl ReviewAdjustment {
    pub(super) const fn subject(&self) -> Subject {
        Subject {
            id: self.adjustment.id.uuid(),
            recorded: None,
        }
    }
}

pub(super) fn decide(
    catalog: &Catalog,
    member: Option<&MemberFacts>,
    command: &AdjustPoints,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let member = member.ok_or(Refusal::NoMember)?;
    let recorded_at = member.ledger_time(now);
    let occurred_at = command.occurred_at.unwrap_or(recorded_at);
    super::check_future(&catalog.settings, occurred_at, recorded_at)?;
    catalog.version_at(occurred_at).ok_or(Refusal::NoProgram)?;
    check_member(member)?;
    check(command, recorded_at)?;
    wallet(catalog, occurred_at, &command.wallet)?;
    let id = AdjustmentId::from_uuid(derived(command.seed, 0));
    let asked = AdjustmentOutcome {
        id,
        transaction_id: None,
        member_id: member.member,
        state: AdjustmentState::PendingApproval,
        wallet: command.wallet.clone(),
        points: command.points,
        wanted: command.points,
        reason: command.reason.clone(),
        expires_at: command.expires_at,
        activates_at: command.activates_at,
        occurred_at,
        requested_by: command.actor,
        reviewed_by: None,
        balances: member.balances(catalog, recorded_at)?,
        version: member.version,
    };
    let above = catalog.settings.two_person_above;
    let is_large = above.is_some_and(|most| magnitude(command.points) > magnitude(most));
    if is_large {
        return Ok(decision(None, Outcome::Adjustment(asked)));
    }
    let operation = (command.seed, id.uuid());
    let (made, applied) = apply(catalog, member, asked, operation, recorded_at)?;
    Ok(decision(Some(made), Outcome::Adjustment(applied)))
}

/// Applies or rejects an adjustment that waits.
pub(super) fn review(
    catalog: &Catalog,
    facts: Facts<'_>,
    command: &ReviewAdjustment,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let member = facts.member.ok_or(Refusal::NoMember)?;
    let trail = facts.trail.ok_or(TrailNotLoaded)?;
    let recorded_at = member.ledger_time(now);
    let present = match trail.operations.last() {
        Some(Outcome::AdjustmentReviewed(reviewed)) => &reviewed.adjustment,
        _ => &command.adjustment,
    };
    if present.state != AdjustmentState::PendingApproval {
        return Err(Refusal::InvalidState(format!(
            "the adjustment is {}, so nobody has to approve it any more",
            present.state.as_str()
        )));
    }
    let is_own = command.is_own || command.actor == present.requested_by;
    if command.approves && is_own {
        return Err(Refusal::SecondPersonRequired);
    }
    let id = derived(command.seed, 0);
    let mut reviewed = AdjustmentOutcome {
        reviewed_by: Some(command.actor),
        ..present.clone()
    };
    let mut made = None;
    if command.approves {
        check_member(member)?;
        let applied = apply(catalog, member, reviewed, (command.seed, id), recorded_at)?;
        made = Some(applied.0);
        reviewed = applied.1;
    } else {
        reviewed.state = AdjustmentState::Rejected;
        reviewed.balances = member.balances(catalog, recorded_at)?;
        reviewed.version = member.version;
    }
    let outcome = AdjustmentReviewed {
        id,
        reviewed_at: recorded_at,
        adjustment: reviewed,
    };
    Ok(decision(made, Outcome::AdjustmentReviewed(outcome)))
}

const fn decision(transaction: Option<Box<Transaction>>, outcome: Outcome) -> Decision {
    Decision {
        transaction,
        ranks: None,
        outcome,
    }
}

/// How many, whichever way.
const fn magnitude(points: Points) -> u64 {
    points.get().unsigned_abs()
}

fn wallet<'c>(catalog: &'c Catalog, at: Timestamp, code: &str) -> Result<&'c Wallet, Refusal> {
    let wallet = catalog.wallet_at(at, code);
    wallet.ok_or_else(|| Refusal::UnknownWallet {
        pointer: "/wallet".to_owned(),
    })
}

fn check(command: &AdjustPoints, now: Timestamp) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    let mut wrong = |pointer, code, detail| faults.push(Fault::new(pointer, code, detail));
    if command.points.is_zero() || magnitude(command.points) > magnitude(Points::MAX_BALANCE) {
        let detail = "give points above 0, or take some with a number below 0; at most 2^53 - 1";
        wrong("/points", FaultCode::OutOfRange, detail);
    }
    let is_given = command.points > Points::ZERO;
    let only_given = "only points that are given have one";
    match command.expires_at {
        Some(_) if !is_given => wrong("/expires_at", FaultCode::InvalidValue, only_given),
        Some(ends) if ends <= command.activates_at.unwrap_or(now).max(now) => {
            let detail = "points must end after they become spendable, and not in the past";
            wrong("/expires_at", FaultCode::OutOfRange, detail);
        }
        _ => {}
    }
    if command.activates_at.is_some() && !is_given {
        wrong("/activates_at", FaultCode::InvalidValue, only_given);
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Refusal::Invalid(faults))
}

/// Moves the points.
fn apply(
    catalog: &Catalog,
    member: &MemberFacts,
    asked: AdjustmentOutcome,
    (seed, operation): (Uuid, Uuid),
    recorded_at: Timestamp,
) -> Result<(Box<Transaction>, AdjustmentOutcome), Refusal> {
    let moment = Moment {
        occurred_at: asked.occurred_at,
        recorded_at,
    };
    let mut posting = Posting::new(member, seed, TransactionKind::Adjust, moment)?;
    let wallet = wallet(catalog, asked.occurred_at, &asked.wallet)?;
    let points = if asked.wanted > Points::ZERO {
        give(&mut posting, catalog, wallet, &asked)?
    } else {
        let taken: TakenBack = posting.take_back(TakeBack {
            wallet: &wallet.code,
            points: Points::ZERO.checked_sub(asked.wanted)?,
            to: Account::Adjusted,
            order: TakeOrder::Spendable,
            shortage: wallet.on_shortage,
        })?;
        Points::ZERO.checked_sub(taken.total()?)?
    };
    let transaction = posting.transaction();
    transaction.operation = Some(operation);
    transaction.reason = Some(asked.reason.clone());
    let balances = posting.balances(catalog)?;
    let transaction = posting.finish();
    let applied = AdjustmentOutcome {
        transaction_id: Some(transaction.id),
        state: AdjustmentState::Applied,
        points,
        balances,
        version: transaction.version,
        ..asked
    };
    Ok((transaction, applied))
}

fn give(
    posting: &mut Posting<'_>,
    catalog: &Catalog,
    wallet: &Wallet,
    asked: &AdjustmentOutcome,
) -> Result<Points, Refusal> {
    let settings = &catalog.settings;
    let now = posting.transaction().recorded_at;
    let version = catalog.version_at(asked.occurred_at);
    let version = version.ok_or(Refusal::NoProgram)?;
    let pending = asked.activates_at.filter(|at| *at > now);
    let starts_on = settings.business_date(asked.activates_at.unwrap_or(asked.occurred_at));
    let by_terms = || {
        let (zone, cutovers) = (&settings.time_zone, settings.cutovers());
        wallet.expiry.expires_at(starts_on, zone, cutovers)
    };
    let expires_at = match asked.expires_at {
        Some(ends) => Some(ends),
        None => by_terms()?,
    };
    let grant = Grant {
        wallet: &wallet.code,
        rule: BY_HAND,
        points: asked.wanted,
        terms: Terms {
            pending: pending.map(Pending::Until),
            expires_at,
        },
        is_apart: true,
        program_version: version.number,
    };
    posting.grant_from(Account::Adjusted, grant)?;
    Ok(asked.wanted)
}
