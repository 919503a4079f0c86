//! `buy(A + B)` and `return(B)` leave what a quote of `A` said before, under programs that nobody thought of.

use serde_json::{Value, json};

use super::Dice;
use crate::books;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{Answer, TestTenant, block_on, node};

const PROGRAMS: u64 = 10;
const RECEIPTS: usize = 12;

/// Points of the member's only wallet, less what is owed.
fn held(answer: &Answer) -> i64 {
    let wallet = &answer.json["balances"][0];
    let part = |name: &str| wallet[name].as_i64().unwrap();
    part("available") + part("pending") - part("deficit")
}

fn granted(answer: &Answer) -> i64 {
    let earned = answer.json["earned"].as_array().unwrap();
    earned
        .iter()
        .map(|part| part["points"].as_i64().unwrap())
        .sum()
}

fn money(answer: &Answer, pointer: &str) -> i64 {
    answer.json.pointer(pointer).unwrap().as_i64().unwrap()
}

/// Whether it could be compared.
async fn part_comes_back(tenant: &TestTenant, dice: &mut Dice, sent: Value) -> bool {
    let mut both = sent.clone();
    both["lines"].as_array_mut().unwrap().push(dice.line());
    let only = tenant.api.post("/v1/quotes", &sent).await;
    let bought = tenant.buy(&both).await;
    if only.status != 200 || bought.status != 201 {
        return false;
    }
    let last = both["lines"].as_array().unwrap().len() - 1;
    let path = format!("/v1/purchases/{}/returns", bought.text("/id"));
    let body = json!({"lines": [{"line": last}]});
    let back = tenant.api.keyed(&path, &unique(), &body).await.expect(201);
    let paid = "/amounts/points_paid";
    let total = "/amounts/total";
    let is_less = granted(&only) <= granted(&bought)
        && money(&only, total) <= money(&bought, total)
        && money(&only, paid) == money(&bought, paid);
    if is_less {
        assert_eq!(held(&back), held(&only), "{both}\n{}", back.json);
        let due = money(&bought, total) - money(&only, total);
        assert_eq!(money(&back, "/refunded/amount"), due, "{both}");
    }
    if dice.below(3) == 0 {
        let path = format!("/v1/purchases/{}/void", bought.text("/id"));
        let void = tenant.api.keyed(&path, &unique(), &json!({})).await;
        let refunded = money(&void.expect(200), "/refunded/amount");
        let sum = money(&back, "/refunded/amount") + refunded;
        assert_eq!(sum, money(&bought, total));
    }
    is_less
}

#[test]
fn what_is_left_is_worth_what_a_quote_of_it_said() {
    block_on(async {
        let mut compared = 0;
        for seed in 0..PROGRAMS {
            let mut dice = Dice(1_000 + seed);
            let program = Some(dice.program());
            let spec = Spec {
                program,
                ..Spec::default()
            };
            let tenant = TestTenant::with(spec).await;
            let fields = json!({"enrolled_at": "2026-01-01T00:00:00Z"});
            let members = [tenant.enrol(&fields).await, tenant.enrol(&fields).await];
            for number in 0..RECEIPTS {
                let sent = dice.receipt(&members, number);
                compared += usize::from(part_comes_back(&tenant, &mut dice, sent).await);
            }
            books::hold(node().cluster, tenant.number).await;
        }
        assert!(compared > 40, "only {compared} could be compared");
    });
}
