//! The program that the receipts are judged by: twenty rules of every kind that retailers run at
//! the same time, a third of which look at some lines only. Whatever is added to programs later joins
//! it in `document`.

use serde_json::{Value, json};

/// The whole document.
pub(crate) fn document() -> Value {
    json!({
        "wallets": wallets(),
        // Points for what lines cost before discounts: what a discount takes off each line goes by the
        // largest remainder, which zen-engine has no words for.
        "earning": {"exclude": {"categories": ["services"]}, "bonus_combine": "stack_sum",
            "basis": {"after_discounts": false}},
        "ranks": ranks(),
        "earn_rules": earn_rules(),
        "bonuses": bonuses(),
        "discounts": discounts(),
    })
}

fn wallets() -> Value {
    json!([
        {"code": "points",
            "expiry": {"type": "after", "months": 12, "round_up": "month"},
            "redemption": {"minimum": 100, "step": 100},
            "limits": [{"per": "receipt", "points": 20_000}]},
        {"code": "stamps", "expiry": {"type": "end_of_month", "months": 6}},
    ])
}

/// A ladder of three steps.
fn ranks() -> Value {
    json!([
        {"code": "members", "window": {"type": "rolling_months", "months": 12},
            "downgrade": {"at": "month_start"}, "steps": [
                {"code": "bronze", "from": 0},
                {"code": "silver", "from": 200_000,
                    "earn_multiplier": "1.5", "discount_percent": "2"},
                {"code": "gold", "from": 500_000,
                    "earn_multiplier": "2", "discount_percent": "5"}]},
    ])
}

/// What comes off before anything is taxed: the larger of the first two, and the last with either.
fn discounts() -> Value {
    json!([
        {"code": "climbing", "type": "progressive", "metric": "spend",
            "window": {"type": "calendar_year"}, "refresh": "daily", "tiers": [
                {"from": 0, "percent": "0"},
                {"from": 100_000, "percent": "1"},
                {"from": 300_000, "percent": "3"}]},
        {"code": "of-rank", "type": "rank", "ladder": "members"},
        {"code": "drinks-days", "type": "percent", "percent": "10", "base": "initial",
            "when": {"categories": ["drinks"], "weekdays": ["wed", "thu"]}},
    ])
}

/// Ten rules that give base points.
fn earn_rules() -> Value {
    json!([
        {"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}},
        {"code": "food", "wallet": "points", "when": {"categories": ["food"]},
            "award": {"type": "per_amount", "amount": 200, "points": 1}},
        {"code": "drinks", "wallet": "points",
            "when": {"categories": ["drinks"], "minimum_quantity": 3},
            "award": {"type": "per_item", "points": 2}},
        {"code": "partner-goods", "wallet": "points",
            "when": {"skus": ["sku-003", "sku-017", "sku-031", "sku-045", "sku-059"]},
            "award": {"type": "per_item", "points": 5}},
        {"code": "visit", "wallet": "points",
            "when": {"weekdays": ["mon", "tue", "wed", "thu"], "stores": ["shibuya", "ueno"]},
            "award": {"type": "fixed", "points": 10},
            "limits": [{"per": "member_day", "times": 1}]},
        {"code": "big-basket", "wallet": "points", "when": {"minimum_amount": 8_000},
            "award": {"type": "fixed", "points": 50},
            "limits": [{"per": "member_month", "points": 200}]},
        {"code": "basket-steps", "wallet": "points",
            "award": {"type": "tiered", "by": "receipt_amount", "mode": "marginal", "tiers": [
                {"from": 0, "amount": 1_000, "points": 1},
                {"from": 5_000, "amount": 1_000, "points": 2},
                {"from": 10_000, "amount": 1_000, "points": 3}]}},
        {"code": "month-steps", "wallet": "points",
            "award": {"type": "tiered", "by": "period_spend", "mode": "whole",
                "window": {"type": "calendar_month"}, "tiers": [
                {"from": 0, "amount": 500, "points": 0},
                {"from": 30_000, "amount": 500, "points": 1},
                {"from": 100_000, "amount": 500, "points": 2}]}},
        {"code": "house-card", "wallet": "points",
            "when": {"tenders": ["house card"], "ranks": ["silver", "gold"]},
            "award": {"type": "percent", "percent": "0.5"}},
        {"code": "stamp", "wallet": "stamps", "when": {"minimum_amount": 1_000},
            "award": {"type": "fixed", "points": 1},
            "limits": [{"per": "member_day", "points": 1}]},
    ])
}

/// Six bonuses on top of them.
fn bonuses() -> Value {
    json!([
        {"code": "five-days", "wallet": "points", "when": {"days_of_month": [5, 15, 25]},
            "effect": {"type": "multiplier", "times": "5"}},
        {"code": "evening-food", "wallet": "points", "rules": ["base", "food"],
            "when": {"categories": ["food"], "hours": {"from": "17:00", "to": "20:00"}},
            "effect": {"type": "multiplier", "times": "1.5"}},
        {"code": "birthday", "wallet": "points", "when": {"birthday": {"month": true}},
            "effect": {"type": "multiplier", "times": "2"},
            "limits": [{"per": "member_month", "points": 500}]},
        {"code": "beauty", "wallet": "points", "rules": ["base"],
            "when": {"categories": ["beauty"]},
            "effect": {"type": "multiplier", "times": "2"}},
        {"code": "thank-you", "wallet": "points", "when": {"minimum_amount": 10_000},
            "effect": {"type": "add", "points": 100},
            "limits": [{"per": "campaign", "points": 1_000_000},
                {"per": "member_month", "times": 2}]},
        {"code": "household", "wallet": "points",
            "when": {"categories": ["household"], "dates": ["2026-11-11", "2026-11-22"]},
            "effect": {"type": "add_per_amount", "amount": 1_000, "points": 10}},
    ])
}
