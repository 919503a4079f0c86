//! Goods that come back and others that are bought for them, in one: both take effect or neither does.

use super::{Command, Decision, Facts, Outcome, PurchaseOutcome, Refusal, ReturnOutcome, decide};
use crate::catalog::Catalog;
use crate::id::ExchangeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A return and a purchase that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeGoods {
    /// A fresh UUIDv7.
    pub seed: Uuid,
    /// The return.
    pub back: Command,
    /// The purchase.
    pub bought: Command,
    /// Whether the purchase is by a member, who is the one of the return.
    pub is_members: bool,
}

/// What an exchange did. It is stored as JSON and rendered again byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExchangeOutcome {
    /// The exchange.
    pub id: ExchangeId,
    /// What came back.
    pub back: ReturnOutcome,
    /// What was bought.
    pub bought: PurchaseOutcome,
}

/// Both sides of an exchange, the purchase decided on what the return left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// The return.
    pub back: Decision,
    /// The purchase.
    pub bought: Decision,
    /// What the caller is told of both.
    pub outcome: ExchangeOutcome,
}

/// Decides both sides; `now` is the ledger's time.
pub fn decide_exchange(
    catalog: &Catalog,
    facts: Facts<'_>,
    command: &ExchangeGoods,
    now: Timestamp,
) -> Result<Exchanged, Refusal> {
    let back = decide(catalog, facts, &command.back, now);
    let back = back.map_err(|refusal| refusal.within("/return"))?;
    let after = facts.member.map(|member| member.after(&back));
    let mut budgets = facts.budgets.clone();
    if let Some(transaction) = &back.transaction {
        budgets.apply(transaction);
    }
    let facts = Facts {
        member: after.as_ref().filter(|_| command.is_members),
        budgets: &budgets,
        trail: None,
    };
    let bought = decide(catalog, facts, &command.bought, now);
    let bought = bought.map_err(|refusal| refusal.within("/purchase"))?;
    let (Outcome::Return(returned), Outcome::Purchase(purchase)) = (&back.outcome, &bought.outcome)
    else {
        return Err(Refusal::TrailNotLoaded);
    };
    let outcome = ExchangeOutcome {
        id: ExchangeId::from_uuid(command.seed),
        back: returned.as_ref().clone(),
        bought: purchase.as_ref().clone(),
    };
    Ok(Exchanged {
        back,
        bought,
        outcome,
    })
}
