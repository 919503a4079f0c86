//! A receipt without a member that gets one afterwards: it earns as of its own time, with the rank and
//! the counters of then, and its discounts stay what they were.

use super::purchase::{Entry, record, store_of};
use super::return_goods::{RecordedPurchase, Remaining};
use super::{Decision, Facts, JudgedBy, Outcome, Refusal};
use crate::catalog::Catalog;
use crate::fault::{Fault, FaultCode};
use crate::receipt::Receipt;
use crate::settings::Settings;
use crate::trail::TrailNotLoaded;
use jiff::{Timestamp, ToSpan};
use std::sync::Arc;
use uuid::Uuid;

/// A receipt that gets its member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPurchase {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The purchase; it never changes.
    pub purchase: Arc<RecordedPurchase>,
    /// When its member came; none = now.
    pub occurred_at: Option<Timestamp>,
}

pub(super) fn decide(
    catalog: &Catalog,
    facts: Facts<'_>,
    command: &ClaimPurchase,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let member = facts.member.ok_or(Refusal::NoMember)?;
    let trail = facts.trail.ok_or(TrailNotLoaded)?;
    let bought = command.purchase.as_ref();
    let remaining = Remaining::of(bought, trail)?;
    if remaining.owner().is_some() {
        return Err(Refusal::AlreadyClaimed);
    }
    if remaining.is_void() {
        return Err(Refusal::IsVoid);
    }
    if remaining.is_empty()? {
        return Err(Refusal::AllReturned);
    }
    let days = bought.version(catalog)?.program.returns().late_claim_days;
    let settings = &catalog.settings;
    let bought_on = settings.business_date(bought.outcome.occurred_at);
    let last = bought_on.checked_add(days.days());
    let claimed_at = time_of(settings, command, member.ledger_time(now))?;
    let today = settings.business_date(claimed_at);
    if last.is_ok_and(|last| today > last) {
        return Err(Refusal::ClaimTooLate { days, bought_on });
    }
    let receipt = Receipt {
        lines: remaining.kept()?,
        ..bought.receipt.clone()
    };
    let entry = Entry {
        seed: bought.outcome.id.uuid(),
        receipt: &receipt,
        quote: false,
        is_claim: true,
    };
    let nothing = JudgedBy::default();
    let judged_by = bought.outcome.judged_by.as_ref().unwrap_or(&nothing);
    let taxed = judged_by.catalog(catalog);
    let store = store_of(&taxed, &receipt)?;
    let mut recorded = record((&taxed, store), facts, entry, now)?;
    if let Some(transaction) = &mut recorded.transaction {
        transaction.operation = Some(command.seed);
    }
    Ok(Decision {
        transaction: recorded.transaction,
        ranks: recorded.ranks,
        outcome: Outcome::Claim(recorded.outcome),
    })
}

/// When the member came: never before the purchase, and hardly in the future.
fn time_of(
    settings: &Settings,
    command: &ClaimPurchase,
    recorded_at: Timestamp,
) -> Result<Timestamp, Refusal> {
    let bought_at = command.purchase.outcome.occurred_at;
    let claimed_at = command.occurred_at;
    let claimed_at = claimed_at.unwrap_or(recorded_at.max(bought_at));
    super::check_future(settings, claimed_at, recorded_at)?;
    if claimed_at >= bought_at {
        return Ok(claimed_at);
    }
    let detail = "a claim can't be before its purchase; give a later time or leave it out";
    let fault = Fault::new("/occurred_at", FaultCode::OutOfRange, detail);
    Err(Refusal::Invalid(vec![fault]))
}
