//! Changes as a shop manager reads them, and that the walk misses and invents nothing.

mod discounts;
mod ranks;
mod recurrence;
mod windows;

use std::fmt::Write;

use serde_json::{Value, json};

use super::ChangeKind;
use super::changes::{Change, changes};
use super::words::Words;
use crate::language::Language;
use crate::money::Currency;

fn program() -> Value {
    json!({
        "wallets": [{"code": "points", "name": "ポイント",
            "expiry": {"type": "end_of_month", "months": 12},
            "redemption": {"minimum": 100, "step": 100}}],
        "earning": {"rounding": "floor"},
        "earn_rules": [
            {"code": "base", "wallet": "points",
                "award": {"type": "per_amount", "amount": 100, "points": 1}},
            {"code": "visit", "wallet": "points", "award": {"type": "fixed", "points": 5}}],
        "bonuses": [{"code": "five-times-day", "wallet": "points",
            "effect": {"type": "multiplier", "times": "5"},
            "when": {"days_of_month": [5, 15, 25], "stores": ["shibuya"]},
            "limits": [{"per": "receipt", "points": 500}]}],
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut document = program();
    change(&mut document);
    document
}

fn evening() -> Value {
    json!({"code": "evening", "wallet": "points",
        "effect": {"type": "add_per_amount", "amount": 100, "points": 4},
        "when": {"weekdays": ["mon", "tue"], "hours": {"from": "18:00", "to": "20:00"},
            "minimum_amount": 3000}})
}

/// What was done, and the document afterwards.
fn twelve() -> Vec<(&'static str, Value)> {
    let tiers = json!({"type": "tiered", "by": "receipt_amount", "mode": "marginal", "tiers": [
        {"from": 0, "amount": 100, "points": 1}, {"from": 5000, "amount": 100, "points": 2}]});
    vec![
        (
            "award",
            changed(|p| p["earn_rules"][0]["award"]["points"] = json!(2)),
        ),
        (
            "award of another kind",
            changed(|p| p["earn_rules"][0]["award"] = tiers),
        ),
        (
            "multiplier",
            changed(|p| p["bonuses"][0]["effect"]["times"] = json!("3")),
        ),
        (
            "days",
            changed(|p| p["bonuses"][0]["when"]["days_of_month"] = json!([5, 20])),
        ),
        (
            "last day",
            changed(|p| p["bonuses"][0]["when"]["to"] = json!("2026-12-31")),
        ),
        (
            "every store",
            changed(|p| {
                p["bonuses"][0]["when"]
                    .as_object_mut()
                    .unwrap()
                    .remove("stores");
            }),
        ),
        (
            "new bonus",
            changed(|p| p["bonuses"].as_array_mut().unwrap().push(evening())),
        ),
        (
            "removed rule",
            changed(|p| {
                p["earn_rules"].as_array_mut().unwrap().remove(1);
            }),
        ),
        (
            "expiry and steps",
            changed(|p| {
                p["wallets"][0]["expiry"] = json!({"type": "after", "years": 1});
                p["wallets"][0]["redemption"]["step"] = json!(500);
            }),
        ),
        (
            "limits",
            changed(|p| {
                p["bonuses"][0]["limits"] = json!([{"per": "receipt", "points": 1000},
                {"per": "member_month", "points": 3000, "times": 3}]);
            }),
        ),
        (
            "order",
            changed(|p| p["earn_rules"].as_array_mut().unwrap().reverse()),
        ),
        (
            "rounding and basis",
            changed(|p| {
                p["earning"] =
                    json!({"rounding": "half_up", "basis": {"after_points_paid": false}});
            }),
        ),
    ]
}

fn words(language: Language) -> Words {
    Words {
        language,
        currency: Currency::new("JPY"),
    }
}

/// Every change of every case in both languages.
fn told(before: &Value, cases: Vec<(&str, Value)>) -> String {
    let mut told = String::new();
    for (name, after) in cases {
        writeln!(told, "# {name}").unwrap();
        for change in changes(before, &after) {
            let [english, japanese] = [Language::English, Language::Japanese]
                .map(|language| words(language).sentence(&change));
            writeln!(told, "{}\n    {english}\n    {japanese}", change.pointer).unwrap();
        }
    }
    told
}

#[test]
fn twelve_changes_in_words() {
    insta::assert_snapshot!(told(&program(), twelve()));
}

#[test]
fn equal_programs_do_not_differ() {
    assert_eq!(changes(&program(), &program()), []);
    // Nothing and an empty thing are the same.
    let empty = changed(|p| {
        p["discounts"] = json!([]);
        p["earn_rules"][0]["when"] = json!({});
        p["earning"]["basis"] = Value::Null;
    });
    assert_eq!(changes(&program(), &empty), []);
}

#[test]
fn before_and_after_stand_at_their_pointers() {
    let suites = [
        (program(), twelve()),
        (discounts::program(), discounts::cases()),
        (ranks::program(), ranks::cases()),
    ];
    for (before, cases) in suites {
        for (name, after) in cases {
            stands_at_its_pointers(name, &before, &after);
        }
    }
}

fn stands_at_its_pointers(name: &str, before: &Value, after: &Value) {
    let found = changes(before, after);
    assert!(!found.is_empty(), "{name}");
    for change in found
        .iter()
        .filter(|change| change.kind != ChangeKind::Moved)
    {
        let (document, stands) = if change.kind == ChangeKind::Removed {
            (before, &change.before)
        } else {
            (after, &change.after)
        };
        // What is gone from an entry is named where it would stand now.
        if change.kind != ChangeKind::Removed || change.field.is_none() {
            let at = document.pointer(&change.pointer);
            assert_eq!(at, stands.as_ref(), "{name}");
        }
        assert_ne!(change.before, change.after, "{name}");
    }
    // Turned around, what was added is gone and the other way about.
    let kinds = |changes: Vec<Change<'_>>, kind: ChangeKind| {
        changes.iter().filter(|change| change.kind == kind).count()
    };
    let back = changes(after, before);
    assert_eq!(back.len(), found.len(), "{name}");
    assert_eq!(
        kinds(back, ChangeKind::Added),
        kinds(found, ChangeKind::Removed),
        "{name}"
    );
}

#[test]
fn no_change_reads_as_if_nothing_had_happened() {
    let (before, after) = (program(), {
        changed(|p| p["bonuses"][0]["limits"][0]["over"] = json!("reject"))
    });
    let found = changes(&before, &after);
    assert_eq!(
        words(Language::English).sentence(&found[0]),
        "Bonus “five-times-day”: limits changed from “[{\"per\":\"receipt\",\"points\":500}]” to \
         “[{\"over\":\"reject\",\"per\":\"receipt\",\"points\":500}]”"
    );
}
