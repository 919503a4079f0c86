//! A receipt: judged by the program of its moment, paid with points first, then earning, all or
//! nothing.

use super::judged::Judged;
use super::posting::{Grant, Moment, Posting};
use super::ranks;
use super::slide::{Deed, slide};
use super::terms::{Terms, TermsOfReceipt};
use super::{
    Counted, Decision, Earned, Facts, JudgedBy, Outcome, PurchaseOutcome, RecordPurchase, Refusal,
};
use crate::amount::{Overflow, Points};
use crate::catalog::{Catalog, Store};
use crate::code::Code;
use crate::condition;
use crate::evaluate::{Award, Context, Evaluation};
use crate::expiry::Expiry;
use crate::id::{PurchaseId, derived};
use crate::ledger::{Transaction, TransactionKind};
use crate::member::{MemberFacts, MemberStatus};
use crate::program::Wallet;
use crate::rank::{self, Held, NO_RANKS, RankBook, RankUpdate};
use crate::receipt::Receipt;
use crate::settings::Settings;
use jiff::{SignedDuration, Timestamp};
use smallvec::SmallVec;
use uuid::Uuid;

/// A receipt to be judged: a new one, or one that was recorded without its member.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) seed: Uuid,
    pub(super) receipt: &'a Receipt,
    pub(super) quote: bool,
    /// Whether it gets its member afterwards: its seed is the id of the purchase then.
    pub(super) is_claim: bool,
}

pub(super) fn decide(
    catalog: &Catalog,
    facts: Facts<'_>,
    command: &RecordPurchase,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let store = store_of(catalog, &command.receipt)?;
    check_moment(&catalog.settings, command.receipt.occurred_at, now)?;
    let entry = Entry {
        seed: command.seed,
        receipt: &command.receipt,
        quote: command.quote,
        is_claim: false,
    };
    let recorded = record((catalog, store), facts, entry, now)?;
    Ok(Decision {
        transaction: recorded.transaction,
        ranks: recorded.ranks,
        outcome: Outcome::Purchase(recorded.outcome),
    })
}

/// What a receipt comes to, before it is said whether it is a purchase or a claim.
pub(super) struct Recorded {
    pub(super) transaction: Option<Box<Transaction>>,
    pub(super) ranks: Option<RankUpdate>,
    pub(super) outcome: Box<PurchaseOutcome>,
}

/// Judges a receipt and posts what it earns and what points pay.
pub(super) fn record(
    (catalog, store): (&Catalog, &Store),
    facts: Facts<'_>,
    command: Entry<'_>,
    now: Timestamp,
) -> Result<Recorded, Refusal> {
    let member = facts.member;
    let receipt = command.receipt;
    let version = catalog
        .version_at(receipt.occurred_at)
        .ok_or(Refusal::NoProgram)?;
    if let Some(member) = member {
        check_buyer(&catalog.settings, member, receipt.occurred_at)?;
    }
    let recorded_at = member.map_or(now, |member| member.ledger_time(now));
    let moment = condition::Moment::of(&catalog.settings, store, receipt, (member, &NO_RANKS));
    let mut book = ranks::open(catalog, member, &moment)?;
    let held = match &book {
        Some(book) => book.held_at(&version.program, receipt.occurred_at)?,
        None => Held::default(),
    };
    let context = |held| Context {
        catalog,
        version,
        member,
        budgets: facts.budgets,
        moment: moment.with(held),
        now: recorded_at,
        past: None,
        is_claim: command.is_claim,
        is_quote: command.quote,
    };
    let as_held = context(&held);
    let mut judged = Judged::of(&as_held, receipt)?;
    let mut climbed = judged.climbs(book.as_ref())?;
    let lifted = held.lifted(&climbed);
    let as_lifted = lifted.as_ref().map(context);
    if let Some(context) = &as_lifted {
        let again = Judged::of(context, receipt)?;
        (judged, climbed) = judged.or_lifted(again, book.as_ref(), climbed)?;
    }
    let Judged {
        context,
        mut evaluation,
        day,
        ..
    } = judged;
    let mut outcome = answer(context, command, &mut evaluation)?;
    let transaction = match member {
        None => None,
        Some(member) => {
            let mut posting = open_posting(context, member, command)?;
            post(context, &mut posting, command, &evaluation, &mut outcome)?;
            posting.transaction().day = Some(day);
            outcome.balances = posting.balances(catalog)?;
            close(posting, member, command, &mut outcome)
        }
    };
    outcome.counted = transaction.as_ref().map(|_| Counted::of(&day));
    if let Some(book) = &mut book {
        let receipt = rank::Receipt {
            purchase: outcome.id,
            occurred_at: receipt.occurred_at,
            version,
            day: &day,
        };
        outcome.ranks = book.recorded(receipt, &climbed)?;
    }
    let book = book.filter(|_| !command.quote);
    Ok(Recorded {
        transaction,
        ranks: book.and_then(RankBook::close),
        outcome,
    })
}

/// The store of a receipt.
pub(super) fn store_of<'c>(catalog: &'c Catalog, receipt: &Receipt) -> Result<&'c Store, Refusal> {
    let unknown_store = || Refusal::UnknownStore {
        pointer: "/store".to_owned(),
    };
    catalog.store(&receipt.store).ok_or_else(unknown_store)
}

/// What there is to tell of the receipt before anything is posted.
fn answer(
    context: &Context<'_>,
    command: Entry<'_>,
    evaluation: &mut Evaluation<'_>,
) -> Result<Box<PurchaseOutcome>, Refusal> {
    let receipt = command.receipt;
    let judged_by = if command.quote {
        None
    } else {
        JudgedBy::of(context, evaluation)?
    };
    Ok(Box::new(PurchaseOutcome {
        id: PurchaseId::from_uuid(derived(command.seed, 0)),
        transaction_id: None,
        business_date: context.moment.business_date,
        program_version: context.version.number,
        member_id: None,
        store: Code::from(&receipt.store),
        occurred_at: receipt.occurred_at,
        recorded_at: context.now,
        amounts: std::mem::take(&mut evaluation.amounts),
        discounts: std::mem::take(&mut evaluation.discounts),
        earned: Vec::new(),
        redeemed: std::mem::take(&mut evaluation.redeemed),
        balances: Vec::new(),
        version: None,
        ranks: Vec::new(),
        explanation: std::mem::take(&mut evaluation.explanation),
        counted: None,
        judged_by,
        redeemable: std::mem::take(&mut evaluation.redeemable),
    }))
}

/// Refuses a time that lies too far ahead or, where the tenant says so, too far back.
fn check_moment(
    settings: &Settings,
    occurred_at: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    super::check_future(settings, occurred_at, now)?;
    if let Some(days) = settings.receipt_max_age_days {
        let age = SignedDuration::from_hours(i64::from(days).checked_mul(24).ok_or(Overflow)?);
        let earliest = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        if occurred_at < earliest {
            return Err(Refusal::ReceiptTooOld {
                occurred_at,
                earliest,
            });
        }
    }
    Ok(())
}

/// Refuses a member that can't buy any more.
pub(super) fn check_member(member: &MemberFacts) -> Result<(), Refusal> {
    match member.status {
        MemberStatus::Active => Ok(()),
        MemberStatus::Merged => Err(Refusal::MemberMerged),
        MemberStatus::Closed | MemberStatus::Erased => Err(Refusal::MemberClosed),
    }
}

/// Refuses a member that can't buy any more, or could not yet.
fn check_buyer(
    settings: &Settings,
    member: &MemberFacts,
    occurred_at: Timestamp,
) -> Result<(), Refusal> {
    check_member(member)?;
    if !settings.earn_before_enrolment && occurred_at < member.enrolled_at {
        return Err(Refusal::BeforeEnrolment);
    }
    Ok(())
}

/// The member's next transaction for a receipt, without rows.
#[inline]
fn open_posting<'a>(
    context: &Context<'_>,
    member: &'a MemberFacts,
    command: Entry<'_>,
) -> Result<Posting<'a>, Overflow> {
    let moment = Moment {
        occurred_at: command.receipt.occurred_at,
        recorded_at: context.now,
    };
    let kind = if command.is_claim {
        TransactionKind::Claim
    } else {
        TransactionKind::Purchase
    };
    let mut posting = Posting::new(member, command.seed, kind, moment)?;
    if command.quote {
        posting.leave_out_rows();
    }
    Ok(posting)
}

/// So many awards need no memory of their own while they are posted.
const USUAL: usize = 16;

/// What is told of an award.
fn earned(award: &Award<'_>, wallet: &Wallet, terms: Option<&Terms>) -> Earned {
    Earned {
        rule: award.rule.clone(),
        wallet: wallet.told.clone(),
        points: award.points,
        wanted: award.wanted,
        activates_at: terms.and_then(Terms::activates_at),
        expires_at: terms.and_then(|terms| terms.expires_at),
    }
}

/// Points that follow each other into one wallet with the same terms.
struct Sum<'a> {
    wallet: &'a str,
    /// The place of the terms.
    terms: usize,
    points: Points,
}

impl Sum<'_> {
    /// Adds more points, if they are like those before them.
    fn takes(&mut self, wallet: &Wallet, terms: usize, points: Points) -> bool {
        let is_like = self.terms == terms && std::ptr::eq(self.wallet, wallet.code.as_str());
        let sum = self.points.checked_add(points);
        if let (true, Ok(sum)) = (is_like, sum) {
            self.points = sum;
            return true;
        }
        false
    }
}

/// Posts what the receipt takes and gives: redemption comes before earning.
fn post(
    context: &Context<'_>,
    posting: &mut Posting<'_>,
    command: Entry<'_>,
    evaluation: &Evaluation<'_>,
    outcome: &mut PurchaseOutcome,
) -> Result<(), Refusal> {
    for part in &outcome.redeemed {
        posting.spend(&part.wallet, part.points)?;
    }
    let settings = &context.catalog.settings;
    let earned_on = context.moment.customer.as_ref();
    let earned_on = earned_on.map_or(context.moment.business_date, |customer| customer.date);
    let mut known = TermsOfReceipt::new(settings, earned_on, context.now);
    let mut granted: SmallVec<[(&Wallet, usize); USUAL]> = SmallVec::new();
    let mut sum: Option<Sum<'_>> = None;
    // Validation holds that a rule's wallet stands in the same document.
    let wallets = context.version.program.wallets();
    for award in &evaluation.awards {
        let wallet = wallets.get(award.wallet_place).ok_or(Overflow)?;
        let place = known.place((award.wallet_place, wallet), award.overrides)?;
        granted.push((wallet, place));
        if let Some(sum) = &mut sum
            && sum.takes(wallet, place, award.points)
        {
            continue;
        }
        if let Some(sum) = sum.take() {
            posting.grant_sum(sum.wallet, sum.points, known.at(sum.terms).ok_or(Overflow)?)?;
        }
        let terms = known.at(place).ok_or(Overflow)?;
        if posting.sums_up(terms) {
            sum = Some(Sum {
                wallet: &wallet.code,
                terms: place,
                points: award.points,
            });
            continue;
        }
        posting.grant(Grant {
            wallet: &wallet.code,
            rule: award.rule.as_str(),
            points: award.points,
            terms: terms.clone(),
            is_apart: award.overrides.expiry.is_some_and(Expiry::slides),
            program_version: context.version.number,
        })?;
    }
    if let Some(sum) = sum {
        posting.grant_sum(sum.wallet, sum.points, known.at(sum.terms).ok_or(Overflow)?)?;
    }
    let granted = evaluation.awards.iter().zip(&granted);
    let earned = granted.map(|(award, (wallet, place))| earned(award, wallet, known.at(*place)));
    outcome.earned = earned.collect();
    keep_alive(posting, context, evaluation, outcome)?;
    if !command.quote {
        posting.transaction().uses = evaluation.uses(context)?;
    }
    Ok(())
}

/// Lets the points live on that the receipt keeps alive.
fn keep_alive(
    posting: &mut Posting<'_>,
    context: &Context<'_>,
    evaluation: &Evaluation<'_>,
    outcome: &PurchaseOutcome,
) -> Result<(), Refusal> {
    let program = &context.version.program;
    // A wallet that was dropped pays under its last settings, of which this is one.
    let paying = outcome.redeemed.iter().map(|part| part.wallet.as_str());
    let dropped = paying.filter(|code| program.wallet(code).is_none());
    let dropped = dropped.filter_map(|code| context.catalog.wallet_at(outcome.occurred_at, code));
    let slides = program.slides();
    let listed = program.wallets().iter().filter(|_| slides);
    for wallet in listed.chain(dropped) {
        let is_own = |own: &Wallet| own.code == wallet.code;
        let place = program.wallets().iter().position(is_own);
        let mut awards = evaluation.awards.iter();
        let mut redeemed = outcome.redeemed.iter();
        let deed = Deed {
            earned: awards
                .any(|award| Some(award.wallet_place) == place && award.points > Points::ZERO),
            redeemed: redeemed.any(|part| part.wallet == wallet.code && part.points > Points::ZERO),
            visited: true,
        };
        slide(posting, context.catalog, wallet, deed)?;
    }
    Ok(())
}

/// Closes the transaction of a purchase. A quote has none: it shows the balances as they would be
/// and the version as it is.
fn close(
    mut posting: Posting<'_>,
    member: &MemberFacts,
    command: Entry<'_>,
    outcome: &mut PurchaseOutcome,
) -> Option<Box<Transaction>> {
    outcome.member_id = Some(member.member);
    if command.quote {
        outcome.version = Some(member.version);
        return None;
    }
    posting.transaction().purchase = Some(outcome.id);
    let transaction = posting.finish();
    outcome.transaction_id = Some(transaction.id);
    outcome.version = Some(transaction.version);
    Some(transaction)
}
