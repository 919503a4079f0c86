//! What each step sends to the real server, and what is read of the answer.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::corrections::{APPLIED, REJECTED, WAITS};
use super::model::DAY;
use super::real::Real;
use super::steps::{Goods, Step};

/// A call, and what its answer is about.
pub(super) struct Call {
    pub(super) path: String,
    pub(super) body: Value,
    pub(super) makes: Makes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Makes {
    Purchase,
    Redemption,
    Return,
    Change,
    Claim,
    Adjustment,
    Review,
    Transfer,
    Event,
}

pub(super) fn at(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap().to_string()
}

pub(super) fn seconds(text: &Value) -> i64 {
    let instant: Timestamp = text.as_str().unwrap().parse().unwrap();
    instant.as_second()
}

pub(super) fn points(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

pub(super) fn balance(wallets: &Value) -> [i64; 4] {
    ["available", "pending", "reserved", "deficit"].map(|part| points(&wallets[0][part]))
}

fn sum(parts: &Value) -> i64 {
    let parts = parts.as_array().unwrap().iter();
    parts.map(|part| points(&part["points"])).sum()
}

impl Makes {
    pub(super) fn numbers(self, answer: &Value) -> Vec<i64> {
        match self {
            Self::Purchase | Self::Claim => vec![sum(&answer["earned"]), sum(&answer["redeemed"])],
            Self::Redemption | Self::Change | Self::Transfer => vec![points(&answer["points"])],
            Self::Adjustment | Self::Review => {
                let stands = match answer["state"].as_str() {
                    Some("applied") => APPLIED,
                    Some("pending_approval") => WAITS,
                    _ => REJECTED,
                };
                vec![points(&answer["points"]), points(&answer["wanted"]), stands]
            }
            Self::Event => vec![sum(&answer["activated"])],
            Self::Return => {
                let (clawed, restored) = (&answer["clawed_back"][0], &answer["restored"][0]);
                let refunded = &answer["refunded"];
                [
                    &clawed["points"],
                    &clawed["wanted"],
                    &clawed["expired"],
                    &restored["points"],
                    &restored["expired"],
                    &refunded["amount"],
                    &refunded["points"],
                ]
                .map(points)
                .to_vec()
            }
        }
    }
}

fn goods_of(goods: &Goods) -> Value {
    match goods {
        Goods::All => json!({}),
        Goods::Worth(amount) => json!({"amount": amount}),
        Goods::Line(line, pieces, worth) => {
            let mut wish = json!({"line": line});
            if let Some(pieces) = pieces {
                wish["quantity"] = json!(pieces);
            }
            if let Some(worth) = worth {
                wish["amount"] = json!(worth);
            }
            json!({"lines": [wish]})
        }
    }
}

impl Real {
    fn receipt(&self, step: &Step, number: usize) -> Value {
        let Step::Buy {
            member,
            lines,
            pay,
            days_ago,
        } = step
        else {
            return Value::Null;
        };
        let line = |line: &(i64, i64)| json!({"quantity": line.0, "amount": line.1});
        let pay = pay.map(|points| json!({"wallet": "points", "points": points}));
        let mut receipt = json!({
            "store": "shibuya", "receipt_number": number.to_string(),
            "occurred_at": at(self.now - days_ago * DAY),
            "lines": lines.iter().map(line).collect::<Vec<_>>(),
            "redeem": Vec::from_iter(pay),
        });
        if let Some(member) = member {
            receipt["member"] = self.named(*member);
        }
        receipt
    }

    fn named(&self, member: usize) -> Value {
        json!({"id": self.members[member]})
    }

    fn of_redemption(&self, place: usize, what: &str, body: Value) -> Call {
        let made = self.redemptions.get(place).map(|made| made.id.as_str());
        let id = made.unwrap_or("rsv_00000000000000000000000001");
        Call {
            path: format!("/v1/redemptions/{id}/{what}"),
            body,
            makes: Makes::Change,
        }
    }

    fn of_purchase(&self, place: usize, what: &str, (body, makes): (Value, Makes)) -> Call {
        let made = self.purchases.get(place).map(|made| made.id.as_str());
        let id = made.unwrap_or("pur_00000000000000000000000001");
        Call {
            path: format!("/v1/purchases/{id}/{what}"),
            body,
            makes,
        }
    }

    fn redemption(&self, member: usize, points: i64, hold: Option<i64>) -> Call {
        let mut body = json!({"member": self.named(member), "wallet": "points",
            "points": points, "mode": "capture"});
        if let Some(hold) = hold {
            body["mode"] = json!("reserve");
            body["ttl_seconds"] = json!(hold);
        }
        Call {
            path: "/v1/redemptions".to_owned(),
            body,
            makes: Makes::Redemption,
        }
    }

    fn adjustment(&self, step: &Step) -> Value {
        let Step::Adjust {
            member,
            points,
            starts,
            ends,
            ..
        } = step
        else {
            return Value::Null;
        };
        let mut body = json!({"member": self.named(*member), "wallet": "points", "points": points,
            "reason": "a walk"});
        for (field, instant) in [("activates_at", starts), ("expires_at", ends)] {
            if let Some(instant) = instant {
                body[field] = json!(at(*instant));
            }
        }
        body
    }

    /// What a step with a key sends.
    pub(super) fn call(&self, step: &Step, number: usize) -> Call {
        let new = |path: &str, body, makes| Call {
            path: path.to_owned(),
            body,
            makes,
        };
        match step {
            Step::Buy { .. } => {
                let receipt = self.receipt(step, number);
                new("/v1/purchases", receipt, Makes::Purchase)
            }
            Step::GiveBack { purchase, goods } => {
                let is_void = *goods == Goods::All;
                let what = if is_void { "void" } else { "returns" };
                self.of_purchase(*purchase, what, (goods_of(goods), Makes::Return))
            }
            Step::Redeem {
                member,
                points,
                hold,
            } => self.redemption(*member, *points, *hold),
            Step::Capture { redemption, points } => {
                let body = points.map_or(json!({}), |points| json!({"points": points}));
                self.of_redemption(*redemption, "capture", body)
            }
            Step::Release { redemption } => self.of_redemption(*redemption, "release", json!({})),
            Step::Reverse { redemption } => self.of_redemption(*redemption, "reverse", json!({})),
            Step::Claim { purchase, member } => {
                let body = json!({"member": self.named(*member)});
                self.of_purchase(*purchase, "claim", (body, Makes::Claim))
            }
            Step::Adjust { .. } => {
                let body = self.adjustment(step);
                new("/v1/adjustments", body, Makes::Adjustment)
            }
            Step::Review {
                adjustment,
                approves,
                ..
            } => {
                let made = self.adjustments.get(*adjustment);
                let id = made.map_or("adj_00000000000000000000000001", |made| made.id.as_str());
                let what = if *approves { "approve" } else { "reject" };
                let path = format!("/v1/adjustments/{id}/{what}");
                new(&path, json!({}), Makes::Review)
            }
            Step::Transfer { from, to, points } => {
                let body = json!({"from": self.named(*from), "to": self.named(*to),
                    "wallet": "points", "points": points});
                new("/v1/transfers", body, Makes::Transfer)
            }
            Step::Event { purchase, what } => {
                let body = json!({"event": what});
                self.of_purchase(*purchase, "events", (body, Makes::Event))
            }
            other => panic!("{other:?} has no key"),
        }
    }
}
