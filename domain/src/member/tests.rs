//! When the open lots must be loaded, and what a wallet shows without them.

use super::{LotsNotLoaded, WalletFacts};
use crate::amount::Points;
use crate::decide::tests::{
    NOW, at, base_program, catalog, member, member_with, purchase, receipt, receipt_of, redeem,
};
use serde_json::json;

#[test]
fn lots_are_needed_to_spend_or_when_one_may_have_expired() {
    let earns = purchase(receipt_of(100));
    let pays = purchase(receipt(
        json!({"member": {"card": "1"}, "lines": [{"amount": 1}],
        "redeem": [{"wallet": "points", "points": 1}]}),
    ));
    let catalog = catalog(&base_program());
    let fresh = member_with(&[(5, Some("2026-11-21T01:15:00.000001Z"))]);
    let stale = member_with(&[(5, Some(NOW))]);
    for (facts, command, expected) in [
        (&member(), &earns, false),
        (&fresh, &earns, false),
        (&stale, &earns, true),
        (&fresh, &pays, true),
        (&fresh, &redeem(1), true),
    ] {
        assert_eq!(facts.needs_lots(&catalog, command, at(NOW)), expected);
    }
    let mut ahead = fresh.clone();
    ahead.last_recorded_at = at("2026-11-22T00:00:00Z");
    assert!(
        ahead.needs_lots(&catalog, &earns, at(NOW)),
        "the ledger's time never runs back"
    );
}

#[test]
fn a_balance_leaves_out_what_has_expired() {
    let member = member_with(&[(5, Some(NOW)), (7, None)]);
    let balances = member.balances(&catalog(&base_program()), at(NOW)).unwrap();
    assert_eq!(balances[0].available, Points::new(7));
    let mut wallet = member.wallets["points"].clone();
    wallet.lots = None;
    assert_eq!(wallet.spendable(at(NOW)), Err(LotsNotLoaded));
    assert_eq!(
        wallet.spendable(at("2026-11-21T01:14:59Z")),
        Ok(Points::new(12))
    );
}

#[test]
fn every_wallet_of_the_program_is_listed_then_others_the_member_holds() {
    let program = json!({"wallets": [{"code": "stamps"}, {"code": "points"}, {"code": "miles"}]});
    let mut member = member_with(&[(5, None)]);
    member
        .wallets
        .insert("old".to_owned(), WalletFacts::default());
    let balances = member.balances(&catalog(&program), at(NOW)).unwrap();
    let codes: Vec<&str> = balances
        .iter()
        .map(|balance| balance.wallet.as_str())
        .collect();
    assert_eq!(codes, ["stamps", "points", "miles", "old"]);
}
