//! What limits leave of awards: first the own limits of a rule or bonus, then those of the wallet
//! on everything that is earned into it, then the most that the wallet may hold.

use super::{Award, Context, Evaluation};
use crate::amount::{Overflow, Points};
use crate::decide::{Reason, Refusal, Room};
use crate::history::Uses;
use crate::ledger::RuleUse;
use crate::limit::{Limit, Limits, Per};
use crate::program::Wallet;

/// What the limits of a code leave of an award, when this receipt used `in_receipt` already.
#[inline]
pub(super) fn allowed(
    context: &Context<'_>,
    code: &str,
    limits: &Limits,
    wanted: Points,
    in_receipt: Uses,
) -> Result<Points, Refusal> {
    if limits.is_empty() {
        return Ok(wanted);
    }
    limited(context, code, limits, wanted, in_receipt)
}

fn limited(
    context: &Context<'_>,
    code: &str,
    limits: &Limits,
    wanted: Points,
    in_receipt: Uses,
) -> Result<Points, Refusal> {
    let mut points = wanted;
    for limit in limits.iter() {
        let used = used(context, code, limit)?.checked_add(in_receipt)?;
        points = limit.apply(points, used);
    }
    Ok(points)
}

/// What was used of a limit before this receipt.
fn used(context: &Context<'_>, code: &str, limit: &Limit) -> Result<Uses, Refusal> {
    match limit.per {
        Per::Campaign => return Ok(context.budgets.used(code)?),
        Per::Receipt => return Ok(Uses::default()),
        _ => {}
    }
    let Some(customer) = &context.moment.customer else {
        return Ok(Uses::default());
    };
    match limit.per.range(customer.date) {
        Some(range) => Ok(customer.history.uses(code, range)?),
        None => Ok(Uses::default()),
    }
}

impl<'a> Evaluation<'a> {
    /// Applies the limits of the wallets, and says which rules came to nothing by it.
    pub(super) fn cap(&mut self, context: &Context<'a>) -> Result<(), Refusal> {
        for (place, wallet) in context.version.program.wallets().iter().enumerate() {
            self.cap_wallet(context, (place, wallet))?;
        }
        // Others are told as they are.
        let cut = self.awards.iter();
        for award in cut.filter(|award| award.points < award.wanted) {
            let Some(explained) = self.explanation.get_mut(award.explained) else {
                continue;
            };
            if award.points.is_zero() {
                explained.fired = false;
                explained.reason = Some(Reason::LimitReached);
                explained.points = None;
            } else {
                explained.points = Some(award.points);
            }
        }
        Ok(())
    }

    /// What wallets with a maximum can take of this receipt.
    pub(crate) fn rooms(&self, context: &Context<'_>) -> Result<Vec<Room>, Refusal> {
        let mut rooms = Vec::new();
        for wallet in context.version.program.wallets() {
            if let Some(points) = room(context, wallet, &self.redeemed_from(&wallet.code)?)? {
                let wallet = wallet.told.clone();
                rooms.push(Room { wallet, points });
            }
        }
        Ok(rooms)
    }

    /// What was used of limits that outlive the receipt: those of wallets, then those of rules.
    pub(crate) fn uses(&self, context: &Context<'a>) -> Result<Vec<RuleUse>, Overflow> {
        let Some(customer) = context.moment.customer else {
            return Ok(Vec::new());
        };
        let used = |code: &str, limits: &Limits, uses: Uses| RuleUse {
            code: code.to_owned(),
            business_date: customer.date,
            points: uses.points,
            times: uses.times,
            campaign: limits.are_shared(),
        };
        let granted = self.awards.iter();
        let granted = granted.filter(|award| award.points > Points::ZERO);
        let once = |award: &Award<'_>| Uses {
            points: award.points,
            times: 1,
        };
        let mut all = Vec::new();
        let wallets = context.version.program.wallets().iter().enumerate();
        for (place, wallet) in wallets.filter(|(_, wallet)| wallet.limits.are_kept()) {
            let mut own = granted.clone().filter(|award| award.wallet_place == place);
            let sum = own.try_fold(Uses::default(), |sum, award| sum.checked_add(once(award)))?;
            if sum.times > 0 {
                all.push(used(&wallet.code, &wallet.limits, sum));
            }
        }
        let kept = granted.filter(|award| award.limits.are_kept());
        all.extend(kept.map(|award| used(award.rule.as_str(), award.limits, once(award))));
        Ok(all)
    }

    fn cap_wallet(
        &mut self,
        context: &Context<'a>,
        (place, wallet): (usize, &'a Wallet),
    ) -> Result<(), Refusal> {
        if wallet.limits.is_empty() && wallet.max_balance.is_none() {
            return Ok(());
        }
        let mut room = room(context, wallet, &self.redeemed_from(&wallet.code)?)?;
        if room.is_none() && self.fits(context, (place, wallet))? {
            return Ok(());
        }
        let mut in_receipt = Uses::default();
        let is_of_wallet = |award: &&mut Award<'_>| award.wallet_place == place;
        for award in self.awards.iter_mut().filter(is_of_wallet) {
            let code = wallet.code.as_str();
            let points = allowed(context, code, &wallet.limits, award.points, in_receipt)?;
            award.points = room.map_or(points, |room| points.min(room));
            room = room
                .map(|room| room.checked_sub(award.points))
                .transpose()?;
            in_receipt = in_receipt.checked_add(Uses {
                points: award.points,
                times: i64::from(award.points > Points::ZERO),
            })?;
        }
        Ok(())
    }

    /// Whether the limits of a wallet leave all that is earned into it as it is.
    fn fits(
        &self,
        context: &Context<'a>,
        (place, wallet): (usize, &Wallet),
    ) -> Result<bool, Refusal> {
        let own = self.awards.iter();
        let mut own = own.filter(|award| award.wallet_place == place);
        let sum = own.try_fold(Points::ZERO, |sum, award| sum.checked_add(award.points));
        // What can't be summed up is looked at award by award.
        let Ok(sum) = sum else {
            return Ok(false);
        };
        if sum.is_zero() {
            return Ok(true);
        }
        for limit in wallet.limits.iter() {
            let used = used(context, &wallet.code, limit)?;
            if limit.counts_times() || limit.apply(sum, used) != sum {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn redeemed_from(&self, wallet: &str) -> Result<Points, Overflow> {
        let mut parts = self.redeemed.iter().filter(|part| part.wallet == wallet);
        parts.try_fold(Points::ZERO, |sum, part| sum.checked_add(part.points))
    }
}

/// How many points the wallet may still take, after what this receipt takes out of it; none
/// without a maximum. What repays a deficit is not held.
fn room(
    context: &Context<'_>,
    wallet: &Wallet,
    redeemed: &Points,
) -> Result<Option<Points>, Refusal> {
    let Some(most) = wallet.max_balance else {
        return Ok(None);
    };
    if let Some(past) = &context.past {
        return Ok(past.room(&wallet.code));
    }
    let facts = context
        .member
        .and_then(|member| member.wallets.get(&wallet.code));
    let Some(facts) = facts else {
        return Ok(Some(most));
    };
    let held = facts
        .spendable(context.now)?
        .checked_sub(*redeemed)?
        .checked_add(facts.pending)?
        .checked_add(facts.reserved)?;
    let room = most.checked_sub(held)?.max(Points::ZERO);
    Ok(Some(room.checked_add(facts.deficit)?))
}
