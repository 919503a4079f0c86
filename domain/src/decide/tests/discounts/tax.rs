//! On which side of the tax discounts work, and which side thresholds and counters use.

use super::{applied, catalog, discounts, explained, fixed, percent, progressive};
use crate::amount::Amount;
use crate::decide::PurchaseOutcome;
use crate::decide::tests::journal::Journal;
use crate::decide::tests::settings::with;
use jiff::civil::date;
use serde_json::{Value, json};

/// A receipt at a tax of 10 %, where prices include it or not and thresholds use a side of it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
fn buys(all: &[Value], included: bool, side: &str, lines: Value) -> (PurchaseOutcome, Journal) {
    let mut program = discounts(all);
    program["earning"] = json!({"basis": {"tax": side}});
    let mut catalog = catalog(&program);
    catalog.settings.prices_include_tax = included;
    catalog.settings.default_tax_percent = "10".parse().unwrap();
    let mut journal = Journal::new(catalog);
    let outcome = journal.buy(json!({"lines": lines}));
    (outcome, journal)
}

fn money(outcome: &PurchaseOutcome) -> [i64; 5] {
    let amounts = &outcome.amounts;
    let tax = amounts.tax.iter().map(|part| part.tax.minor()).sum();
    [
        amounts.gross.minor(),
        amounts.discount.minor(),
        amounts.taxable.minor(),
        tax,
        amounts.total.minor(),
    ]
}

#[test]
fn tax_is_taken_once_per_rate_after_discounts() {
    let ten = [percent("ten", "10")];
    let lines = || json!([{"amount": 1_000}, {"amount": 100, "tax_percent": "8"}]);
    let (outcome, _) = buys(&ten, true, "included", lines());
    // 900 hold 81 at 10 %, 90 hold 6 at 8 %.
    assert_eq!(money(&outcome), [1_100, 110, 990, 87, 990]);
    let (outcome, _) = buys(&ten, false, "included", lines());
    // 90 on 900, 7 on 90.
    assert_eq!(money(&outcome), [1_100, 110, 990, 97, 1_087]);
}

#[test]
fn counters_use_the_side_that_the_program_names() {
    let ten = [percent("ten", "10")];
    for (included, side, spend, gross) in [
        (true, "included", 990, 1_100),
        (true, "excluded", 900, 1_000),
        (false, "included", 1_089, 1_210),
        (false, "excluded", 990, 1_100),
    ] {
        let (_, journal) = buys(&ten, included, side, json!([{"amount": 1_100}]));
        let day = journal.days[0];
        assert_eq!(day.spend.minor(), spend, "{included} {side}");
        assert_eq!(day.gross_spend.minor(), gross, "{included} {side}");
    }
}

#[test]
fn minimums_and_caps_use_the_side_that_the_program_names() {
    let least = |minimum: i64| {
        let when = json!({"when": {"minimum_amount": minimum}});
        [with(percent("ten", "10"), when)]
    };
    let capped = |cap: i64| [with(percent("half", "50"), json!({"cap": cap}))];
    for (included, side, counted, off) in [
        (true, "included", 1_100, 100),
        (true, "excluded", 1_000, 110),
        (false, "included", 1_210, 90),
        (false, "excluded", 1_100, 100),
    ] {
        let lines = || json!([{"amount": 1_100}]);
        let (enough, _) = buys(&least(counted), included, side, lines());
        assert_eq!(applied(&enough), "ten=110", "{included} {side}");
        let (short, _) = buys(&least(counted + 1), included, side, lines());
        assert_eq!(applied(&short), "");
        let told = explained(&short, "ten");
        assert_eq!(told.missing_amount.map(Amount::minor), Some(1));
        // A cap of 100: without tax it is 110 with it, with tax 90 without it.
        let (outcome, _) = buys(&capped(100), included, side, lines());
        assert_eq!(
            applied(&outcome),
            format!("half={off}"),
            "{included} {side}"
        );
    }
}

#[test]
fn a_coupon_takes_its_sum_off_the_tills_prices() {
    for included in [true, false] {
        for side in ["included", "excluded"] {
            let coupon = [fixed("coupon", 100)];
            let (outcome, _) = buys(&coupon, included, side, json!([{"amount": 1_100}]));
            assert_eq!(applied(&outcome), "coupon=100");
        }
    }
}

#[test]
fn slices_are_cut_on_the_side_of_thresholds_and_taken_off_the_tills_prices() {
    let marginal = with(
        progressive("climb"),
        json!({"mode": "marginal", "tiers": [{"from": 0, "percent": "0"},
            {"from": 1_000, "percent": "10"}]}),
    );
    for (included, side, expected) in [
        // 500 were spent before, so that 500 come before the step: 600 of 1,100 lie above it.
        (true, "included", "climb=60"),
        // 1,100 hold 1,000 without tax, half of which lies above.
        (true, "excluded", "climb=55"),
        // 1,100 are 1,210 with tax, of which 710 lie above: 645.45 without it.
        (false, "included", "climb=64"),
        (false, "excluded", "climb=60"),
    ] {
        let mut program = discounts(std::slice::from_ref(&marginal));
        program["earning"] = json!({"basis": {"tax": side}});
        let mut catalog = catalog(&program);
        catalog.settings.prices_include_tax = included;
        catalog.settings.default_tax_percent = "10".parse().unwrap();
        let mut journal = Journal::new(catalog);
        journal.spent(date(2026, 11, 20), 500);
        let outcome = journal.buy(json!({"lines": [{"amount": 1_100}]}));
        assert_eq!(applied(&outcome), expected, "{included} {side}");
    }
}
