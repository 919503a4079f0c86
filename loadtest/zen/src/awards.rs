//! What a receipt came to, from either side.

use crate::jdm::RANK_STAMPS;
use domain::decide::PurchaseOutcome;
use zen_engine::Variable;

/// The points of all wallets.
pub(crate) fn points(outcome: &PurchaseOutcome) -> i64 {
    outcome.earned.iter().map(|part| part.points.get()).sum()
}

/// The same of zen-engine.
pub(crate) fn points_of(result: &Variable) -> Result<i64, String> {
    Ok(number(result, "points")? + number(result, "stamps")?)
}

/// Says what is not the same: by rule, and where the wallet's limit cut something, in sum.
pub(crate) fn compare(outcome: &PurchaseOutcome, result: &Variable) -> Result<(), String> {
    let sum = |wallet: &str| {
        let of_wallet = outcome.earned.iter().filter(|part| part.wallet == wallet);
        of_wallet.map(|part| part.points.get()).sum::<i64>()
    };
    for wallet in ["points", "stamps"] {
        let (own, other) = (sum(wallet), number(result, wallet)?);
        if own != other {
            return Err(format!("{wallet}: {own} and {other}"));
        }
    }
    let (own, other) = (
        outcome.amounts.discount.minor(),
        number(result, "discount")?,
    );
    if own != other {
        return Err(format!("discount: {own} and {other}"));
    }
    let rules = by_rule(result)?;
    if rules.iter().map(|(_, points)| points).sum::<i64>() > points(outcome) {
        return Ok(());
    }
    let own = outcome.earned.iter().filter(|part| part.points.get() > 0);
    let own: Vec<_> = own
        .map(|part| (part.rule.to_string(), part.points.get()))
        .collect();
    if own == rules {
        Ok(())
    } else {
        Err(format!("{own:?} and {rules:?}"))
    }
}

/// What each rule gave that gave something, in document order.
fn by_rule(result: &Variable) -> Result<Vec<(String, i64)>, String> {
    let mut rules = Vec::new();
    for list in ["rules", "bonuses"] {
        let list = result.dot(list).and_then(|list| list.as_array());
        for award in list.ok_or("no list of awards")?.borrow().iter() {
            let rule = award.dot("rule").ok_or("an award without a rule")?;
            let points = number(award, "points")?;
            if points > 0 {
                let rule = rule.as_str().ok_or("a rule without a code")?;
                let rule = if rule == RANK_STAMPS {
                    "rank:members"
                } else {
                    rule
                };
                rules.push((rule.to_owned(), points));
            }
        }
    }
    Ok(rules)
}

fn number(value: &Variable, key: &str) -> Result<i64, String> {
    let number = value.dot(key).and_then(|number| number.as_number());
    let number = number.ok_or_else(|| format!("no number {key} in {value}"))?;
    i64::try_from(number).map_err(|error| error.to_string())
}
