//! The largest programs and receipts that are taken must not cost more than a moment: what is
//! slow here keeps other tenants waiting.

use super::{NOW, at, catalog, decide, member, quote, receipt};
use crate::receipt::MAX_LINES;
use serde_json::{Value, json};
use std::time::Duration;

/// Far above what it takes without optimisation, far below what an extra factor of a hundred
/// would make of it.
const LONGEST: Duration = Duration::from_secs(10);
const RULES: usize = 250;

/// The processor's time that this thread took so far, which does not depend on who else runs.
fn spent() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = told.split_whitespace().next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}

/// Every line in three nested categories of its own.
fn lines() -> Value {
    let line = |number: usize| {
        let (group, amount) = (number % 50, number.saturating_add(1_000));
        let tax_percent = format!("0.{number:04}");
        json!({"sku": format!("s{number}"), "category": format!("all/g{group}/c{number}"),
            "quantity": 3, "amount": amount, "tax_percent": tax_percent})
    };
    (0..MAX_LINES).map(line).collect()
}

/// A fifth of the lines, other ones for each number: a body of a megabyte has room for no more.
fn some(number: usize) -> Value {
    let is_one = |line: &usize| {
        let step = number.saturating_mul(2).saturating_add(1);
        let mixed = line.saturating_mul(step).saturating_add(number) % 521;
        mixed.is_multiple_of(5)
    };
    let skus = (0..MAX_LINES).filter(is_one);
    let skus: Vec<String> = skus.map(|line| format!("s{line}")).collect();
    json!({"skus": skus})
}

fn whole(_number: usize) -> Value {
    json!({"categories": ["all"]})
}

fn group(number: usize) -> Value {
    json!({"categories": [format!("all/g{}", number % 50)]})
}

fn percent(_number: usize) -> Value {
    json!({"type": "percent", "percent": "33.3333"})
}

fn blocks(number: usize) -> Value {
    let amount = number.saturating_add(100);
    json!({"type": "per_amount", "amount": amount, "points": 1})
}

/// Half of the rules give base points, the other half multiply them.
struct Bomb {
    name: &'static str,
    earning: Value,
    award: fn(usize) -> Value,
    rules: fn(usize) -> Value,
    bonuses: fn(usize) -> Value,
    times: &'static str,
}

impl Bomb {
    fn program(&self) -> Value {
        let rule = |number| {
            json!({"code": format!("r{number}"), "wallet": "points", "award": (self.award)(number),
                "when": (self.rules)(number)})
        };
        let bonus = |number| {
            json!({"code": format!("b{number}"), "wallet": "points", "when": (self.bonuses)(number),
                "effect": {"type": "multiplier", "times": self.times}})
        };
        json!({
            "wallets": [{"code": "points", "name": "Points"}],
            "earning": self.earning,
            "earn_rules": (0..RULES).map(rule).collect::<Vec<_>>(),
            "bonuses": (0..RULES).map(bonus).collect::<Vec<_>>(),
        })
    }
}

#[test]
fn the_largest_program_judges_the_largest_receipt_in_a_moment() {
    let bomb = |name, earning| Bomb {
        name,
        earning,
        award: percent,
        rules: some,
        bonuses: some,
        times: "1.5",
    };
    let bombs = [
        bomb("sum", json!({})),
        bomb("sum by line", json!({"granularity": "line"})),
        bomb("sum by piece", json!({"granularity": "unit"})),
        bomb("sum by rate", json!({"granularity": "tax_rate"})),
        bomb("exact", json!({"multiply": "exact"})),
        bomb(
            "exact by line",
            json!({"multiply": "exact", "granularity": "line"}),
        ),
        bomb("best by line", json!({"bonus_combine": "best"})),
        bomb("newest by line", json!({"bonus_combine": "newest"})),
        Bomb {
            award: blocks,
            ..bomb("blocks", json!({}))
        },
        Bomb {
            rules: whole,
            bonuses: group,
            ..bomb("groups", json!({"granularity": "unit"}))
        },
        Bomb {
            rules: whole,
            bonuses: group,
            ..bomb(
                "product",
                json!({"bonus_combine": "stack_product", "granularity": "line"}),
            )
        },
        Bomb {
            bonuses: |_| json!({}),
            ..bomb("best", json!({"bonus_combine": "best"}))
        },
        Bomb {
            bonuses: |_| json!({}),
            ..bomb(
                "exact best",
                json!({"bonus_combine": "best", "multiply": "exact"}),
            )
        },
    ];
    let receipt = receipt(json!({"lines": lines()}));
    let mut slow = Vec::new();
    for bomb in bombs {
        let catalog = catalog(&bomb.program());
        let started = spent();
        let decision = decide(&catalog, Some(&member()), &quote(receipt.clone()), at(NOW));
        let took = spent() - started;
        assert!(decision.is_ok(), "{}: {decision:?}", bomb.name);
        if took > LONGEST {
            slow.push((bomb.name, took));
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}

/// Times that are rare, never, or only looked for in vain, each as long as it may be.
#[test]
fn a_program_of_rare_times_is_read_and_judged_in_a_moment() {
    let rules = [
        "FREQ=YEARLY;INTERVAL=1000",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYDAY=53MO;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYDAY=-5MO;BYMONTHDAY=20",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2;COUNT=1000",
        "FREQ=DAILY;INTERVAL=1000;COUNT=1000",
        "FREQ=WEEKLY;INTERVAL=1000;BYDAY=SU",
    ];
    let bonus = |number: usize| {
        let rule = rules[number % rules.len()];
        let rrule = format!("DTSTART:20200106T235959\nDURATION:P31D\nRRULE:{rule}");
        json!({"code": format!("b{number}"), "wallet": "points",
            "effect": {"type": "add", "points": 1}, "when": {"rrule": rrule}})
    };
    let mut program = super::base_program();
    program["bonuses"] = (1..1_000).map(bonus).collect();
    let started = spent();
    let parsed = crate::program::Program::parse(&program, &std::collections::BTreeSet::new());
    let (_, warnings) = parsed.unwrap();
    assert!(!warnings.is_empty());
    let read = spent() - started;
    let catalog = catalog(&program);
    let started = spent();
    let receipt = receipt(json!({"lines": [{"amount": 100}]}));
    let decision = decide(&catalog, Some(&member()), &quote(receipt), at(NOW));
    assert!(decision.is_ok(), "{decision:?}");
    let judged = spent() - started;
    assert!(read < LONGEST && judged < LONGEST, "{read:?} {judged:?}");
}
