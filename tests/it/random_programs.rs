//! Programs that nobody thought of: whatever validation accepts must judge any receipt without a server
//! error and leave books that hold.

mod returns;

use serde_json::{Value, json};

use crate::books;
use crate::harness::tenant::Spec;
use crate::harness::{TestTenant, block_on, node};

const PROGRAMS: u64 = 12;
const RECEIPTS: usize = 40;
/// The long run: `cargo test -p tests --test it -- --ignored random_programs`.
const MANY_PROGRAMS: u64 = 200;
const MANY_RECEIPTS: usize = 500;

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one(&mut self, of: &[Value]) -> Value {
        let index = self.below(u64::try_from(of.len()).unwrap());
        of[usize::try_from(index).unwrap()].clone()
    }

    fn text(&mut self, of: &[&str]) -> Value {
        let of: Vec<Value> = of.iter().map(|text| json!(text)).collect();
        self.one(&of)
    }

    /// Some of these fields.
    fn some(&mut self, of: &[(&str, Value)]) -> Value {
        let mut fields = json!({});
        for (name, value) in of {
            if self.below(3) == 0 {
                fields[*name] = value.clone();
            }
        }
        fields
    }

    fn when(&mut self) -> Value {
        let (month, least, visit) = (1 + self.below(12), self.below(3_000), 1 + self.below(5));
        self.some(&[
            ("weekdays", json!(["mon", "thu", "sat"])),
            ("days_of_month", json!([1, 5, 15, 25])),
            ("categories", json!(["food"])),
            ("minimum_amount", json!(least)),
            ("hours", json!({"from": "22:00", "to": "12:30"})),
            ("from", json!(format!("2026-{month:02}-01"))),
            ("tenders", json!(["cash", "VISA"])),
            ("nth_visit", json!(visit)),
        ])
    }

    fn limits(&mut self) -> Value {
        let pers = [
            "receipt",
            "member_day",
            "member_week",
            "member_month",
            "member_year",
            "member",
            "campaign",
        ];
        let count = self.below(3);
        let limit = |dice: &mut Self| {
            let kind = ["points", "times"][usize::try_from(dice.below(2)).unwrap()];
            json!({"per": dice.text(&pers), kind: 1 + dice.below(200), "over": dice.text(&["cut", "reject"])})
        };
        (0..count).map(|_| limit(self)).collect()
    }

    fn window(&mut self) -> Value {
        self.one(&[
            json!({"type": "lifetime"}),
            json!({"type": "calendar_quarter"}),
            json!({"type": "rolling_days", "days": 90}),
            json!({"type": "rolling_months", "months": 3}),
            json!({"type": "anniversary_year"}),
        ])
    }

    fn award(&mut self) -> Value {
        let window = self.window();
        let amount = 1 + self.below(300);
        let tiers = json!([{"from": 0, "amount": amount, "points": 1}, {"from": 2_000, "amount": amount, "points": 3}]);
        let by = self.text(&["period_spend", "period_visits"]);
        let mode = self.text(&["whole", "marginal"]);
        self.one(&[
            json!({"type": "per_amount", "amount": amount, "points": 1, "blocks": "whole"}),
            json!({"type": "per_amount", "amount": amount, "points": 7, "blocks": "proportional"}),
            json!({"type": "fixed", "points": amount}),
            json!({"type": "per_item", "points": 2}),
            json!({"type": "percent", "percent": "1.25"}),
            json!({"type": "tiered", "by": "receipt_amount", "mode": mode, "tiers": tiers}),
            json!({"type": "tiered", "by": by, "window": window, "mode": "whole", "tiers": tiers}),
        ])
    }

    fn effect(&mut self) -> Value {
        self.one(&[
            json!({"type": "multiplier", "times": "2"}),
            json!({"type": "multiplier", "times": "1.3333"}),
            json!({"type": "add", "points": 11}),
            json!({"type": "add_per_amount", "amount": 130, "points": 4}),
        ])
    }

    fn program(&mut self) -> Value {
        let expiry = self.one(&[
            json!({"type": "never"}),
            json!({"type": "after", "days": 30}),
            json!({"type": "end_of_month", "months": 2}),
            json!({"type": "sliding", "days": 60, "reset_on": ["earn", "redeem"]}),
        ]);
        let activation = self.one(&[
            json!({"type": "immediate"}),
            json!({"type": "after_days", "days": 14}),
        ]);
        let earning = json!({
            "combine": self.text(&["sum", "best", "first"]),
            "rounding": self.text(&["floor", "half_up", "half_even", "ceil"]),
            "granularity": self.text(&["rule", "line", "unit", "tax_rate"]),
            "multiply": self.text(&["rounded", "exact"]),
            "bonus_combine": self.text(&["stack_sum", "stack_product", "best", "newest"]),
            "basis": {"tax": self.text(&["included", "excluded"])},
            "exclude": {"categories": ["tobacco"]},
        });
        let rules = (0..1 + self.below(4)).map(|number| {
            json!({"code": format!("rule-{number}"), "wallet": "points", "award": self.award(),
                "when": self.when(), "limits": self.limits()})
        });
        let rules: Vec<Value> = rules.collect();
        let bonuses = (0..self.below(4)).map(|number| {
            json!({"code": format!("bonus-{number}"), "wallet": "points", "effect": self.effect(),
                "when": self.when(), "limits": self.limits()})
        });
        let bonuses: Vec<Value> = bonuses.collect();
        let discounts: Vec<Value> = (0..self.below(5))
            .map(|number| self.discount(number))
            .collect();
        let prices = json!([{"sku": "1", "price": self.below(2_000)}, {"sku": "2", "price": 0}]);
        json!({
            "wallets": [{"code": "points", "name": "Points", "expiry": expiry, "activation": activation,
                "limits": self.limits()}],
            "earning": earning, "earn_rules": rules, "bonuses": bonuses, "discounts": discounts,
            "member_prices": self.one(&[json!([]), prices]),
        })
    }

    fn discount(&mut self, number: u64) -> Value {
        let percent = format!("{}.{}", self.below(40), 1 + self.below(9));
        let from = 1 + self.below(3_000);
        let tiers = json!([{"from": 0, "percent": percent}, {"from": from, "percent": "33.3333"}]);
        let climbing = json!({"type": "progressive", "tiers": tiers, "window": self.window(),
            "metric": self.text(&["spend", "gross_spend", "visits"]),
            "refresh": self.text(&["daily", "immediate"]),
            "mode": self.text(&["whole", "marginal"])});
        let mut discount = self.one(&[
            climbing,
            json!({"type": "percent", "percent": percent}),
            json!({"type": "fixed", "amount": from}),
            json!({"type": "rank"}),
        ]);
        let cap = 1 + self.below(500);
        let fields = self.some(&[
            ("stacking", json!("best")),
            ("stacking", json!("all")),
            ("stacking", json!("exclusive")),
            ("base", json!("initial")),
            ("cap", json!(cap)),
        ]);
        discount["code"] = json!(format!("discount-{number}"));
        discount["when"] = self.when();
        discount["rounding"] = self.text(&["floor", "half_up", "half_even", "ceil"]);
        for (name, value) in fields.as_object().unwrap() {
            discount[name] = value.clone();
        }
        discount
    }

    fn line(&mut self) -> Value {
        let category = self.text(&["food", "food/fresh", "wine", "tobacco"]);
        let quantity = self.one(&[json!(0), json!(1), json!(3), json!("0.345")]);
        json!({"sku": "1", "category": category, "quantity": quantity, "amount": self.below(4_000),
            "tax_percent": self.text(&["8", "10"])})
    }

    fn receipt(&mut self, members: &[String], number: usize) -> Value {
        let member = &members[number % members.len()];
        let (month, day, hour) = (1 + self.below(10), 1 + self.below(28), self.below(24));
        let lines: Vec<Value> = (0..1 + self.below(5)).map(|_| self.line()).collect();
        let mut receipt = json!({
            "store": "shibuya", "terminal": "pos-1", "receipt_number": format!("{number}"),
            "occurred_at": format!("2026-{month:02}-{day:02}T{hour:02}:30:00+09:00"),
            "member": {"id": member}, "lines": lines,
            "tenders": [{"type": "card", "brand": "VISA", "amount": 1}],
        });
        if self.below(5) == 0 {
            receipt["redeem"] = json!([{"wallet": "points", "points": 1 + self.below(3)}]);
        }
        receipt
    }
}

async fn judge(programs: u64, receipts: usize) {
    let mut accepted = 0;
    for seed in 0..programs {
        let mut dice = Dice(seed);
        let program = dice.program();
        let tenant = TestTenant::with(Spec {
            program: Some(program.clone()),
            ..Spec::default()
        })
        .await;
        let mut members = Vec::new();
        for _ in 0..4 {
            let fields = json!({"enrolled_at": "2026-01-01T00:00:00Z"});
            members.push(tenant.enrol(&fields).await);
        }
        let sent: Vec<Value> = (0..receipts)
            .map(|number| dice.receipt(&members, number))
            .collect();
        let body = json!({"purchases": sent});
        let answer = tenant.api.keyed("/v1/purchases/batch", "all", &body).await;
        for (receipt, result) in sent
            .iter()
            .zip(answer.expect(200).json["results"].as_array().unwrap())
        {
            let status = result["status"].as_u64().unwrap();
            assert!(
                [201, 409, 422].contains(&status),
                "seed {seed}: {result}\n{receipt}\n{program}"
            );
            accepted += usize::from(status == 201);
        }
        books::hold(node().cluster, tenant.number).await;
    }
    let all = usize::try_from(programs).unwrap() * receipts;
    assert!(accepted * 2 > all, "only {accepted} of {all} were recorded");
}

#[test]
fn programs_that_nobody_thought_of_judge_every_receipt() {
    block_on(judge(PROGRAMS, RECEIPTS));
}

#[test]
#[ignore = "takes minutes"]
fn hundreds_of_them_judge_thousands_of_receipts() {
    block_on(judge(MANY_PROGRAMS, MANY_RECEIPTS));
}
