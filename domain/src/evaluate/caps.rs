//! What limits leave of awards: first the own limits of a rule or bonus, then those of the wallet
//! on everything that is earned into it, then the most that the wallet may hold.

use super::{Award, Context, Evaluation};
use crate::amount::{Overflow, Points};
use crate::decide::{Reason, Refusal};
use crate::history::Uses;
use crate::ledger::RuleUse;
use crate::limit::{Limit, Limits, Per};
use crate::program::Wallet;

/// What the limits of a code leave of an award, when this receipt used `in_receipt` already.
pub(super) fn allowed(
    context: &Context<'_>,
    code: &str,
    limits: &Limits,
    wanted: Points,
    in_receipt: Uses,
) -> Result<Points, Refusal> {
    let mut points = wanted;
    if limits.is_empty() {
        return Ok(points);
    }
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
    /// Applies the limits of the wallets, writes down what was used of limits that outlive the
    /// receipt, and says which rules came to nothing by it.
    pub(super) fn cap(&mut self, context: &Context<'a>) -> Result<(), Refusal> {
        for wallet in context.version.program.wallets() {
            self.cap_wallet(context, wallet)?;
        }
        let Some(customer) = context.moment.customer else {
            return Ok(());
        };
        for award in self.awards.iter().filter(|award| award.limits.are_kept()) {
            if award.points > Points::ZERO {
                self.uses.push(RuleUse {
                    code: award.rule.to_owned(),
                    business_date: customer.date,
                    points: award.points,
                    times: 1,
                    campaign: award.limits.are_shared(),
                });
            }
        }
        for award in &self.awards {
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

    fn cap_wallet(&mut self, context: &Context<'a>, wallet: &'a Wallet) -> Result<(), Refusal> {
        if wallet.limits.is_empty() && wallet.max_balance.is_none() {
            return Ok(());
        }
        let mut room = room(context, wallet, &self.redeemed_from(&wallet.code)?)?;
        let mut in_receipt = Uses::default();
        let is_of_wallet = |award: &&mut Award<'_>| award.wallet == wallet.code;
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
        if let Some(customer) = context.moment.customer
            && wallet.limits.are_kept()
            && in_receipt.times > 0
        {
            self.uses.push(RuleUse {
                code: wallet.code.clone(),
                business_date: customer.date,
                points: in_receipt.points,
                times: in_receipt.times,
                campaign: wallet.limits.are_shared(),
            });
        }
        Ok(())
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
