use domain::ledger::Account;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{StatementEntry, StatementRow, StoredTransaction, Untouched, row_type, signed};

fn transaction(kind: &str) -> StoredTransaction {
    StoredTransaction {
        version: 3,
        id: Uuid::from_u128(1),
        kind: kind.to_owned(),
        occurred_at: "2026-11-21T01:00:00Z".parse().unwrap(),
        recorded_at: "2026-11-21T01:00:01Z".parse().unwrap(),
        purchase: Some(Uuid::from_u128(2)),
        redemption: None,
        reason: None,
        corrects: None,
    }
}

fn row(wallet: &str, (debit, credit): (Account, Account), points: i64, after: i64) -> StatementRow {
    let rule = (debit == Account::Issued).then(|| "base".to_owned());
    StatementRow {
        r#type: row_type(debit, credit),
        wallet: wallet.to_owned(),
        points: signed(debit, credit, points),
        balance_after: after,
        rule,
        lot_id: None,
    }
}

const EARN: (Account, Account) = (Account::Issued, Account::Available);
const REPAY: (Account, Account) = (Account::Issued, Account::Deficit);
const REDEEM: (Account, Account) = (Account::Available, Account::Redeemed);
const EXPIRE: (Account, Account) = (Account::Available, Account::Expired);

/// Wallet, points, balance and rule on top of an entry.
fn top(rows: Vec<StatementRow>) -> Value {
    let untouched = Untouched {
        wallet: "points".into(),
        balance: 7,
    };
    let untouched = rows.is_empty().then_some(untouched);
    let entry = StatementEntry::new(transaction("purchase"), rows, untouched);
    json!([entry.wallet, entry.points, entry.balance_after, entry.rule])
}

#[test]
fn the_top_is_the_sum_of_its_rows() {
    assert_eq!(
        top(vec![row("points", EARN, 19, 139)]),
        json!(["points", 19, 139, "base"])
    );
    assert_eq!(
        top(vec![
            row("points", REDEEM, 100, 20),
            row("points", EARN, 2, 22)
        ]),
        json!(["points", -98, 22, null])
    );
    assert_eq!(
        top(vec![row("points", EARN, 5, 5), row("stamps", EARN, 1, 1)]),
        json!([null, null, null, "base"])
    );
    assert_eq!(
        top(vec![row("points", EARN, 5, 5), row("points", EXPIRE, 5, 0)]),
        json!(["points", 0, 0, null])
    );
}

#[test]
fn a_transaction_of_no_points_shows_the_first_wallet() {
    assert_eq!(top(vec![]), json!(["points", 0, 7, null]));
    let entry = StatementEntry::new(transaction("purchase"), vec![], None);
    assert_eq!((entry.wallet, entry.balance_after), (None, None));
}

#[test]
fn the_subject_is_a_purchase_or_a_redemption() {
    let purchase = StatementEntry::new(transaction("purchase"), vec![], None);
    assert!(purchase.purchase_id.is_some() && purchase.redemption_id.is_none());
    let redeemed = StoredTransaction {
        purchase: None,
        redemption: Some(Uuid::from_u128(9)),
        ..transaction("redeem")
    };
    let redemption = StatementEntry::new(redeemed, vec![], None);
    assert!(redemption.purchase_id.is_none() && redemption.redemption_id.is_some());
}

#[test]
fn a_row_is_named_and_signed_as_the_member_sees_it() {
    let check = |accounts: (Account, Account), name: &str, points: i64| {
        let (debit, credit) = accounts;
        assert_eq!(
            (row_type(debit, credit), signed(debit, credit, 10)),
            (name, points)
        );
    };
    check(EARN, "earn", 10);
    check(REPAY, "earn", 10);
    check((Account::Issued, Account::Pending), "earn", 0);
    check(REDEEM, "redeem", -10);
    check(EXPIRE, "expire", -10);
    check((Account::Pending, Account::Available), "activate", 10);
    check((Account::Available, Account::Reserved), "reserve", -10);
    check((Account::Reserved, Account::Available), "release", 10);
    check((Account::Reserved, Account::Redeemed), "capture", 0);
    check((Account::Redeemed, Account::Available), "restore", 10);
    check((Account::Adjusted, Account::Available), "adjust", 10);
    check((Account::Available, Account::Adjusted), "adjust", -10);
    check((Account::Available, Account::Donated), "donate", -10);
    check((Account::Deficit, Account::Issued), "return", -10);
}
