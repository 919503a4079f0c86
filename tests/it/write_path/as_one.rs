//! A batch of n leaves what n batches of one leave: the same commands go to twin tenants, together
//! in one, one by one in the other.

use std::ops::RangeInclusive;
use std::sync::Arc;

use api::balances_cache::BalancesCache;
use api::catalog::Catalogs;
use api::clock::new_id;
use api::db::{Db, TenantNumber};
use api::ledger::{
    Answer, Ledger, LedgerMetrics, LedgerTask, Pending, Submission, Tools, WrittenReceipt,
};
use api::problem::Problem;
use api::redis::Redis;
use api::roster::LookUp;
use domain::amount::Points;
use domain::decide::{Command, Outcome, RecordPurchase, RedeemPoints};
use domain::id::{ApiKeyId, MemberId};
use domain::receipt::Receipt;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::books;
use crate::harness::tenant::Spec;
use crate::harness::{TestTenant, block_on, node, runtime, sql};

const MEMBERS: usize = 3;

/// Small ranges, so that keys, receipts and references meet often.
#[derive(Debug, Clone)]
enum Step {
    Receipt {
        member: usize,
        key: u8,
        number: u8,
        blocks: i64,
        pays: i64,
        is_old: bool,
    },
    Redemption {
        member: usize,
        key: u8,
        reference: Option<u8>,
        points: i64,
    },
}

/// The member after the last is nobody, or unknown.
fn step(member: RangeInclusive<usize>) -> impl Strategy<Value = Step> {
    let reference = prop_oneof![Just(None), (0..4_u8).prop_map(Some)];
    prop_oneof![
        3 => (member.clone(), any::<u8>(), 0..40_u8, 0..30_i64, prop_oneof![Just(0), 1..20_i64], any::<bool>())
            .prop_map(|(member, key, number, blocks, pays, is_old)| Step::Receipt {
                member, key: key % 40, number, blocks, pays, is_old,
            }),
        2 => (member, any::<u8>(), reference, 1..25_i64)
            .prop_map(|(member, key, reference, points)| Step::Redemption { member, key: key % 40, reference, points }),
    ]
}

/// Lots of the old receipts are over long ago: they expire on arrival.
fn program() -> Value {
    json!({
        "wallets": [{"code": "points", "name": "Points", "expiry": {"type": "after", "days": 30}}],
        "earn_rules": [
            {"code": "base", "wallet": "points", "award": {"type": "per_amount", "amount": 100, "points": 1}}
        ]
    })
}

impl Step {
    fn command(&self, members: &[MemberId], seed: Uuid) -> (Option<LookUp>, Command, String) {
        match self {
            Self::Receipt {
                member,
                number,
                blocks,
                pays,
                is_old,
                ..
            } => {
                let member = members.get(*member);
                let mut receipt = json!({
                    "store": "shibuya",
                    "receipt_number": number.to_string(),
                    "occurred_at": if *is_old { "2021-03-01T12:00:00Z" } else { "2026-11-21T03:00:00Z" },
                    "lines": [{"amount": blocks * 100}]
                });
                if let Some(member) = member {
                    receipt["member"] = json!({"id": member});
                    receipt["redeem"] = json!([{"wallet": "points", "points": pays}]);
                }
                let content = receipt.to_string();
                let receipt: Receipt = serde_json::from_value(receipt).unwrap();
                let command = Command::Purchase(RecordPurchase {
                    seed,
                    receipt,
                    quote: false,
                });
                (member.copied().map(LookUp::Id), command, content)
            }
            Self::Redemption {
                member,
                reference,
                points,
                ..
            } => {
                let member = members
                    .get(*member)
                    .copied()
                    .unwrap_or(MemberId::from_uuid(Uuid::nil()));
                let command = RedeemPoints {
                    seed,
                    wallet: "points".to_owned(),
                    points: Points::new(*points),
                    hold: None,
                    reference: reference.map(|number| number.to_string()),
                    store: None,
                    occurred_at: None,
                };
                let content = format!("{member} {points} {reference:?}");
                (Some(LookUp::Id(member)), Command::Redeem(command), content)
            }
        }
    }

    fn key(&self) -> u8 {
        match self {
            Self::Receipt { key, .. } | Self::Redemption { key, .. } => *key,
        }
    }

    fn submission(&self, tenant: i64, members: &[MemberId], seed: Uuid) -> Submission {
        let (member, command, content) = self.command(members, seed);
        let receipt = match &command {
            Command::Purchase(purchase) => WrittenReceipt::of(&purchase.receipt).ok(),
            _ => None,
        };
        Submission {
            tenant: TenantNumber(tenant),
            actor: ApiKeyId::from_uuid(Uuid::nil()),
            key: Uuid::from_u128(u128::from(self.key())),
            content: api::idempotency::digest(&[content.as_bytes()]),
            member,
            command,
            receipt,
        }
    }
}

/// Both twins have the same members, so that their rows can be compared as they are.
async fn twins(owner: &Client) -> ([TestTenant; 2], Vec<MemberId>) {
    let spec = Spec {
        program: Some(program()),
        ..Spec::default()
    };
    let twins = [
        TestTenant::with(spec.clone()).await,
        TestTenant::with(spec).await,
    ];
    let mut members: Vec<MemberId> = (0..MEMBERS)
        .map(|_| MemberId::from_uuid(new_id()))
        .collect();
    members.sort_unstable();
    for twin in &twins {
        for member in &members {
            let (number, id) = (twin.number, member.uuid());
            let insert = format!(
                "insert into members (tenant_id, id, enrolled_at, attributes, consents, created_at)
                    values ({number}, '{id}', now(), '{{}}', '{{}}', now());
                 insert into member_ledgers (tenant_id, member_id, last_recorded_at, status, enrolled_at)
                    values ({number}, '{id}', now(), 'active', now())"
            );
            owner.batch_execute(&insert).await.unwrap();
        }
    }
    (twins, members)
}

fn open() -> (Ledger, LedgerTask) {
    let handle = runtime().handle().clone();
    let redis = Arc::new(Redis::new(None, &handle).unwrap());
    let tools = Tools {
        db: Db::new(&node().cluster.service_url.clone().into(), 1, handle).unwrap(),
        catalogs: Catalogs::default(),
        balances: BalancesCache::new(redis),
        vault: node().server.app.vault.clone(),
        metrics: LedgerMetrics::default(),
    };
    Ledger::open(tools, 1).unwrap()
}

/// An answer without the time it was given.
fn comparable(answer: &Result<Answer, Problem>) -> String {
    let Ok(Answer { outcome, replay }) = answer else {
        return format!("{answer:?}");
    };
    let mut outcome = match outcome {
        Outcome::Purchase(outcome) => serde_json::to_value(outcome).unwrap(),
        Outcome::Redemption(outcome) => serde_json::to_value(outcome).unwrap(),
        Outcome::RedemptionChanged(changed) => serde_json::to_value(changed).unwrap(),
        Outcome::Event(outcome) => serde_json::to_value(outcome).unwrap(),
        Outcome::Adjustment(outcome) => serde_json::to_value(outcome).unwrap(),
        Outcome::AdjustmentReviewed(reviewed) => serde_json::to_value(reviewed).unwrap(),
        Outcome::Transfer(outcome) => serde_json::to_value(outcome).unwrap(),
        Outcome::Return(outcome) => serde_json::to_value(outcome).unwrap(),
        Outcome::Claim(outcome) => serde_json::to_value(outcome).unwrap(),
        Outcome::Exchange(outcome) => serde_json::to_value(outcome).unwrap(),
        Outcome::Swept | Outcome::RankSet => Value::Null,
    };
    outcome["recorded_at"] = Value::Null;
    if outcome.get("state").is_some() {
        outcome["occurred_at"] = Value::Null;
    }
    format!("{outcome} {replay:?}")
}

/// Everything the ledger holds of a tenant, without times of recording and ids that differ by tenant.
async fn rows(owner: &Client, tenant: i64) -> Vec<String> {
    let mut rows = Vec::new();
    for (table, without) in [
        ("idempotency_keys", "recorded_at"),
        ("purchases", "recorded_at,till_identity,store_id,outcome"),
        ("redemptions", "recorded_at,occurred_at,outcome"),
        ("ledger_transactions", "recorded_at,occurred_at"),
        ("ledger_transfers", ""),
        ("lots", ""),
        ("wallets", ""),
        ("member_ledgers", "last_recorded_at,enrolled_at,room"),
        ("member_days", ""),
        ("earlier_days", ""),
    ] {
        let query = format!(
            "select '{table} ' || (to_jsonb(t) - 'tenant_id' - string_to_array('{without}', ','))::text
             from {table} t where tenant_id = $1 order by 1"
        );
        let found = owner.query(&query, &[&tenant]).await.unwrap();
        rows.extend(found.iter().map(|row| row.get::<_, String>(0)));
    }
    rows
}

async fn compare(steps: Vec<Step>) {
    let owner = node().cluster.owner().await;
    let ([together, alone], members) = twins(&owner).await;
    let seeds: Vec<Uuid> = steps.iter().map(|_| new_id()).collect();
    let of = |tenant: &TestTenant| {
        let number = tenant.number;
        let submissions = steps
            .iter()
            .zip(&seeds)
            .map(|(step, seed)| step.submission(number, &members, *seed));
        submissions.collect::<Vec<_>>()
    };
    let (ledger, task) = open();
    // The first batch has the first step, whose member it can't lock before all are handed in.
    let hold = format!(
        "begin; select 1 from member_ledgers where tenant_id = {} for update",
        together.number
    );
    owner.batch_execute(&hold).await.unwrap();
    let pending: Vec<_> = of(&together)
        .into_iter()
        .map(|one| ledger.hand_in(one, None).unwrap())
        .collect();
    owner.batch_execute("commit").await.unwrap();
    let first = futures_util::future::join_all(pending.into_iter().map(Pending::answer)).await;
    let mut second = Vec::new();
    for submission in of(&alone) {
        second.push(ledger.submit(submission).await);
    }
    for (step, (first, second)) in steps.iter().zip(first.iter().zip(&second)) {
        assert_eq!(comparable(first), comparable(second), "{step:?}");
    }
    assert_eq!(
        rows(&owner, together.number).await,
        rows(&owner, alone.number).await
    );
    let batches = "select count(distinct xmin::text) from idempotency_keys where tenant_id = $1";
    let batches: i64 = sql::one(&owner, batches, together.number).await;
    assert!(batches <= 2, "{batches} batches: nothing was tried");
    books::hold(node().cluster, together.number).await;
    books::hold(node().cluster, alone.number).await;
    task.finished().await;
}

#[test]
fn a_batch_of_n_leaves_what_n_batches_of_one_leave() {
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        max_shrink_iters: 20,
        ..Config::default()
    });
    let (first, rest) = (step(0..=MEMBERS - 1), step(0..=MEMBERS));
    let rest = prop::collection::vec(rest, 0..39);
    let steps = (first, rest).prop_map(|(first, rest)| [vec![first], rest].concat());
    let result = runner.run(&steps, |steps| {
        block_on(compare(steps));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
