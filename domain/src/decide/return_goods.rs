//! Goods that come back, and receipts that are undone: what they earned is taken back and what points
//! paid for them is given back, by the rules and numbers of the purchase, never by those of today.

use super::posting::{Moment, Posting};
use super::{
    Counted, Decision, Facts, Outcome, PurchaseOutcome, Refund, Refusal, ReturnKind, ReturnOutcome,
    UsedBack,
};
use crate::amount::{Amount, Overflow, Points};
use crate::catalog::{Catalog, Version};
use crate::fault::{Fault, FaultCode};
use crate::id::{ReturnId, derived};
use crate::ledger::{DayDelta, RuleUse, TransactionKind};
use crate::member::MemberFacts;
use crate::rank::{GoodsBack, RankBook, RankUpdate};
use crate::receipt::{Quantity, Receipt};
use crate::returns::{ReturnMode, Returns};
use crate::trail::{Subject, TrailNotLoaded};
use jiff::Timestamp;
use kept::{Again, Worth, kept_limits};
use std::sync::Arc;
use uuid::Uuid;

mod kept;
mod points;
mod remaining;

pub(super) use remaining::Remaining;

/// A purchase as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedPurchase {
    /// What the till sent.
    pub receipt: Receipt,
    /// What it was answered.
    pub outcome: PurchaseOutcome,
}

/// Goods that come back, or a receipt that is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnGoods {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// The purchase; it never changes.
    pub purchase: Arc<RecordedPurchase>,
    /// What comes back.
    pub goods: ReturnedGoods,
    /// When it happened; none = now.
    pub occurred_at: Option<Timestamp>,
    /// Why, as the shop says it.
    pub reason: Option<String>,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnedGoods {
    /// Lines, or parts of them.
    Lines(Vec<ReturnLine>),
    /// So much money's worth, after the program's discounts.
    Amount(Amount),
    /// Everything, and the visit with it.
    Void,
}

/// A line that comes back: all that is left of it, so many pieces, or so much money's worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnLine {
    /// The place of the line in the receipt, from 0.
    pub line: usize,
    /// Pieces, or weight.
    pub quantity: Option<Quantity>,
    /// Money, in minor units, after the program's discounts.
    pub amount: Option<Amount>,
}

impl RecordedPurchase {
    pub(super) fn subject(&self) -> Subject {
        let member = self.outcome.member_id.zip(self.outcome.version);
        Subject {
            id: self.outcome.id.uuid(),
            recorded: member,
        }
    }

    /// Codes of its program with limits that all members share, as far as it may have used them.
    pub(crate) fn shared_codes(&self, catalog: &Catalog) -> Vec<String> {
        let Ok(version) = self.version(catalog) else {
            return Vec::new();
        };
        let told = self
            .outcome
            .explanation
            .iter()
            .map(|told| told.rule.as_str());
        let wallets = version.program.wallets().iter();
        let codes = told.chain(wallets.map(|wallet| wallet.code.as_str()));
        let shared = codes.filter(|code| {
            let limits = kept_limits(&version.program, code);
            limits.is_some_and(crate::limit::Limits::are_shared)
        });
        shared.map(str::to_owned).collect()
    }

    /// The program that judged it. A version never goes away.
    pub(super) fn version<'c>(&self, catalog: &'c Catalog) -> Result<&'c Version, Refusal> {
        let mut versions = catalog.versions.iter();
        let number = self.outcome.program_version;
        let version = versions.find(|version| version.number == number);
        version.ok_or(Refusal::NoProgram)
    }
}

/// Everything that one return is decided on.
struct Case<'a> {
    catalog: &'a Catalog,
    version: &'a Version,
    command: &'a ReturnGoods,
    member: Option<&'a MemberFacts>,
    remaining: Remaining<'a>,
    moment: Moment,
}

/// What a return changes, before it is posted.
struct Change {
    before: Worth,
    after: Worth,
    refunded: Amount,
    day: Option<DayDelta>,
    uses: Vec<UsedBack>,
}

pub(super) fn decide(
    catalog: &Catalog,
    facts: Facts<'_>,
    command: &ReturnGoods,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let trail = facts.trail.ok_or(TrailNotLoaded)?;
    let bought = command.purchase.as_ref();
    let mut remaining = Remaining::of(bought, trail)?;
    if remaining.owner() != facts.member.map(|member| member.member) {
        return Err(Refusal::OwnerChanged);
    }
    let moment = moment(catalog, facts.member, command, now)?;
    let is_void = command.goods == ReturnedGoods::Void;
    match (remaining.is_void(), remaining.is_empty()?) {
        (true, _) => return Err(Refusal::IsVoid),
        (false, true) if is_void => return Err(Refusal::AllReturned),
        (false, true) => return Err(Refusal::OverReturned),
        (false, false) => {}
    }
    let goods = remaining.read(&command.goods)?;
    remaining.take_off(&goods)?;
    let case = Case {
        catalog,
        version: bought.version(catalog)?,
        command,
        member: facts.member,
        remaining,
        moment,
    };
    let change = case.change()?;
    let mut outcome = case.outcome(goods, &change)?;
    let Some(member) = facts.member else {
        return Ok(Decision {
            transaction: None,
            ranks: None,
            outcome: Outcome::Return(Box::new(outcome)),
        });
    };
    let ranks = case.ranks(member, &change, &mut outcome)?;
    let kind = match outcome.kind {
        ReturnKind::Return => TransactionKind::Return,
        ReturnKind::Void => TransactionKind::Void,
    };
    let mut posting = Posting::new(member, command.seed, kind, moment)?;
    case.restore(&mut posting, trail, &change, &mut outcome)?;
    case.claw_back(&mut posting, trail, &change, &mut outcome)?;
    let transaction = posting.transaction();
    transaction.purchase = Some(outcome.purchase_id);
    transaction.operation = Some(outcome.id.uuid());
    transaction.corrects = case.remaining.earned.transaction_id;
    transaction.reason.clone_from(&command.reason);
    transaction.day = change.day;
    transaction.uses = case.used(&change);
    outcome.balances = posting.balances(catalog)?;
    let transaction = posting.finish();
    outcome.transaction_id = Some(transaction.id);
    outcome.version = Some(transaction.version);
    Ok(Decision {
        transaction: Some(transaction),
        ranks,
        outcome: Outcome::Return(Box::new(outcome)),
    })
}

/// When it happened and is recorded; never before the purchase.
fn moment(
    catalog: &Catalog,
    member: Option<&MemberFacts>,
    command: &ReturnGoods,
    now: Timestamp,
) -> Result<Moment, Refusal> {
    let bought_at = command.purchase.outcome.occurred_at;
    let recorded_at = member.map_or(now, |member| member.ledger_time(now));
    let occurred_at = command.occurred_at.unwrap_or(recorded_at.max(bought_at));
    super::check_future(&catalog.settings, occurred_at, recorded_at)?;
    if occurred_at < bought_at {
        let detail = "nothing comes back before it was bought; give a later time or leave it out";
        let fault = Fault::new("/occurred_at", FaultCode::OutOfRange, detail);
        return Err(Refusal::Invalid(vec![fault]));
    }
    Ok(Moment {
        occurred_at,
        recorded_at,
    })
}

impl Case<'_> {
    fn returns(&self) -> Returns {
        self.version.program.returns()
    }

    /// What the receipt came to before this return and comes to after it.
    fn change(&self) -> Result<Change, Refusal> {
        let money = &self.command.purchase.outcome;
        let earned = self.remaining.earned;
        let recorded = Worth::recorded(&self.version.program, money, earned)?;
        let mut after = self.left(&recorded)?;
        let mut before = recorded;
        let mut refunded_before = Amount::ZERO;
        for earlier in &self.remaining.earlier {
            refunded_before = refunded_before.checked_add(earlier.refunded.amount)?;
            before.less(earlier)?;
        }
        // What is left may cost more than it did, where a discount is lost: nobody pays more.
        after.spend = after.spend.min(before.spend);
        after.gross_spend = after.gross_spend.min(before.gross_spend);
        let due = money.amounts.total.checked_sub(after.total)?;
        let refunded = due.checked_sub(refunded_before)?.max(Amount::ZERO);
        let mut uses = Vec::new();
        for (code, used) in &before.uses {
            let left = after.uses.get(code).copied().unwrap_or_default();
            let points = left.checked_sub(*used)?;
            if points < Points::ZERO {
                let code = code.clone();
                uses.push(UsedBack { code, points });
            }
        }
        let day = match (self.member, &earned.counted) {
            (Some(_), Some(counted)) => Some(self.day(counted, &before, &after)?),
            _ => None,
        };
        Ok(Change {
            before,
            after,
            refunded,
            day,
            uses,
        })
    }

    /// What is left of the receipt is worth.
    fn left(&self, recorded: &Worth) -> Result<Worth, Refusal> {
        if self.remaining.is_empty()? {
            return Ok(Worth::default());
        }
        if self.returns().mode == ReturnMode::Prorate {
            let paid = self.command.purchase.outcome.amounts.points_paid;
            let mut worth = recorded.prorated(self.remaining.values()?, paid)?;
            self.keep_goods_out(recorded, &mut worth)?;
            return Ok(worth);
        }
        self.again().judge(&self.remaining)
    }

    /// What is left is judged once more by the rules and numbers of then.
    fn again(&self) -> Again<'_> {
        Again {
            catalog: self.catalog,
            version: self.version,
            bought: &self.command.purchase,
            member: self.member,
            now: self.moment.recorded_at,
        }
    }

    /// What is taken off the counters of the purchase's business date. A void takes the visit with
    /// it, a return only with the last of its goods.
    fn day(&self, counted: &Counted, before: &Worth, after: &Worth) -> Result<DayDelta, Refusal> {
        let mut points = Points::ZERO;
        for (wallet, granted) in &before.granted {
            let left = after.granted.get(wallet).copied().unwrap_or_default();
            points = points.checked_add(left.checked_sub(*granted)?.min(Points::ZERO))?;
        }
        Ok(DayDelta {
            business_date: counted.on,
            spend: after.spend.checked_sub(before.spend)?,
            gross_spend: after.gross_spend.checked_sub(before.gross_spend)?,
            visits: if self.remaining.is_empty()? { -1 } else { 0 },
            points_earned: points,
        })
    }

    /// What there is to tell before anything is posted.
    fn outcome(
        &self,
        lines: Vec<super::GoodsBack>,
        change: &Change,
    ) -> Result<ReturnOutcome, Overflow> {
        let is_void = self.command.goods == ReturnedGoods::Void;
        Ok(ReturnOutcome {
            id: ReturnId::from_uuid(derived(self.command.seed, 0)),
            kind: if is_void {
                ReturnKind::Void
            } else {
                ReturnKind::Return
            },
            transaction_id: None,
            purchase_id: self.command.purchase.outcome.id,
            member_id: self.member.map(|member| member.member),
            occurred_at: self.moment.occurred_at,
            recorded_at: self.moment.recorded_at,
            reason: self.command.reason.clone(),
            lines,
            complete: self.remaining.is_empty()?,
            clawed_back: Vec::new(),
            restored: Vec::new(),
            refunded: Refund {
                amount: change.refunded,
                points: Points::ZERO,
            },
            balances: Vec::new(),
            version: None,
            ranks: Vec::new(),
            counted: change.day.as_ref().map(Counted::of),
            uses: change.uses.clone(),
        })
    }

    fn ranks(
        &self,
        member: &MemberFacts,
        change: &Change,
        outcome: &mut ReturnOutcome,
    ) -> Result<Option<RankUpdate>, Refusal> {
        let version = self.catalog.version_at(self.moment.recorded_at);
        let Some((version, day)) = version.zip(change.day.as_ref()) else {
            return Ok(None);
        };
        if !self.catalog.has_ladders() {
            return Ok(None);
        }
        let mut book = RankBook::open(self.catalog, member);
        outcome.ranks = book.give_back(GoodsBack {
            purchase: outcome.purchase_id,
            at: self.moment.recorded_at,
            version,
            day,
            reviews: self.returns().review_rank,
        })?;
        Ok(book.close())
    }

    /// What limits get back: points, never times.
    fn used(&self, change: &Change) -> Vec<RuleUse> {
        let Some(day) = &change.day else {
            return Vec::new();
        };
        let uses = change.uses.iter();
        let used = |back: &UsedBack| RuleUse {
            code: back.code.clone(),
            business_date: day.business_date,
            points: back.points,
            times: 0,
            campaign: kept_limits(&self.version.program, &back.code)
                .is_some_and(crate::limit::Limits::are_shared),
        };
        uses.map(used).collect()
    }
}

/// Whether limits of this code count beyond the receipt.
#[cfg(test)]
pub(super) fn counts(program: &crate::program::Program, code: &str) -> bool {
    kept_limits(program, code).is_some()
}
