//! Whole decisions: the worked examples, the order of checks, and what a batch keeps true.

use super::{
    Command, Decision, Facts, Outcome, PurchaseOutcome, RecordPurchase, RedeemPoints,
    RedemptionOutcome, Refusal,
};
use crate::amount::Points;
use crate::catalog::{Catalog, Store, Version};
use crate::history::{Budgets, History};
use crate::id::{MemberId, StoreId};
use crate::member::{MemberFacts, MemberStatus, WalletFacts};
use crate::program::Program;
use crate::rank::RankFacts;
use crate::receipt::Receipt;
use crate::settings::Settings;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

mod bombs;
mod corrections;
mod discounts;
mod earning;
mod edges;
mod exactness;
mod excluded;
mod histories;
mod holds;
mod journal;
mod limits;
mod lots;
mod properties;
mod purchases;
pub(crate) mod ranks;
mod redemptions;
mod returns;
mod settings;
mod stacking;
mod tiers;

/// 21 November 2026, a Saturday, 10:15 in Tokyo.
pub(crate) const NOW: &str = "2026-11-21T01:15:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A tenant in Tokyo with one store, whose program counts since 2020.
pub(crate) fn catalog(program: &Value) -> Catalog {
    let program = Program::load(program).unwrap();
    let settings = Settings {
        time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
        ..Settings::default()
    };
    let store = |code: &str| {
        let id = StoreId::from_uuid(Uuid::from_u128(7));
        (
            code.to_owned(),
            Store {
                id,
                code: code.to_owned(),
                time_zone: None,
            },
        )
    };
    Catalog {
        revision: 1,
        settings,
        stores: HashMap::from([store("shibuya"), store("ueno")]),
        versions: vec![version(1, "2020-01-01T00:00:00Z", program)],
    }
}

pub(crate) fn version(number: i32, effective_from: &str, program: Program) -> Version {
    Version {
        number,
        effective_from: at(effective_from),
        program: Arc::new(program),
    }
}

/// A member at version 0 that never earned.
pub(crate) fn member() -> MemberFacts {
    MemberFacts {
        member: MemberId::from_uuid(Uuid::from_u128(42)),
        status: MemberStatus::Active,
        version: 0,
        last_recorded_at: at("2026-01-01T00:00:00Z"),
        enrolled_at: at("2026-01-01T00:00:00Z"),
        wallets: BTreeMap::new(),
        recalled: std::collections::BTreeSet::new(),
        history: History::default(),
        ranks: RankFacts::default(),
    }
}

/// A member whose wallet `points` was filled by lots of so many points, each with its expiry.
pub(crate) fn member_with(lots: &[(i64, Option<&str>)]) -> MemberFacts {
    let mut member = member();
    let lots: Vec<_> = lots
        .iter()
        .zip(1_u128..)
        .map(|((points, expires_at), number)| {
            crate::lot::tests::lot(number, *points, *expires_at, "2026-01-01T00:00:00Z")
        })
        .collect();
    let wallet = WalletFacts {
        available: Points::new(lots.iter().map(|lot| lot.remaining.get()).sum()),
        next_expires_at: lots.iter().filter_map(|lot| lot.expires_at).min(),
        lots: Some(lots),
        ..WalletFacts::default()
    };
    member.wallets.insert("points".to_owned(), wallet);
    member
}

/// A receipt of `shibuya` at `NOW` with these parts.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
pub(crate) fn receipt(parts: Value) -> Receipt {
    let mut receipt = json!({
        "store": "shibuya", "receipt_number": "1", "occurred_at": NOW,
    });
    for (key, value) in parts.as_object().unwrap() {
        receipt[key] = value.clone();
    }
    let receipt: Receipt = serde_json::from_value(receipt).unwrap();
    receipt
}

/// A receipt of one line.
pub(crate) fn receipt_of(amount: i64) -> Receipt {
    receipt(json!({"lines": [{"amount": amount}]}))
}

pub(crate) fn purchase(receipt: Receipt) -> Command {
    Command::Purchase(RecordPurchase {
        seed: seed(1),
        receipt,
        quote: false,
    })
}

pub(crate) fn quote(receipt: Receipt) -> Command {
    Command::Purchase(RecordPurchase {
        seed: seed(1),
        receipt,
        quote: true,
    })
}

pub(crate) fn redeem(points: i64) -> Command {
    Command::Redeem(RedeemPoints {
        seed: seed(2),
        wallet: "points".to_owned(),
        points: Points::new(points),
        hold: None,
        reference: None,
        store: None,
        occurred_at: None,
    })
}

pub(crate) fn seed(number: u128) -> Uuid {
    Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 | (number << 16))
}

/// Decides for a program without campaign limits.
pub(crate) fn decide(
    catalog: &Catalog,
    member: Option<&MemberFacts>,
    command: &Command,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let facts = Facts {
        member,
        budgets: &Budgets::default(),
        trail: None,
    };
    super::decide(catalog, facts, command, now)
}

/// What a member is told about its receipt.
pub(crate) fn told(
    catalog: &Catalog,
    member: Option<&MemberFacts>,
    command: &Command,
) -> Result<PurchaseOutcome, Refusal> {
    match decide(catalog, member, command, at(NOW))?.outcome {
        Outcome::Purchase(outcome) => Ok(*outcome),
        other => panic!("a receipt was answered as {other:?}"),
    }
}

pub(crate) fn redeemed(decision: &Decision) -> &RedemptionOutcome {
    match &decision.outcome {
        Outcome::Redemption(outcome) => outcome,
        other => panic!("a redemption was answered as {other:?}"),
    }
}

/// Points by rule, as `rule=points` in order.
pub(crate) fn earned(outcome: &PurchaseOutcome) -> String {
    let parts = outcome
        .earned
        .iter()
        .map(|part| format!("{}={}", part.rule, part.points));
    parts.collect::<Vec<_>>().join(" ")
}

/// One per ¥100 into `points`.
pub(crate) fn base_program() -> Value {
    json!({
        "wallets": [{"code": "points"}],
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
    })
}
