//! Points that pay for a receipt: wallet by wallet in the order asked, before anything is earned,
//! so that a receipt can't spend what it earns.

use super::Context;
use crate::amount::{Amount, Points};
use crate::decide::{Redeemable, Redeemed, Refusal};
use crate::fault::{Fault, FaultCode};
use crate::member::MemberFacts;
use crate::program::Wallet;
use crate::receipt::{Receipt, Redeem};
use crate::redeem::{Over, Payment};

/// What each wallet pays.
pub(super) fn pay(
    context: &Context<'_>,
    receipt: &Receipt,
    payable: Amount,
) -> Result<Vec<Redeemed>, Refusal> {
    if let Some(past) = &context.past {
        return pay_again(context, past.paid, (receipt, payable));
    }
    if receipt.redeem.is_empty() {
        return Ok(Vec::new());
    }
    let Some(member) = context.member else {
        let detail = "points can only be paid by a member; name one";
        return Err(Refusal::Invalid(vec![Fault::new(
            "/member",
            FaultCode::Required,
            detail,
        )]));
    };
    let mut left = payable;
    let mut redeemed: Vec<Redeemed> = Vec::with_capacity(receipt.redeem.len());
    for (index, wish) in receipt.redeem.iter().enumerate() {
        let pointer = format!("/redeem/{index}/wallet");
        if redeemed.iter().any(|part| part.wallet == wish.wallet) {
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
        let available = spendable(member, &wish.wallet, context)?;
        let limit = wallet.redemption.largest_value(payable)?.min(left);
        let payment = pay_with(wallet, wish, available, limit)?;
        left = left.checked_sub(payment.value)?;
        let Payment { points, value } = payment;
        redeemed.push(Redeemed {
            wallet: wish.wallet.clone(),
            points,
            value,
        });
    }
    Ok(redeemed)
}

/// What the same points pay of what is left of a receipt: as many as it can take, whatever may be
/// used at once.
fn pay_again(
    context: &Context<'_>,
    paid: &[Redeemed],
    (receipt, payable): (&Receipt, Amount),
) -> Result<Vec<Redeemed>, Refusal> {
    let mut left = payable;
    let mut again = Vec::with_capacity(paid.len());
    for part in paid {
        let unknown = || Refusal::UnknownWallet {
            pointer: String::new(),
        };
        let wallet = context
            .catalog
            .wallet_at(receipt.occurred_at, &part.wallet)
            .ok_or_else(unknown)?;
        let terms = &wallet.redemption;
        let Payment { points, value } = terms.pay(part.points.min(terms.most_points(left)?))?;
        left = left.checked_sub(value)?;
        again.push(Redeemed {
            wallet: part.wallet.clone(),
            points,
            value,
        });
    }
    Ok(again)
}

/// The most that each wallet of the program could pay, each alone.
pub(super) fn redeemable(
    context: &Context<'_>,
    payable: Amount,
) -> Result<Vec<Redeemable>, Refusal> {
    let Some(member) = context.member else {
        return Ok(Vec::new());
    };
    let wallets = context.version.program.wallets().iter();
    wallets
        .map(|wallet| {
            let terms = &wallet.redemption;
            let most = terms.most_points(terms.largest_value(payable)?)?;
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
