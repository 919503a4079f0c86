//! Where two settings meet: limits of a rule with those of its wallet, weeks over the end of a
//! year, exact multiplication with limits, points paid over several tax rates, windows that a late
//! receipt looks back on, and two zones around the cut-over.

use super::journal::Journal;
use super::settings::{per, program, rule, times, with};
use super::{at, catalog, decide, earned, member, member_with, purchase, receipt, told};
use crate::catalog::Catalog;
use crate::decide::{PurchaseOutcome, Reason};
use crate::settings::PointsPaidAs;
use jiff::civil::{Date, Time, date, time};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// What each rule grants of what it wanted.
fn granted(outcome: &PurchaseOutcome) -> String {
    let parts = outcome.earned.iter();
    let parts = parts.map(|part| format!("{}={}/{}", part.rule, part.points, part.wanted));
    parts.collect::<Vec<_>>().join(" ")
}

/// One point per unit of money with a bonus of as many, and these limits of each.
fn limited(base: &Value, two: &Value, wallet: &Value) -> Journal {
    let base = with(rule("base", per(1, 1)), json!({"limits": base}));
    let two = with(times("two", "2"), json!({"limits": two}));
    let mut program = program(&json!({}), &[base], &[two]);
    program["wallets"][0]["limits"] = wallet.clone();
    Journal::new(catalog(&program))
}

#[track_caller]
fn check_limits(limits: [&Value; 3], receipts: &[(i64, &str)]) {
    let mut journal = limited(limits[0], limits[1], limits[2]);
    for (amount, expected) in receipts {
        let outcome = journal.buy(json!({"lines": [{"amount": amount}]}));
        assert_eq!(granted(&outcome), *expected, "{amount} {limits:?}");
    }
}

#[test]
fn the_limits_of_a_wallet_come_after_those_of_its_rules() {
    let none = json!([]);
    let receipt = |points: i64| json!([{"per": "receipt", "points": points}]);
    let day = |points: i64| json!([{"per": "member_day", "points": points}]);
    let reject = |points: i64| json!([{"per": "member_day", "points": points, "over": "reject"}]);
    check_limits(
        [&receipt(60), &receipt(50), &receipt(100)],
        &[
            (70, "base=60/70 two=40/60"),
            (50, "base=50/50 two=50/50"),
            (51, "base=51/51 two=49/51"),
        ],
    );
    check_limits(
        [&receipt(60), &none, &reject(100)],
        &[
            (70, "base=60/70 two=0/60"),
            (20, "base=20/20 two=20/20"),
            (1, "base=0/1 two=0/1"),
        ],
    );
    // What the wallet cuts is not used of the bonus's own limit.
    check_limits(
        [&none, &day(50), &receipt(60)],
        &[
            (30, "base=30/30 two=30/30"),
            (50, "base=50/50 two=10/50"),
            (20, "base=20/20 two=10/20"),
            (20, "base=20/20 two=0/20"),
        ],
    );
    let once = json!([{"per": "member_day", "times": 3}]);
    check_limits(
        [&none, &none, &once],
        &[
            (5, "base=5/5 two=5/5"),
            (6, "base=6/6 two=0/6"),
            (7, "base=0/7 two=0/7"),
        ],
    );
}

#[test]
fn a_rejected_award_leaves_room_for_a_smaller_one_and_says_why() {
    let budget = json!([{"per": "campaign", "points": 100, "over": "reject"}]);
    let mut journal = limited(&budget, &json!([]), &json!([]));
    assert_eq!(journal.earns(60), "base=60 two=60");
    let outcome = journal.buy(json!({"lines": [{"amount": 41}]}));
    assert_eq!(granted(&outcome), "base=0/41");
    let reasons: Vec<_> = outcome.explanation.iter().map(|part| part.reason).collect();
    assert_eq!(
        reasons,
        [Some(Reason::LimitReached), Some(Reason::NoBasePoints)]
    );
    assert_eq!(journal.earns(40), "base=40 two=40");
    assert_eq!(journal.other().earns(1), "base=0");
}

#[test]
fn a_week_goes_on_over_the_end_of_the_year_and_ends_at_the_cut_over() {
    for (cutover, per, at, expected) in [
        (0, "member_week", "2027-01-03T23:59:59.999999999", 20),
        (0, "member_week", "2027-01-04T00:00:00", 80),
        (5, "member_week", "2027-01-04T04:59:59.999999999", 20),
        (5, "member_week", "2027-01-04T05:00:00", 80),
        (0, "member_month", "2026-12-31T23:59:59", 20),
        (0, "member_month", "2027-01-01T00:00:00", 80),
        (5, "member_year", "2027-01-01T04:59:59", 20),
        (5, "member_year", "2027-01-01T05:00:00", 80),
    ] {
        let limits = json!([{"per": per, "points": 100}]);
        let one = with(
            rule("base", super::settings::per(1, 1)),
            json!({"limits": limits}),
        );
        let mut catalog = catalog(&program(&json!({}), &[one], &[]));
        catalog.settings.cutover = time(cutover, 0, 0, 0);
        let mut journal = Journal::new(catalog);
        // A Monday, whose ISO week is the last of its year.
        assert_eq!(journal.earns_at("2026-12-28T05:00:00+09:00", 80), "base=80");
        let found = journal.earns_at(&format!("{at}+09:00"), 80);
        assert_eq!(found, format!("base={expected}"), "{cutover} {per} {at}");
    }
}

#[test]
fn exact_multiplies_what_the_limit_left_and_limits_what_it_gives() {
    let limits = |points: i64| json!({"limits": [{"per": "receipt", "points": points}]});
    let earning = json!({"multiply": "exact"});
    for (base, half, third, expected) in [
        // 1,999 × 1.75 / 100 = 34: 15 above, in parts of a half and a quarter.
        (100, 100, 100, "base=19/19 half=10/10 third=5/5"),
        (100, 9, 100, "base=19/19 half=9/10 third=5/5"),
        // 15 × 1.75 = 26: 11 above.
        (15, 100, 100, "base=15/19 half=7/7 third=4/4"),
        (15, 7, 3, "base=15/19 half=7/7 third=3/4"),
        (1, 100, 100, "base=1/19"),
    ] {
        let rules = [with(rule("base", per(100, 1)), limits(base))];
        let bonuses = [
            with(times("half", "1.5"), limits(half)),
            with(times("third", "1.25"), limits(third)),
        ];
        let mut journal = Journal::new(catalog(&program(&earning, &rules, &bonuses)));
        let outcome = journal.buy(json!({"lines": [{"amount": 1_999}]}));
        assert_eq!(granted(&outcome), expected, "{base} {half} {third}");
    }
}

/// Points per unit of money of what 100 points leave of these lines.
fn after_points(paid_as: PointsPaidAs, lines: &Value) -> String {
    let mut catalog = catalog(&program(&json!({}), &[rule("base", per(1, 1))], &[]));
    catalog.settings.points_paid_as = paid_as;
    let parts = json!({"lines": lines, "member": {"card": "1"},
        "redeem": [{"wallet": "points", "points": 100}]});
    let member = member_with(&[(100, None)]);
    earned(&told(&catalog, Some(&member), &purchase(receipt(parts))).unwrap())
}

#[test]
fn what_points_paid_lies_on_all_lines_in_proportion_ties_to_the_earlier() {
    let line = |amount: i64, percent: &str, excluded: bool| json!({"amount": amount, "tax_percent": percent, "points_excluded": excluded});
    for (lines, expected) in [
        // 66⅔ and 33⅓: the larger remainder takes the rest.
        (json!([line(1_000, "10", false), line(500, "8", true)]), 933),
        (json!([line(1_000, "10", true), line(500, "8", false)]), 467),
        // Three equal parts of 33⅓: the first line pays 34.
        (
            json!([
                line(100, "8", false),
                line(100, "8", true),
                line(100, "10", true)
            ]),
            66,
        ),
        (
            json!([
                line(100, "8", true),
                line(100, "8", false),
                line(100, "10", true)
            ]),
            67,
        ),
        (
            json!([
                line(100, "8", true),
                line(100, "8", true),
                line(100, "10", false)
            ]),
            67,
        ),
        // What is below zero carries none of it.
        (
            json!([
                line(-50, "8", true),
                line(100, "8", false),
                line(100, "8", true)
            ]),
            50,
        ),
    ] {
        for paid_as in [PointsPaidAs::Tender, PointsPaidAs::Discount] {
            let found = after_points(paid_as, &lines);
            assert_eq!(found, format!("base={expected}"), "{paid_as:?} {lines}");
        }
    }
}

#[test]
fn a_line_below_zero_takes_from_what_is_rounded_with_it_and_from_nothing_else() {
    let line = |amount: i64, percent: &str, quantity: i64| {
        json!({"amount": amount, "tax_percent": percent, "quantity": quantity,
        "category": if amount < 0 { "coupon" } else { "food" }})
    };
    for (granularity, lines, expected) in [
        (
            "rule",
            json!([line(1_000, "8", 2), line(-550, "8", 1)]),
            "base=4 two=4 food=4",
        ),
        (
            "tax_rate",
            json!([line(1_000, "8", 2), line(-550, "8", 1)]),
            "base=4 two=4 food=4",
        ),
        (
            "tax_rate",
            json!([line(1_000, "8", 2), line(-550, "10", 1)]),
            "base=10 two=10 food=10",
        ),
        (
            "line",
            json!([line(1_000, "8", 2), line(-550, "8", 1)]),
            "base=10 two=10 food=10",
        ),
        (
            "unit",
            json!([line(1_100, "8", 2), line(-550, "8", 5)]),
            "base=10 two=10 food=10",
        ),
        ("rule", json!([line(550, "8", 1), line(-550, "8", 1)]), ""),
    ] {
        let food = with(
            times("food", "2"),
            json!({"when": {"categories": ["food"]}}),
        );
        let earning = json!({"granularity": granularity});
        let program = program(
            &earning,
            &[rule("base", per(100, 1))],
            &[times("two", "2"), food],
        );
        super::settings::check(&program, lines, expected);
    }
}

fn marginal(window: &Value) -> Journal {
    let tiers = json!([{"from": 0, "amount": 100, "points": 1},
        {"from": 10_000, "amount": 100, "points": 2}]);
    let award = json!({"type": "tiered", "by": "period_spend", "mode": "marginal",
        "window": window, "tiers": tiers});
    Journal::new(catalog(&program(&json!({}), &[rule("base", award)], &[])))
}

#[test]
fn slices_begin_where_the_window_of_the_receipts_own_date_stands() {
    let month = json!({"type": "calendar_month"});
    let days = json!({"type": "rolling_days", "days": 2});
    for (window, before, at, expected) in [
        (
            &month,
            date(2026, 10, 31),
            "2026-11-01T00:00:00+09:00",
            "base=10",
        ),
        (
            &month,
            date(2026, 11, 1),
            "2026-11-01T00:00:00+09:00",
            "base=15",
        ),
        (
            &month,
            date(2026, 11, 1),
            "2026-10-31T23:59:59+09:00",
            "base=10",
        ),
        (
            &month,
            date(2026, 10, 1),
            "2026-10-31T23:59:59+09:00",
            "base=15",
        ),
        (
            &days,
            date(2026, 11, 9),
            "2026-11-10T00:00:00+09:00",
            "base=15",
        ),
        (
            &days,
            date(2026, 11, 9),
            "2026-11-11T00:00:00+09:00",
            "base=10",
        ),
        (
            &days,
            date(2026, 11, 10),
            "2026-11-09T23:59:59+09:00",
            "base=10",
        ),
    ] {
        let mut journal = marginal(window);
        journal.spent(before, 9_500);
        assert_eq!(
            journal.earns_at(at, 1_000),
            expected,
            "{window} {before} {at}"
        );
    }
}

#[test]
fn a_late_receipt_never_judges_again_what_was_recorded_before() {
    let mut journal = marginal(&json!({"type": "calendar_month"}));
    assert_eq!(
        journal.earns_at("2026-11-20T12:00:00+09:00", 9_500),
        "base=95"
    );
    // The day before: it sees only what its own date and earlier ones hold, which is nothing.
    assert_eq!(
        journal.earns_at("2026-11-19T12:00:00+09:00", 1_000),
        "base=10"
    );
    let held = |journal: &Journal| journal.member.wallets["points"].available.get();
    assert_eq!(held(&journal), 105);
    // Both count for the next: 10,500 lie before it.
    assert_eq!(
        journal.earns_at("2026-11-21T09:00:00+09:00", 1_000),
        "base=20"
    );
}

/// A tenant in Tokyo with a store in New York; days begin at five.
fn two_zones() -> Catalog {
    let fires = with(
        rule("base", per(1, 1)),
        json!({"when": {"dates": ["2026-03-08", "2026-11-01", "2026-11-21"]}}),
    );
    let mut document = program(&json!({}), &[fires], &[]);
    document["wallets"][0]["expiry"] = json!({"type": "after", "days": 1});
    let mut catalog = catalog(&document);
    catalog.settings.cutover = Time::constant(5, 0, 0, 0);
    let store = catalog.stores.get_mut("ueno").unwrap();
    store.time_zone = Some(TimeZone::get("America/New_York").unwrap());
    catalog
}

#[test]
fn around_the_cut_over_the_store_has_its_date_and_the_member_the_tenants() {
    let catalog = two_zones();
    let day = |month: i8, day: i8| date(2026, month, day);
    for (at_text, of_store, of_tenant) in [
        ("2026-11-21T09:59:59.999999999Z", day(11, 20), day(11, 21)),
        ("2026-11-21T10:00:00Z", day(11, 21), day(11, 21)),
        ("2026-11-20T19:59:59.999999999Z", day(11, 20), day(11, 20)),
        ("2026-11-20T20:00:00Z", day(11, 20), day(11, 21)),
        // New York's clocks go forward on 8 March and back on 1 November.
        ("2026-03-08T08:59:59.999999999Z", day(3, 7), day(3, 8)),
        ("2026-03-08T09:00:00Z", day(3, 8), day(3, 8)),
        ("2026-11-01T09:59:59.999999999Z", day(10, 31), day(11, 1)),
        ("2026-11-01T10:00:00Z", day(11, 1), day(11, 1)),
    ] {
        let parts = json!({"store": "ueno", "occurred_at": at_text, "lines": [{"amount": 7}]});
        let command = purchase(receipt(parts));
        let decision = decide(&catalog, Some(&member()), &command, at(at_text)).unwrap();
        let crate::decide::Outcome::Purchase(outcome) = decision.outcome else {
            panic!("a receipt is a purchase");
        };
        let counted = decision.transaction.unwrap().day.unwrap();
        let dates = (outcome.business_date, counted.business_date);
        assert_eq!(dates, (of_store, of_tenant), "{at_text}");
        let fires = [day(3, 8), day(11, 1), day(11, 21)].contains(&of_store);
        assert_eq!(
            earned(&outcome),
            if fires { "base=7" } else { "" },
            "{at_text}"
        );
        let ends = outcome.earned.first().and_then(|part| part.expires_at);
        assert_eq!(ends, fires.then(|| second_end(of_tenant)), "{at_text}");
    }
}

/// When Tokyo's day after this one ends: at 20:00 UTC of that day.
fn second_end(on: Date) -> jiff::Timestamp {
    let next = on.tomorrow().unwrap();
    let end = next.to_datetime(time(20, 0, 0, 0));
    end.to_zoned(TimeZone::UTC).unwrap().timestamp()
}
