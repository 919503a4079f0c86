//! What the shop reports about a recorded purchase, such as its delivery: points that waited for
//! it become spendable.

use super::posting::{Activated, Moment, Posting, transaction_of};
use super::purchase::check_member;
use super::{ActivatedPoints, Decision, EventOutcome, Outcome, Refusal, ReportEvent};
use crate::amount::Overflow;
use crate::calendar;
use crate::catalog::Catalog;
use crate::fault::{Fault, FaultCode};
use crate::id::{PurchaseEventId, derived};
use crate::ledger::TransactionKind;
use crate::lot::{Lot, Pending};
use crate::member::{LotsNotLoaded, MemberFacts};
use jiff::Timestamp;

pub(super) fn decide(
    catalog: &Catalog,
    member: Option<&MemberFacts>,
    command: &ReportEvent,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let member = member.ok_or(Refusal::NoMember)?;
    let recorded_at = member.ledger_time(now);
    let occurred_at = command
        .occurred_at
        .unwrap_or(recorded_at.max(command.purchased_at));
    super::check_future(&catalog.settings, occurred_at, recorded_at)?;
    if occurred_at < command.purchased_at {
        let detail = "an event can't be before its purchase; give a later time or leave it out";
        let fault = Fault::new("/occurred_at", FaultCode::OutOfRange, detail);
        return Err(Refusal::Invalid(vec![fault]));
    }
    check_member(member)?;
    let waiting = waiting(member, command)?;
    let is_late = |lot: &Lot| {
        let is_due = lot
            .pending
            .as_ref()
            .is_some_and(|pending| pending.is_due(recorded_at));
        lot.remaining.is_zero() || is_due
    };
    if !waiting.is_empty() && waiting.iter().all(|lot| is_late(lot)) {
        return Err(Refusal::AwardCancelled);
    }
    let moment = Moment {
        occurred_at,
        recorded_at,
    };
    let mut posting = Posting::new(member, command.seed, TransactionKind::Activate, moment)?;
    let mut activated = Vec::new();
    for lot in waiting.into_iter().filter(|lot| !is_late(lot)) {
        let expires_at = expires_at(catalog, lot, occurred_at)?;
        let terms = Activated {
            lot: lot.id,
            activates_at: occurred_at,
            expires_at,
        };
        posting.activate(&lot.wallet, terms)?;
        activated.push(ActivatedPoints {
            wallet: lot.wallet.clone(),
            rule: lot.rule.clone(),
            points: lot.remaining,
            expires_at,
        });
    }
    let id = PurchaseEventId::from_uuid(derived(command.seed, 0));
    posting.transaction().event = Some(id);
    let balances = posting.balances(catalog)?;
    let transaction = posting.finish();
    let outcome = EventOutcome {
        id,
        transaction_id: transaction.id,
        purchase_id: command.purchase,
        member_id: member.member,
        event: command.event.clone(),
        occurred_at,
        activated,
        balances,
        version: transaction.version,
    };
    Ok(Decision {
        transaction: Some(transaction),
        ranks: None,
        outcome: Outcome::Event(outcome),
    })
}

/// The lots of the purchase that wait for this event or waited too long for it, in spend order.
fn waiting<'m>(
    member: &'m MemberFacts,
    command: &ReportEvent,
) -> Result<Vec<&'m Lot>, LotsNotLoaded> {
    let transaction = transaction_of(command.purchase);
    let mut waiting = Vec::new();
    for wallet in member.wallets.values() {
        let lots = wallet.lots.as_ref().ok_or(LotsNotLoaded)?;
        let of_purchase = lots.iter().filter(|lot| lot.transaction == transaction);
        waiting.extend(of_purchase.filter(|lot| {
            matches!(&lot.pending, Some(Pending::Event { event, .. }) if *event == command.event)
        }));
    }
    waiting.sort_unstable_by_key(|lot| lot.id);
    Ok(waiting)
}

/// When the points of a lot end that becomes spendable now, by the rule that granted them under
/// the version of the grant.
fn expires_at(
    catalog: &Catalog,
    lot: &Lot,
    activates_at: Timestamp,
) -> Result<Option<Timestamp>, Overflow> {
    let settings = &catalog.settings;
    let mut versions = catalog.versions.iter();
    let version = versions.find(|version| version.number == lot.program_version);
    // A version never changes and its lots name their rules, so what is absent was never there.
    let program = &version.ok_or(Overflow)?.program;
    let wallet = program.wallet(&lot.wallet).ok_or(Overflow)?;
    let own = program.overrides(&lot.rule);
    let own = own.and_then(|overrides| overrides.expiry);
    let date = calendar::business_date(activates_at, &settings.time_zone, settings.cutovers());
    own.unwrap_or(wallet.expiry)
        .expires_at(date, &settings.time_zone, settings.cutovers())
}
