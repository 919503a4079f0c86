//! Whole receipts: money and tax, points that pay, deficits, late receipts, and who is refused.

use super::{
    NOW, at, base_program, catalog, decide, earned, member, member_with, purchase, quote, receipt,
    receipt_of, told, version,
};
use crate::amount::{Amount, Decimal4, Points};
use crate::catalog::Catalog;
use crate::decide::Reason;
use crate::ledger::Account;
use crate::member::{MemberFacts, MemberStatus, WalletFacts};
use crate::program::Program;
use crate::settings::PointsPaidAs;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// gross, taxable, points paid, total, then net and tax of each rate.
fn money(catalog: &Catalog, parts: Value) -> (Vec<i64>, Vec<(i64, i64)>) {
    let member = member_with(&[(10_000, None)]);
    let amounts = told(catalog, Some(&member), &purchase(receipt(parts)))
        .unwrap()
        .amounts;
    let sums = [
        amounts.gross,
        amounts.taxable,
        amounts.points_paid,
        amounts.total,
    ];
    let tax = amounts
        .tax
        .iter()
        .map(|part| (part.net.minor(), part.tax.minor()))
        .collect();
    (sums.map(Amount::minor).to_vec(), tax)
}

#[test]
fn tax_is_rounded_once_per_rate() {
    let mut catalog = catalog(&base_program());
    let one = |amount: i64, percent: &str| json!({"amount": amount, "tax_percent": percent});
    let parts = |lines: Value| json!({"lines": lines});
    let included = money(&catalog, parts(json!([one(296, "8")])));
    assert_eq!(included, (vec![296, 296, 0, 296], vec![(275, 21)]));
    let mixed = parts(json!([one(101, "8"), one(110, "10"), one(195, "8")]));
    assert_eq!(
        money(&catalog, mixed),
        (vec![406, 406, 0, 406], vec![(275, 21), (100, 10)])
    );
    catalog.settings.default_tax_percent = "10".parse().unwrap();
    assert_eq!(
        money(&catalog, parts(json!([{"amount": 110}]))).1,
        [(100, 10)]
    );
    catalog.settings.prices_include_tax = false;
    let excluded = money(
        &catalog,
        parts(json!([one(101, "8"), one(102, "8"), one(72, "8")])),
    );
    assert_eq!(excluded, (vec![275, 275, 0, 297], vec![(275, 22)]));
}

#[test]
fn points_lower_what_is_paid_or_also_what_is_taxed() {
    let mut catalog = catalog(&base_program());
    let parts = || {
        json!({"member": {"card": "1"}, "redeem": [{"wallet": "points", "points": 100}],
            "lines": [{"quantity": 2, "unit_price": 198, "discount": 19, "tax_percent": "8"}]})
    };
    assert_eq!(
        money(&catalog, parts()),
        (vec![377, 377, 100, 277], vec![(350, 27)])
    );
    catalog.settings.points_paid_as = PointsPaidAs::Discount;
    assert_eq!(
        money(&catalog, parts()),
        (vec![377, 277, 100, 277], vec![(257, 20)])
    );
    catalog.settings.prices_include_tax = false;
    assert_eq!(
        money(&catalog, parts()),
        (vec![377, 277, 100, 299], vec![(277, 22)])
    );
    catalog.settings.points_paid_as = PointsPaidAs::Tender;
    assert_eq!(
        money(&catalog, parts()),
        (vec![377, 377, 100, 307], vec![(377, 30)])
    );
}

#[test]
fn what_points_paid_earns_nothing_and_is_taken_first() {
    let catalog = catalog(&base_program());
    let member = member_with(&[(120, None)]);
    let parts = json!({"member": {"card": "1"}, "lines": [{"amount": 377}],
        "redeem": [{"wallet": "points", "points": 100}]});
    let decision = decide(&catalog, Some(&member), &purchase(receipt(parts)), at(NOW)).unwrap();
    let transaction = decision.transaction.unwrap();
    let rows: Vec<_> = transaction
        .transfers
        .iter()
        .map(|row| (row.debit, row.points.get()))
        .collect();
    assert_eq!(rows, [(Account::Available, 100), (Account::Issued, 2)]);
    let day = transaction.day.unwrap();
    assert_eq!(
        (day.spend.minor(), day.visits, day.points_earned.get()),
        (377, 1, 2)
    );
    assert_eq!(transaction.wallets[0].available, Points::new(22));
}

#[test]
fn a_receipt_can_not_spend_what_it_earns() {
    let catalog = catalog(&base_program());
    let parts = json!({"member": {"card": "1"}, "lines": [{"amount": 10_000}],
        "redeem": [{"wallet": "points", "points": 1}]});
    let refused = told(&catalog, Some(&member()), &purchase(receipt(parts))).unwrap_err();
    assert_eq!(refused.code(), "insufficient_points");
}

fn pay(terms: &Value, held: i64, amount: i64, points: i64) -> Result<(i64, i64), String> {
    let catalog = catalog(&json!({"wallets": [{"code": "points", "redemption": terms}]}));
    let parts = json!({"member": {"card": "1"}, "lines": [{"amount": amount}],
        "redeem": [{"wallet": "points", "points": points}]});
    let outcome = told(
        &catalog,
        Some(&member_with(&[(held, None)])),
        &purchase(receipt(parts)),
    );
    let outcome = outcome.map_err(|refusal| refusal.code().to_owned())?;
    let part = &outcome.redeemed[0];
    Ok((part.points.get(), part.value.minor()))
}

#[test]
fn a_wish_above_what_is_allowed_is_refused_or_clamped() {
    let refuse = json!({"minimum": 100, "step": 100, "max_percent": "50"});
    let refused = |code: &str| Err(code.to_owned());
    assert_eq!(pay(&refuse, 1_000, 1_000, 500), Ok((500, 500)));
    assert_eq!(pay(&refuse, 1_000, 999, 500), refused("over_maximum"));
    assert_eq!(pay(&refuse, 1_000, 1_000, 50), refused("below_minimum"));
    assert_eq!(pay(&refuse, 1_000, 1_000, 150), refused("not_a_step"));
    assert_eq!(
        pay(&refuse, 400, 1_000, 500),
        refused("insufficient_points")
    );
    let clamp = json!({"minimum": 100, "step": 100, "max_percent": "50", "over": "clamp"});
    assert_eq!(pay(&clamp, 1_000, 999, 500), Ok((400, 400)));
    assert_eq!(pay(&clamp, 250, 1_000, 500), Ok((200, 200)));
    assert_eq!(pay(&clamp, 99, 1_000, 500), Ok((0, 0)));
    assert_eq!(
        pay(&json!({"value_per_point": "0.5"}), 10, 100, 5),
        Ok((4, 2))
    );
}

#[test]
fn several_wallets_pay_no_more_than_the_total() {
    let program = json!({"wallets": [{"code": "points"},
        {"code": "gold", "redemption": {"over": "clamp"}}]});
    let mut member = member_with(&[(80, None)]);
    let mut gold = member.wallets["points"].clone();
    gold.lots.as_mut().unwrap()[0].wallet = "gold".to_owned();
    member.wallets.insert("gold".to_owned(), gold);
    let parts = json!({"member": {"card": "1"}, "lines": [{"amount": 100}], "redeem": [
        {"wallet": "points", "points": 70}, {"wallet": "gold", "points": 70}]});
    let outcome = told(&catalog(&program), Some(&member), &purchase(receipt(parts))).unwrap();
    let paid: Vec<i64> = outcome
        .redeemed
        .iter()
        .map(|part| part.points.get())
        .collect();
    assert_eq!((paid, outcome.amounts.total.minor()), (vec![70, 30], 0));
    let left: Vec<i64> = outcome
        .balances
        .iter()
        .map(|part| part.available.get())
        .collect();
    assert_eq!(left, [10, 50]);
}

#[test]
fn a_credit_repays_a_deficit_first() {
    let catalog = catalog(&base_program());
    let mut member = member();
    let owing = WalletFacts {
        deficit: Points::new(30),
        ..WalletFacts::default()
    };
    member.wallets.insert("points".to_owned(), owing);
    let command = purchase(receipt_of(10_000));
    let transaction = decide(&catalog, Some(&member), &command, at(NOW))
        .unwrap()
        .transaction
        .unwrap();
    let rows: Vec<_> = transaction
        .transfers
        .iter()
        .map(|row| (row.credit, row.points.get()))
        .collect();
    assert_eq!(rows, [(Account::Deficit, 30), (Account::Available, 70)]);
    assert_eq!(transaction.lots_opened[0].remaining, Points::new(70));
    let wallet = &transaction.wallets[0];
    assert_eq!((wallet.available.get(), wallet.deficit.get()), (70, 0));
    let small = decide(
        &catalog,
        Some(&member),
        &purchase(receipt_of(2_000)),
        at(NOW),
    )
    .unwrap();
    let small = small.transaction.unwrap();
    assert_eq!(
        (small.lots_opened.len(), small.wallets[0].deficit.get()),
        (0, 10)
    );
}

#[test]
fn a_late_receipt_grants_and_expires_at_once() {
    let mut program = base_program();
    program["wallets"][0]["expiry"] = json!({"type": "after", "days": 30});
    let parts = json!({"occurred_at": "2026-10-01T10:00:00+09:00", "lines": [{"amount": 500}]});
    let decision = decide(
        &catalog(&program),
        Some(&member()),
        &purchase(receipt(parts)),
        at(NOW),
    )
    .unwrap();
    let transaction = decision.transaction.as_ref().unwrap();
    let rows: Vec<_> = transaction
        .transfers
        .iter()
        .map(|row| (row.credit, row.balance_after.get()))
        .collect();
    assert_eq!(rows, [(Account::Available, 5), (Account::Expired, 0)]);
    let lot = &transaction.lots_opened[0];
    assert_eq!((lot.granted.get(), lot.remaining.get()), (5, 0));
    assert_eq!(transaction.wallets[0].next_expires_at, None);
    let after = member().after(&decision);
    assert_eq!(after.wallets["points"].available, Points::ZERO);
    assert!(after.wallets["points"].lots.as_ref().unwrap().is_empty());
}

#[test]
fn a_receipt_is_judged_by_the_program_of_its_moment() {
    let mut catalog = catalog(&base_program());
    let mut double = base_program();
    double["earn_rules"][0]["award"]["points"] = json!(2);
    let double = Program::load(&double).unwrap();
    catalog
        .versions
        .push(version(2, "2026-11-01T00:00:00Z", double));
    for (occurred_at, expected) in [
        ("2026-10-31T23:59:59Z", "base=1"),
        ("2026-11-01T00:00:00Z", "base=2"),
    ] {
        let parts = json!({"occurred_at": occurred_at, "lines": [{"amount": 100}]});
        let outcome = told(&catalog, Some(&member()), &purchase(receipt(parts))).unwrap();
        assert_eq!(earned(&outcome), expected, "{occurred_at}");
    }
}

#[test]
fn checks_come_in_a_fixed_order() {
    let mut catalog = catalog(&base_program());
    catalog.settings.receipt_max_age_days = Some(30);
    let refusal = |catalog: &Catalog, member: &MemberFacts, parts: Value| {
        let mut all = json!({"lines": [{"amount": 1}]});
        all.as_object_mut()
            .unwrap()
            .extend(parts.as_object().unwrap().clone());
        told(catalog, Some(member), &purchase(receipt(all))).map_or_else(|e| e.code(), |_| "")
    };
    let closed = MemberFacts {
        status: MemberStatus::Closed,
        ..member()
    };
    let occurred = |at: &str| json!({"occurred_at": at});
    let unknown = json!({"store": "osaka", "occurred_at": "2030-01-01T00:00:00Z"});
    assert_eq!(refusal(&catalog, &closed, unknown), "unknown_store");
    let ahead = occurred("2026-11-21T01:20:01Z");
    assert_eq!(refusal(&catalog, &closed, ahead), "occurred_in_future");
    assert_eq!(
        refusal(&catalog, &member(), occurred("2026-11-21T01:20:00Z")),
        ""
    );
    assert_eq!(
        refusal(&catalog, &closed, occurred("2026-10-22T01:14:59Z")),
        "receipt_too_old"
    );
    assert_eq!(
        refusal(&catalog, &member(), occurred("2026-10-22T01:15:00Z")),
        ""
    );
    assert_eq!(refusal(&catalog, &closed, json!({})), "member_closed");
    catalog.settings.receipt_max_age_days = None;
    assert_eq!(
        refusal(&catalog, &closed, occurred("2019-12-31T23:59:59Z")),
        "no_program"
    );
    assert_eq!(
        refusal(&catalog, &member(), occurred("2025-12-31T00:00:00Z")),
        ""
    );
    catalog.settings.earn_before_enrolment = false;
    let early = occurred("2025-12-31T00:00:00Z");
    assert_eq!(refusal(&catalog, &member(), early), "before_enrolment");
}

#[test]
fn a_receipt_without_a_member_earns_nothing_and_says_so() {
    let catalog = catalog(&base_program());
    let decision = decide(&catalog, None, &purchase(receipt_of(1_000)), at(NOW)).unwrap();
    assert!(decision.transaction.is_none());
    let outcome = told(&catalog, None, &purchase(receipt_of(1_000))).unwrap();
    assert_eq!(outcome.explanation[0].reason, Some(Reason::NoMember));
    assert_eq!(
        (outcome.amounts.total.minor(), outcome.version),
        (1_000, None)
    );
    assert!(outcome.earned.is_empty() && outcome.balances.is_empty());
}

#[test]
fn a_quote_promises_what_the_purchase_grants_and_writes_nothing() {
    let mut program = base_program();
    program["wallets"][0]["redemption"] = json!({"step": 50, "max_percent": "50"});
    let catalog = catalog(&program);
    let member = member_with(&[(1_000, None)]);
    let decision = decide(&catalog, Some(&member), &quote(receipt_of(777)), at(NOW)).unwrap();
    assert!(decision.transaction.is_none());
    let promised = told(&catalog, Some(&member), &quote(receipt_of(777))).unwrap();
    let granted = told(&catalog, Some(&member), &purchase(receipt_of(777))).unwrap();
    assert_eq!(promised.earned, granted.earned);
    assert_eq!(promised.balances, granted.balances);
    assert_eq!((promised.version, granted.version), (Some(0), Some(1)));
    let most = &promised.redeemable[0];
    assert_eq!((most.points.get(), most.value.minor()), (350, 350));
    assert!(granted.redeemable.is_empty());
}

#[test]
fn a_visit_of_nothing_is_a_transaction() {
    let catalog = catalog(&base_program());
    let command = purchase(receipt_of(0));
    let transaction = decide(&catalog, Some(&member()), &command, at(NOW))
        .unwrap()
        .transaction
        .unwrap();
    assert_eq!((transaction.version, transaction.transfers.len()), (1, 0));
    assert_eq!(transaction.day.unwrap().visits, 1);
}

#[test]
fn a_wallet_never_exceeds_its_limit() {
    let catalog = catalog(&base_program());
    let most = Points::MAX_BALANCE.get();
    let command = purchase(receipt_of(100));
    let full = decide(
        &catalog,
        Some(&member_with(&[(most, None)])),
        &command,
        at(NOW),
    );
    assert_eq!(full.unwrap_err().code(), "balance_limit");
    let room = member_with(&[(most - 1, None)]);
    assert!(decide(&catalog, Some(&room), &command, at(NOW)).is_ok());
}

#[test]
fn the_store_makes_the_business_date_and_the_tenant_the_expiry() {
    let mut program = base_program();
    program["wallets"][0]["expiry"] = json!({"type": "end_of_month", "months": 0});
    let mut catalog = catalog(&program);
    let honolulu = TimeZone::get("Pacific/Honolulu").unwrap();
    catalog.stores.get_mut("shibuya").unwrap().time_zone = Some(honolulu);
    let outcome = told(&catalog, Some(&member()), &purchase(receipt_of(100))).unwrap();
    assert_eq!(outcome.business_date.to_string(), "2026-11-20");
    assert_eq!(
        outcome.earned[0].expires_at,
        Some(at("2026-12-01T00:00:00+09:00"))
    );
}

#[test]
fn an_answer_is_rendered_again_byte_for_byte() {
    let catalog = catalog(&base_program());
    let outcome = told(&catalog, Some(&member()), &purchase(receipt_of(1_980))).unwrap();
    let text = serde_json::to_string(&outcome).unwrap();
    let read: crate::decide::PurchaseOutcome = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    assert_eq!(outcome.amounts.tax[0].percent, Decimal4::ZERO);
}
