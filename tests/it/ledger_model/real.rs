//! The real server, driven over HTTP on a sandbox tenant of its own, whose clock does the jobs as it moves.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::answer::{Answer as Modelled, Shown, Told};
use super::calls::{Call, Makes, at, balance, points, seconds};
use super::model::DAY;
use super::rules::Rules;
use super::steps::{MEMBERS, Step};
use super::walk::Ledger;
use crate::harness::call::{Answer, Api};
use crate::harness::tenant::{Spec, number_of};
use crate::harness::{TestTenant, block_on, node};
use crate::time::{begin, enrol, set_clock};

/// 21 November 2026, 10:00 in Tokyo.
pub(crate) const START: i64 = 1_795_222_800;
/// The program counts before, for receipts that come late.
const PROGRAM_SINCE: i64 = START - 40 * DAY;

/// What a key was first sent with, and the answer.
struct First {
    path: String,
    body: Value,
    answer: Answer,
    /// Whose it was at that time.
    member: Option<usize>,
}

/// Something made, and whose it is, once it is somebody's.
pub(super) struct Made {
    pub(super) id: String,
    member: Option<usize>,
}

/// A sandbox tenant and what was made in it.
pub(crate) struct Real {
    pub(crate) tenant: i64,
    api: Api,
    /// Another hand.
    second: Api,
    pub(super) now: i64,
    pub(super) members: Vec<String>,
    pub(super) purchases: Vec<Made>,
    pub(super) redemptions: Vec<Made>,
    pub(super) adjustments: Vec<Made>,
    first: HashMap<usize, First>,
    /// Versions and balances by the last answer, and whose.
    told: Vec<(usize, i64, [i64; 4])>,
    /// The last version that was told of each member: nothing older may be read.
    versions: [i64; MEMBERS],
}

impl Real {
    pub(crate) async fn of(rules: Rules) -> Self {
        let settings = json!({"adjustments": {"two_person_above": rules.two_hands_above}});
        let tenant = TestTenant::with(Spec {
            settings,
            ..Spec::default()
        });
        let api = tenant.await.sandbox;
        begin(&api, &rules.document(), &at(PROGRAM_SINCE)).await;
        let second = json!({"name": "Second", "scopes": ["points:adjust"]});
        let second = api.post("/v1/api-keys", &second).await.expect(201);
        let second = api.with_key(&second.text("/secret"));
        set_clock(&api, &at(START)).await;
        let mut members = Vec::new();
        for _ in 0..MEMBERS {
            members.push(enrol(&api).await);
        }
        let tenant = api.get("/v1/tenant").await.expect(200).text("/id");
        Self {
            tenant: number_of(&node().cluster.owner().await, &tenant).await,
            api,
            second,
            now: START,
            members,
            purchases: Vec::new(),
            redemptions: Vec::new(),
            adjustments: Vec::new(),
            first: HashMap::new(),
            told: Vec::new(),
            versions: [0; MEMBERS],
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
        let api = match step {
            Step::Adjust { hand: 1, .. } | Step::Review { hand: 1, .. } => &self.second,
            _ => &self.api,
        };
        let answer = block_on(api.keyed(&call.path, &key, &call.body));
        let is_made = (200..300).contains(&answer.status);
        let is_repeat = self.check_repeat(&call, number, &answer)?;
        if !is_made {
            let code = answer.code().to_owned();
            self.first.entry(number).or_insert(First {
                path: call.path,
                body: call.body,
                answer,
                member: None,
            });
            return Err(code);
        }
        let first = self.first.get(&number).map(|first| first.member);
        let member = first.unwrap_or_else(|| self.whose(step));
        let numbers = call.makes.numbers(&answer.json);
        if !is_repeat {
            self.note(step, member, &answer.json);
            let id = answer.json["id"].as_str().unwrap_or_default().to_owned();
            match (call.makes, step) {
                (Makes::Purchase, _) => self.purchases.push(Made { id, member }),
                (Makes::Redemption, _) => self.redemptions.push(Made { id, member }),
                (Makes::Adjustment, _) => self.adjustments.push(Made { id, member }),
                (Makes::Claim, Step::Claim { purchase, .. }) => {
                    self.purchases[*purchase].member = member;
                }
                _ => {}
            }
            let first = First {
                path: call.path,
                body: call.body,
                answer,
                member,
            };
            self.first.insert(number, first);
        }
        Ok(Told { member, numbers })
    }

    /// Whose answer it is.
    fn whose(&self, step: &Step) -> Option<usize> {
        let of = |made: &[Made], place: usize| made.get(place).and_then(|made| made.member);
        match step {
            Step::Buy { member, .. } => *member,
            Step::Redeem { member, .. }
            | Step::Claim { member, .. }
            | Step::Adjust { member, .. } => Some(*member),
            Step::Transfer { from, .. } => Some(*from),
            Step::Review { adjustment, .. } => of(&self.adjustments, *adjustment),
            Step::GiveBack { purchase, .. } | Step::Event { purchase, .. } => {
                of(&self.purchases, *purchase)
            }
            Step::Capture { redemption, .. }
            | Step::Release { redemption }
            | Step::Reverse { redemption } => of(&self.redemptions, *redemption),
            _ => Some(0),
        }
    }

    /// Remembers which versions and balances were told.
    fn note(&mut self, step: &Step, member: Option<usize>, answer: &Value) {
        let sides = match (step, member) {
            (Step::Transfer { from, to, .. }, _) => {
                vec![(*from, &answer["from"]), (*to, &answer["to"])]
            }
            (_, Some(member)) => vec![(member, answer)],
            (_, None) => Vec::new(),
        };
        for (member, side) in sides {
            let version = points(&side["version"]);
            self.told
                .push((member, version, balance(&side["balances"])));
            self.versions[member] = version;
        }
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

    /// Learns to which versions the jobs have brought the members.
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
        self.told.clear();
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
        let (member, numbers) = (Some(member), Vec::new());
        Ok(Told { member, numbers })
    }

    fn shown(&mut self, member: usize) -> Result<Shown, String> {
        let (version, balance) = block_on(self.look(member, self.versions[member]));
        let mut told = self.told.iter();
        if let Some((_, told, held)) = told.find(|(of, ..)| *of == member)
            && (*told, *held) != (version, balance)
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
