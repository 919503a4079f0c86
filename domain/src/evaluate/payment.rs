//! Points that pay for a receipt: wallet by wallet in the order asked, before anything is earned,
//! so that a receipt can't spend what it earns.

use super::Context;
use super::basket::Basket;
use crate::amount::{Amount, Overflow, Points};
use crate::catalog::Catalog;
use crate::condition::Goods;
use crate::decide::{Redeemable, Redeemed, Refusal};
use crate::fault::{Fault, FaultCode};
use crate::member::MemberFacts;
use crate::program::Wallet;
use crate::receipt::{Receipt, Redeem};
use crate::redeem::{Over, Payment, RedemptionTerms};
use crate::rounding::largest_remainder;

/// What wallets pay, and what that leaves of each line where not every wallet may pay every line.
#[derive(Debug, Default)]
pub(super) struct Payments {
    pub(super) redeemed: Vec<Redeemed>,
    pub(super) left: Option<Vec<i64>>,
}

/// What is still to be paid while wallet after wallet pays.
struct Bill<'b> {
    goods: &'b [Goods<'b>],
    left: Amount,
    /// The same by line; none where every wallet may pay all of it.
    lines: Option<Vec<i64>>,
}

impl<'b> Bill<'b> {
    fn of<'w>(
        (basket, goods): (&Basket<'_, '_>, &'b [Goods<'b>]),
        mut wallets: impl Iterator<Item = &'w Wallet>,
    ) -> Self {
        let by_line = wallets.any(|wallet| !wallet.redemption.exclude.is_empty());
        Self {
            goods,
            left: basket.payable(),
            lines: by_line.then(|| basket.payable_lines().to_vec()),
        }
    }

    /// How much of it points on these terms may pay.
    fn open_to(&self, terms: &RedemptionTerms) -> Result<Amount, Overflow> {
        let Some(lines) = &self.lines else {
            return Ok(self.left);
        };
        let lines = lines.iter().zip(self.goods);
        let mut open = lines.filter(|(_, goods)| !terms.exclude.has(goods));
        let open = open.try_fold(0_i64, |sum, (amount, _)| sum.checked_add(*amount));
        Ok(self.left.min(Amount::new(open.ok_or(Overflow)?.max(0))))
    }

    /// Takes off what points on these terms pay, spread over the lines that they may pay.
    fn take_off(&mut self, terms: &RedemptionTerms, value: Amount) -> Result<(), Overflow> {
        self.left = self.left.checked_sub(value)?;
        let Some(lines) = &mut self.lines else {
            return Ok(());
        };
        let weigh = |(amount, goods): (&i64, &Goods<'_>)| match terms.exclude.has(goods) {
            true => 0,
            false => (*amount).max(0),
        };
        let weights: Vec<i64> = lines.iter().zip(self.goods).map(weigh).collect();
        let shares = largest_remainder(value.minor(), &weights);
        for (amount, share) in lines.iter_mut().zip(shares) {
            *amount = amount.checked_sub(share).ok_or(Overflow)?;
        }
        Ok(())
    }
}

/// What each wallet pays.
pub(super) fn pay(
    context: &Context<'_>,
    receipt: &Receipt,
    (basket, goods): (&Basket<'_, '_>, &[Goods<'_>]),
) -> Result<Payments, Refusal> {
    if let Some(past) = &context.past {
        return pay_again(context.catalog, receipt, past.paid, (basket, goods));
    }
    if receipt.redeem.is_empty() {
        return Ok(Payments::default());
    }
    let Some(member) = context.member else {
        let detail = "points can only be paid by a member; name one";
        return Err(Refusal::Invalid(vec![Fault::new(
            "/member",
            FaultCode::Required,
            detail,
        )]));
    };
    let wallets = wallets_of(context, receipt)?;
    let mut bill = Bill::of((basket, goods), wallets.iter().copied());
    let mut redeemed: Vec<Redeemed> = Vec::with_capacity(receipt.redeem.len());
    for (wish, wallet) in receipt.redeem.iter().zip(wallets) {
        let available = spendable(member, &wish.wallet, context)?;
        let terms = &wallet.redemption;
        let limit = terms.largest_value(basket.payable())?;
        let limit = limit.min(bill.open_to(terms)?);
        let Payment { points, value } = pay_with(wallet, wish, available, limit)?;
        bill.take_off(terms, value)?;
        redeemed.push(Redeemed {
            wallet: wish.wallet.clone(),
            points,
            value,
        });
    }
    let left = bill.lines;
    Ok(Payments { redeemed, left })
}

/// The wallets that are to pay, each named once.
fn wallets_of<'c>(context: &Context<'c>, receipt: &Receipt) -> Result<Vec<&'c Wallet>, Refusal> {
    let mut wallets: Vec<&Wallet> = Vec::with_capacity(receipt.redeem.len());
    for (index, wish) in receipt.redeem.iter().enumerate() {
        let pointer = format!("/redeem/{index}/wallet");
        if wallets.iter().any(|wallet| wallet.code == wish.wallet) {
            let detail = "name each wallet once, with all its points";
            return Err(Refusal::Invalid(vec![Fault::new(
                pointer,
                FaultCode::Duplicate,
                detail,
            )]));
        }
        let wallet = context
            .catalog
            .wallet_at(receipt.occurred_at, &wish.wallet)
            .ok_or(Refusal::UnknownWallet { pointer })?;
        wallets.push(wallet);
    }
    Ok(wallets)
}

/// What the same points pay of what is left of a receipt: as many as it can take, whatever may be
/// used at once.
pub(super) fn pay_again(
    catalog: &Catalog,
    receipt: &Receipt,
    paid: &[Redeemed],
    (basket, goods): (&Basket<'_, '_>, &[Goods<'_>]),
) -> Result<Payments, Refusal> {
    let unknown = || Refusal::UnknownWallet {
        pointer: String::new(),
    };
    let wallets = paid.iter().map(|part| {
        let wallet = catalog.wallet_at(receipt.occurred_at, &part.wallet);
        wallet.ok_or_else(unknown)
    });
    let wallets = wallets.collect::<Result<Vec<_>, _>>()?;
    let mut bill = Bill::of((basket, goods), wallets.iter().copied());
    let mut redeemed = Vec::with_capacity(paid.len());
    for (part, wallet) in paid.iter().zip(wallets) {
        let terms = &wallet.redemption;
        let most = terms.most_points(bill.open_to(terms)?)?;
        let Payment { points, value } = terms.pay(part.points.min(most))?;
        bill.take_off(terms, value)?;
        redeemed.push(Redeemed {
            wallet: part.wallet.clone(),
            points,
            value,
        });
    }
    let left = bill.lines;
    Ok(Payments { redeemed, left })
}

/// The most that each wallet of the program could pay, each alone.
pub(super) fn redeemable(
    context: &Context<'_>,
    (basket, goods): (&Basket<'_, '_>, &[Goods<'_>]),
) -> Result<Vec<Redeemable>, Refusal> {
    let Some(member) = context.member else {
        return Ok(Vec::new());
    };
    let wallets = context.version.program.wallets().iter();
    wallets
        .map(|wallet| {
            let terms = &wallet.redemption;
            let open = Bill::of((basket, goods), std::iter::once(wallet)).open_to(terms)?;
            let limit = terms.largest_value(basket.payable())?.min(open);
            let most = terms.most_points(limit)?;
            let most = most.min(spendable(member, &wallet.code, context)?);
            let Payment { points, value } = terms.clamp(most)?;
            Ok(Redeemable {
                wallet: wallet.told.clone(),
                points,
                value,
            })
        })
        .collect()
}

fn spendable(member: &MemberFacts, code: &str, context: &Context<'_>) -> Result<Points, Refusal> {
    let facts = member.wallets.get(code);
    Ok(facts.map_or(Ok(Points::ZERO), |facts| facts.spendable(context.now))?)
}

fn pay_with(
    wallet: &Wallet,
    wish: &Redeem,
    available: Points,
    limit: Amount,
) -> Result<Payment, Refusal> {
    let terms = &wallet.redemption;
    let maximum = terms.most_points(limit)?;
    if terms.over == Over::Clamp {
        return Ok(terms.clamp(wish.points.min(available).min(maximum))?);
    }
    terms.check(&wallet.code, wish.points)?;
    if wish.points > available {
        let (wallet, wanted) = (wallet.code.clone(), wish.points);
        return Err(Refusal::InsufficientPoints {
            wallet,
            available,
            wanted,
        });
    }
    if wish.points > maximum {
        let (wallet, wanted) = (wallet.code.clone(), wish.points);
        return Err(Refusal::OverMaximum {
            wallet,
            maximum,
            wanted,
        });
    }
    Ok(terms.pay(wish.points)?)
}
