//! Limits and windows over HTTP: exact however many tills, nodes and batches there are.

use serde_json::{Value, json};

use crate::books;
use crate::harness::call::{Answer, Api};
use crate::harness::tenant::{Spec, unique};
use crate::harness::{Node, TestTenant, block_on, node};

/// A point per 100, under these limits.
fn limited(limits: &Value) -> Value {
    json!({
        "wallets": [{"code": "points", "name": "Points"}],
        "earn_rules": [{"code": "base", "wallet": "points", "limits": limits,
            "award": {"type": "per_amount", "amount": 100, "points": 1}}]
    })
}

fn first_award(answer: &Answer) -> (i64, i64) {
    let award = &answer.json["earned"][0];
    (
        award["points"].as_i64().unwrap(),
        award["wanted"].as_i64().unwrap(),
    )
}

/// Receipts of the same amount, each under a number and key of its own, at nodes in turn.
fn calls(
    tenant: &TestTenant,
    nodes: &[&str],
    members: &[String],
    count: usize,
    amount: i64,
) -> Vec<(Api, String, Value)> {
    (0..count)
        .map(|number| {
            let member = &members[number % members.len()];
            let receipt = tenant.receipt(member, &unique(), amount);
            (
                tenant.api.at(nodes[number % nodes.len()]),
                unique(),
                receipt,
            )
        })
        .collect()
}

#[test]
fn a_campaign_never_grants_more_than_its_budget() {
    block_on(async {
        let other = Node::start(node().cluster).await;
        let nodes = [node().base.as_str(), other.base.as_str()];
        // Several times: the first award makes the budget's row, and both nodes may try to.
        for _ in 0..5 {
            let limits = json!([{"per": "campaign", "points": 100}]);
            let tenant = TestTenant::with_program(limited(&limits)).await;
            let members = [tenant.member().await, tenant.member().await];
            let calls = calls(&tenant, &nodes, &members, 2, 6_000);
            let answers = books::at_once("/v1/purchases", calls).await;
            let mut awards: Vec<(i64, i64)> = answers
                .into_iter()
                .map(|answer| first_award(&answer.expect(201)))
                .collect();
            awards.sort_unstable();
            assert_eq!(awards, [(40, 60), (60, 60)]);
            let late = tenant.receipt(&members[0], "late", 6_000);
            let quote = tenant.api.post("/v1/quotes", &late).await.expect(200);
            assert_eq!(first_award(&quote), (0, 60));
            assert_eq!(first_award(&tenant.buy(&late).await.expect(201)), (0, 60));
            books::hold(node().cluster, tenant.number).await;
        }
        other.server.stop().await;
    });
}

#[test]
fn a_member_never_gets_more_than_a_days_limit() {
    block_on(async {
        let other = Node::start(node().cluster).await;
        let nodes = [node().base.as_str(), other.base.as_str()];
        let limits =
            json!([{"per": "member_day", "points": 100}, {"per": "member_day", "times": 20}]);
        let tenant = TestTenant::with_program(limited(&limits)).await;
        let members = [tenant.member().await];
        let calls = calls(&tenant, &nodes, &members, 50, 700);
        let answers = books::at_once("/v1/purchases", calls).await;
        let awards: Vec<i64> = answers
            .into_iter()
            .map(|answer| first_award(&answer.expect(201)).0)
            .collect();
        assert_eq!(awards.iter().sum::<i64>(), 100, "{awards:?}");
        assert_eq!(awards.iter().filter(|points| **points == 7).count(), 14);
        assert_eq!(awards.iter().filter(|points| **points == 2).count(), 1);
        assert_eq!(tenant.available(&members[0]).await, 100);
        // The next business day begins at 05:00.
        let mut next = tenant.receipt(&members[0], "next", 700);
        next["occurred_at"] = json!("2026-11-22T04:59:59+09:00");
        assert_eq!(first_award(&tenant.buy(&next).await.expect(201)).0, 0);
        next["receipt_number"] = json!("after");
        next["occurred_at"] = json!("2026-11-22T05:00:00+09:00");
        assert_eq!(first_award(&tenant.buy(&next).await.expect(201)).0, 7);
        books::hold(node().cluster, tenant.number).await;
        other.server.stop().await;
    });
}

/// Everything that looks back, in one program.
fn looking_back() -> Value {
    let windows = json!([
        {"type": "lifetime"}, {"type": "calendar_month"}, {"type": "calendar_quarter"},
        {"type": "calendar_half"}, {"type": "calendar_year"}, {"type": "rolling_days", "days": 30},
        {"type": "rolling_months", "months": 2}, {"type": "anniversary_year"},
        {"type": "since_enrolment"}
    ]);
    let windows = windows.as_array().unwrap().iter().enumerate();
    let mut rules: Vec<Value> = windows
        .map(|(index, window)| {
            let by = if index % 2 == 0 { "period_spend" } else { "period_visits" };
            json!({"code": format!("window-{index}"), "wallet": "points", "award": {
                "type": "tiered", "by": by, "window": window, "mode": "whole",
                "includes_this_receipt": index % 3 == 0,
                "tiers": [{"from": 0, "amount": 100, "points": 1}, {"from": 4, "amount": 100, "points": 2},
                    {"from": 5_000, "amount": 100, "points": 3}]
            }})
        })
        .collect();
    let pers = [
        "receipt",
        "member_day",
        "member_week",
        "member_month",
        "member_year",
        "member",
        "campaign",
    ];
    for (index, per) in pers.iter().enumerate() {
        rules.push(json!({"code": format!("limit-{per}"), "wallet": "points",
            "limits": [{"per": per, "points": 40 + 30 * index, "over": "cut"}, {"per": per, "times": 3 + 4 * index, "over": "reject"}],
            "award": {"type": "per_amount", "amount": 100, "points": 1}}));
    }
    for (code, when) in [
        ("first", json!({"first_purchase": true})),
        ("fourth", json!({"nth_visit": 4})),
        ("back", json!({"days_since_last_visit_min": 10})),
        ("new", json!({"days_since_enrolment_max": 30})),
        ("birthday", json!({"birthday": {"within_days": 3}})),
        ("student", json!({"attributes": {"kind": ["student"]}})),
    ] {
        rules.push(json!({"code": code, "wallet": "points", "when": when, "award": {"type": "fixed", "points": 5}}));
    }
    json!({
        "wallets": [{"code": "points", "name": "Points", "limits": [{"per": "member", "points": 100_000}]}],
        "earn_rules": rules,
        "bonuses": [{"code": "double", "wallet": "points", "effect": {"type": "multiplier", "times": "2"},
            "limits": [{"per": "member_month", "points": 60}, {"per": "campaign", "points": 300}]}]
    })
}

/// Two members, some of whose receipts come late.
async fn receipts(tenant: &TestTenant) -> Vec<Value> {
    let mut members = Vec::new();
    for fields in [
        json!({"enrolled_at": "2026-03-15T00:00:00Z", "birth_date": "2000-05-02", "attributes": {"kind": "student"}}),
        json!({"enrolled_at": "2026-02-28T12:00:00Z", "attributes": {"kind": "other"}}),
    ] {
        members.push(tenant.enrol(&fields).await);
    }
    let days = [
        "03-20", "03-20", "04-01", "05-01", "05-05", "05-06", "04-30", "07-01", "07-02", "07-15",
        "03-19", "10-31",
    ];
    let receipt = |(index, day): (usize, &&str)| {
        let amount = i64::try_from(700 + 331 * index).unwrap();
        let mut receipt = tenant.receipt(&members[index % 2], &format!("b{index}"), amount);
        receipt["occurred_at"] = json!(format!("2026-{day}T12:00:00+09:00"));
        receipt
    };
    let twice = days.iter().chain(&days).enumerate();
    twice.map(receipt).collect()
}

fn compared(purchase: &Value) -> Vec<Value> {
    let parts = [
        "earned",
        "explanation",
        "amounts",
        "balances",
        "version",
        "business_date",
    ];
    parts.iter().map(|part| purchase[*part].clone()).collect()
}

#[test]
fn a_batch_looks_back_as_receipts_one_by_one_do() {
    block_on(async {
        let spec = || Spec {
            program: Some(looking_back()),
            ..Spec::default()
        };
        let (batch, alone) = (
            TestTenant::with(spec()).await,
            TestTenant::with(spec()).await,
        );
        let body = json!({"purchases": receipts(&batch).await});
        let together = batch.api.keyed("/v1/purchases/batch", "all", &body).await;
        let together = together.expect(200);
        let mut fired = std::collections::BTreeSet::new();
        for (index, receipt) in receipts(&alone).await.iter().enumerate() {
            let quote = alone.api.post("/v1/quotes", receipt).await.expect(200);
            let one = alone.buy(receipt).await.expect(201);
            for part in ["earned", "explanation", "balances"] {
                assert_eq!(quote.json[part], one.json[part], "{part} of quote {index}");
            }
            let result = &together.json["results"][index];
            assert_eq!(result["status"], json!(201), "{result}");
            assert_eq!(
                compared(&result["purchase"]),
                compared(&one.json),
                "receipt {index}"
            );
            for award in one.json["earned"].as_array().unwrap() {
                fired.insert(award["rule"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(
            fired.len(),
            9 + 7 + 6 + 1,
            "every rule had its turn: {fired:?}"
        );
        for tenant in [&batch, &alone] {
            books::hold(node().cluster, tenant.number).await;
        }
    });
}
