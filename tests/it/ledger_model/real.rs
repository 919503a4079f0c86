//! The real server, driven over HTTP on a sandbox tenant of its own, whose clock does the jobs as it moves.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::{Answer as Modelled, DAY, Shown, Told};
use super::steps::{Goods, MEMBERS, Rules, Step};
use super::walk::Ledger;
use crate::harness::call::{Answer, Api};
use crate::harness::tenant::number_of;
use crate::harness::{block_on, node};
use crate::time::{enrol, sandbox, set_clock};

/// 21 November 2026, 10:00 in Tokyo.
pub(crate) const START: i64 = 1_795_222_800;
/// The program counts before, for receipts that come late.
const PROGRAM_SINCE: i64 = START - 40 * DAY;

/// What a key was first sent with, and the answer.
struct First {
    path: String,
    body: Value,
    answer: Answer,
}

/// Something made, and whose it is.
struct Made {
    id: String,
    member: usize,
}

/// A sandbox tenant and what was made in it.
pub(crate) struct Real {
    pub(crate) tenant: i64,
    api: Api,
    now: i64,
    members: Vec<String>,
    purchases: Vec<Made>,
    redemptions: Vec<Made>,
    first: HashMap<usize, First>,
    /// Version and balance by the last answer, and whose.
    told: Option<(usize, i64, [i64; 4])>,
    /// The last version that was told of each member: nothing older may be read.
    versions: [i64; MEMBERS],
}

/// A call, and what its answer is about.
struct Call {
    member: usize,
    path: String,
    body: Value,
    makes: Makes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Makes {
    Purchase,
    Redemption,
    Return,
    Change,
}

fn at(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap().to_string()
}

fn seconds(text: &Value) -> i64 {
    let instant: Timestamp = text.as_str().unwrap().parse().unwrap();
    instant.as_second()
}

fn points(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

fn balance(wallets: &Value) -> [i64; 4] {
    ["available", "pending", "reserved", "deficit"].map(|part| points(&wallets[0][part]))
}

fn sum(parts: &Value) -> i64 {
    let parts = parts.as_array().unwrap().iter();
    parts.map(|part| points(&part["points"])).sum()
}

impl Makes {
    fn numbers(self, answer: &Value) -> Vec<i64> {
        match self {
            Self::Purchase => vec![sum(&answer["earned"]), sum(&answer["redeemed"])],
            Self::Redemption | Self::Change => vec![points(&answer["points"])],
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
    pub(crate) async fn of(rules: Rules) -> Self {
        let api = sandbox(&rules.document(), &at(PROGRAM_SINCE)).await;
        set_clock(&api, &at(START)).await;
        let mut members = Vec::new();
        for _ in 0..MEMBERS {
            members.push(enrol(&api).await);
        }
        let tenant = api.get("/v1/tenant").await.expect(200).text("/id");
        Self {
            tenant: number_of(&node().cluster.owner().await, &tenant).await,
            api,
            now: START,
            members,
            purchases: Vec::new(),
            redemptions: Vec::new(),
            first: HashMap::new(),
            told: None,
            versions: [0; MEMBERS],
        }
    }

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
        json!({
            "store": "shibuya", "receipt_number": number.to_string(),
            "occurred_at": at(self.now - days_ago * DAY),
            "member": {"id": self.members[*member]},
            "lines": lines.iter().map(line).collect::<Vec<_>>(),
            "redeem": Vec::from_iter(pay),
        })
    }

    fn of_redemption(&self, place: usize, what: &str, body: Value) -> Call {
        let nobody = "rsv_00000000000000000000000001";
        let made = self.redemptions.get(place);
        let id = made.map_or(nobody, |made| made.id.as_str());
        Call {
            member: made.map_or(0, |made| made.member),
            path: format!("/v1/redemptions/{id}/{what}"),
            body,
            makes: Makes::Change,
        }
    }

    /// What a step with a key sends.
    fn call(&self, step: &Step, number: usize) -> Call {
        match step {
            Step::Buy { member, .. } => Call {
                member: *member,
                path: "/v1/purchases".to_owned(),
                body: self.receipt(step, number),
                makes: Makes::Purchase,
            },
            Step::GiveBack { purchase, goods } => {
                let nobody = "pur_00000000000000000000000001";
                let made = self.purchases.get(*purchase);
                let id = made.map_or(nobody, |made| made.id.as_str());
                let what = if *goods == Goods::All {
                    "void"
                } else {
                    "returns"
                };
                Call {
                    member: made.map_or(0, |made| made.member),
                    path: format!("/v1/purchases/{id}/{what}"),
                    body: goods_of(goods),
                    makes: Makes::Return,
                }
            }
            Step::Redeem {
                member,
                points,
                hold,
            } => {
                let mut body = json!({"member": {"id": self.members[*member]}, "wallet": "points",
                    "points": points, "mode": "capture"});
                if let Some(hold) = hold {
                    body["mode"] = json!("reserve");
                    body["ttl_seconds"] = json!(hold);
                }
                Call {
                    member: *member,
                    path: "/v1/redemptions".to_owned(),
                    body,
                    makes: Makes::Redemption,
                }
            }
            Step::Capture { redemption, points } => {
                let body = points.map_or(json!({}), |points| json!({"points": points}));
                self.of_redemption(*redemption, "capture", body)
            }
            Step::Release { redemption } => self.of_redemption(*redemption, "release", json!({})),
            Step::Reverse { redemption } => self.of_redemption(*redemption, "reverse", json!({})),
            other => panic!("{other:?} has no key"),
        }
    }

    fn send(&mut self, step: &Step, number: usize) -> Modelled {
        let mut call = self.call(step, number);
        let key = format!("step-{number}");
        if let (Some(first), Step::Buy { .. }) = (self.first.get(&number), step) {
            // A repeat says what was said, also of the time.
            if let Some(occurred_at) = first.body.get("occurred_at") {
                call.body["occurred_at"] = occurred_at.clone();
            }
        }
        let answer = block_on(self.api.keyed(&call.path, &key, &call.body));
        let is_made = (200..300).contains(&answer.status);
        let is_repeat = self.check_repeat(&call, number, &answer)?;
        if !is_made {
            let code = answer.code().to_owned();
            self.first.entry(number).or_insert(First {
                path: call.path,
                body: call.body,
                answer,
            });
            return Err(code);
        }
        let (member, numbers) = (call.member, call.makes.numbers(&answer.json));
        if !is_repeat {
            let version = points(&answer.json["version"]);
            self.told = Some((member, version, balance(&answer.json["balances"])));
            self.versions[member] = version;
            let id = answer.text("/id");
            match call.makes {
                Makes::Purchase => self.purchases.push(Made { id, member }),
                Makes::Redemption => self.redemptions.push(Made { id, member }),
                Makes::Return | Makes::Change => {}
            }
            let (path, body) = (call.path, call.body);
            self.first.insert(number, First { path, body, answer });
        }
        Ok(Told { member, numbers })
    }

    /// Whether the key was used before; the same request gets the same answer.
    fn check_repeat(&self, call: &Call, number: usize, answer: &Answer) -> Result<bool, String> {
        let Some(first) = self.first.get(&number) else {
            return Ok(false);
        };
        if first.path != call.path || first.body != call.body {
            return Ok(true);
        }
        let is_same = first.answer.status == answer.status
            && first.answer.without_request_id() == answer.without_request_id();
        let is_told = answer.status >= 300 || answer.header("idempotent-replayed") == "true";
        match is_same && is_told {
            true => Ok(true),
            false => Err(format!("repeated as {answer}, first {}", first.answer)),
        }
    }

    /// Learns to which versions the jobs have brought the members. The copies of their balances are dropped when the
    /// clock moves, but one may outlive that for seconds where Redis did not answer in time.
    async fn catch_up(&mut self) {
        for (member, version) in self.members.iter().zip(&mut self.versions) {
            let path = format!("/v1/members/{member}/transactions?limit=1");
            let last = self.api.get(&path).await.expect(200).json;
            *version = points(&last["data"][0]["version"]);
        }
    }

    /// The balance as it is, or of at least a version.
    async fn look(&self, member: usize, version: i64) -> (i64, [i64; 4]) {
        let member = &self.members[member];
        let path = format!("/v1/members/{member}/balances?min_version={version}");
        let seen = self.api.get(&path).await.expect(200).json;
        (points(&seen["version"]), balance(&seen["wallets"]))
    }
}

impl Ledger for Real {
    const IS_KEYED: bool = true;

    fn run(&mut self, step: &Step, number: usize) -> Modelled {
        self.told = None;
        let member = match step {
            Step::Clock { seconds } => {
                self.now += seconds;
                block_on(set_clock(&self.api, &at(self.now)));
                block_on(self.catch_up());
                0
            }
            Step::Look { member } => {
                // Maybe from a copy, which may be a little older; kept as a copy if not.
                block_on(self.look(*member, 0));
                *member
            }
            _ => return self.send(step, number),
        };
        let numbers = Vec::new();
        Ok(Told { member, numbers })
    }

    fn shown(&mut self, member: usize) -> Result<Shown, String> {
        let (version, balance) = block_on(self.look(member, self.versions[member]));
        if let Some((of, told, held)) = self.told
            && (of == member && (told, held) != (version, balance))
        {
            return Err(format!(
                "told version {told} and {held:?}, then read {version} and {balance:?}"
            ));
        }
        let path = format!("/v1/members/{}/expirations?limit=200", self.members[member]);
        let page = block_on(self.api.get(&path)).expect(200).json;
        let lots = page["data"].as_array().unwrap().iter();
        let lot = |lot: &Value| {
            (
                Some(seconds(&lot["expires_at"])),
                points(&lot["points"]),
                false,
            )
        };
        Ok(Shown {
            version,
            balance,
            lots: lots.map(lot).collect(),
            sums: None,
        })
    }
}
