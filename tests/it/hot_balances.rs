//! Redis remembers, the ledger decides: a hot balance may be missing, never wrong, never older than
//! what the caller has seen.

use std::collections::HashMap;

use api::db::TenantNumber;
use api::redis::{KeyKind, key};
use domain::id::MemberId;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde_json::json;

use crate::books::{self, wait_until};
use crate::harness::call::Answer;
use crate::harness::tenant::{number_of, unique};
use crate::harness::{TestTenant, block_on, node, sql};
use crate::time;

async fn link() -> MultiplexedConnection {
    let client = redis::Client::open(node().cluster.redis_url.as_str()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

fn key_of(tenant: &TestTenant, member: &str) -> String {
    let member: MemberId = member.parse().unwrap();
    key(
        TenantNumber(tenant.number),
        KeyKind::Balances,
        member.uuid(),
    )
}

async fn read(tenant: &TestTenant, member: &str, min_version: i64) -> Answer {
    let path = format!("/v1/members/{member}/balances?min_version={min_version}");
    tenant.api.get(&path).await.expect(200)
}

fn available(answer: &Answer) -> i64 {
    answer.json["wallets"][0]["available"].as_i64().unwrap()
}

/// Waits until reads are answered from Redis.
async fn warm(tenant: &TestTenant, member: &str) {
    wait_until("the balances are hot", || async {
        read(tenant, member, 0).await.header("X-Balance-Source") == "cache"
    })
    .await;
}

#[test]
fn a_read_after_a_write_never_goes_back_in_time() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let mut redis = link().await;
        for round in 1..=60_i64 {
            let receipt = tenant.receipt(&member, &round.to_string(), 100);
            let answer = tenant
                .api
                .keyed("/v1/purchases", &unique(), &receipt)
                .await
                .expect(201);
            let version = answer.json["version"].as_i64().unwrap();
            assert_eq!(version, round);
            if round % 10 == 0 {
                let _: () = redis::cmd("FLUSHALL")
                    .query_async(&mut redis)
                    .await
                    .unwrap();
            }
            for _ in 0..2 {
                let read = read(&tenant, &member, version).await;
                assert_eq!(
                    (read.json["version"].as_i64(), available(&read)),
                    (Some(round), round),
                    "{read}"
                );
            }
        }
    });
}

/// A write copies the balances that somebody reads, and makes no room for those that nobody asks for.
#[test]
fn only_what_is_read_is_remembered() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let (asked, silent) = (tenant.member().await, tenant.member().await);
        let mut redis = link().await;
        for member in [&asked, &silent] {
            tenant.grant(member, 7).await;
        }
        warm(&tenant, &asked).await;
        let balances = &node().server.app.balances;
        let number = TenantNumber(tenant.number);
        let copy = async |member: &str| {
            let id: MemberId = member.parse().unwrap();
            let hot = balances.get(number, id, 0, api::clock::now()).await;
            (id, hot)
        };
        let (id, hot) = copy(&asked).await;
        let hot = hot.unwrap();
        let (other, none) = copy(&silent).await;
        assert_eq!(none, None);
        let both = vec![(id, hot.clone()), (other, hot.clone())];
        balances.put_wanted(number, both).await;
        assert_eq!(copy(&asked).await.1, Some(hot));
        assert!(
            !redis
                .exists::<_, bool>(key_of(&tenant, &silent))
                .await
                .unwrap()
        );
        tenant.grant(&asked, 5).await;
        wait_until("the write has refreshed what is read", || async {
            copy(&asked).await.1.is_some_and(|hot| hot.version == 2)
        })
        .await;
        // Somebody asks while a write is under way: the place is made before the ledger is read.
        balances.want(number, other).await;
        tenant.grant(&silent, 5).await;
        wait_until("the write has filled what is awaited", || async {
            copy(&silent).await.1.is_some_and(|hot| hot.version == 2)
        })
        .await;
    });
}

#[test]
fn an_older_copy_never_replaces_a_newer_one() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 7).await;
        warm(&tenant, &member).await;
        let app = &node().server.app;
        let id: MemberId = member.parse().unwrap();
        let number = TenantNumber(tenant.number);
        let mut older = app
            .balances
            .get(number, id, 0, api::clock::now())
            .await
            .unwrap();
        older.version = 0;
        older.wallets.clear();
        app.balances.put(number, &[(id, older)]).await;
        let read = read(&tenant, &member, 0).await;
        assert_eq!(available(&read), 7);
    });
}

#[test]
fn rubbish_in_redis_is_a_miss_and_is_repaired() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 7).await;
        let name = key_of(&tenant, &member);
        let mut redis = link().await;
        let beyond = 1_i64 << 60;
        let believable = format!(
            r#"{{"version":{beyond},"as_of":"2026-11-21T00:00:00Z","good_until":null,"wallets":[]}}"#
        );
        let rubbish: [Vec<redis::Cmd>; 5] = [
            vec![redis::Cmd::lpush(&name, "a list")],
            vec![redis::Cmd::set(&name, "a text")],
            vec![
                redis::Cmd::hset(&name, "balances", "{not json"),
                redis::Cmd::hset(&name, "version", "nan"),
            ],
            vec![
                redis::Cmd::hset(&name, "balances", believable),
                redis::Cmd::hset(&name, "version", beyond),
            ],
            vec![
                redis::Cmd::hset(&name, "version", "-inf"),
                redis::Cmd::hset(&name, "balances", ""),
            ],
        ];
        for commands in rubbish {
            let _: () = redis.del(&name).await.unwrap();
            for command in commands {
                let _: () = command.query_async(&mut redis).await.unwrap();
            }
            let read = read(&tenant, &member, 0).await;
            assert_eq!(
                (available(&read), read.header("X-Balance-Source")),
                (7, "ledger"),
                "{read}"
            );
            warm(&tenant, &member).await;
            let expires_in: i64 = redis.pttl(&name).await.unwrap();
            assert!((1..=5_000).contains(&expires_in), "{expires_in}");
        }
    });
}

#[test]
fn an_expired_lot_leaves_the_hot_balance_at_its_instant() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 7).await;
        tenant.grant(&member, 5).await;
        let owner = node().cluster.owner().await;
        let soon = format!(
            "update lots set expires_at = date_trunc('milliseconds', now()) + interval '2 seconds'
                where tenant_id = {number} and granted = 7;
             update member_ledgers set (next_expires_at, next_expiries) = (
                    select min(expires_at), array[min(expires_at)] from lots where tenant_id = {number})
                where tenant_id = {number}",
            number = tenant.number
        );
        owner.batch_execute(&soon).await.unwrap();
        let mut redis = link().await;
        let _: () = redis.del(key_of(&tenant, &member)).await.unwrap();
        warm(&tenant, &member).await;
        let at: String = sql::one(
            &owner,
            "select to_char(expires_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from lots
                where tenant_id = $1 and granted = 7",
            tenant.number,
        )
        .await;
        let at: jiff::Timestamp = at.parse().unwrap();
        loop {
            let before = api::clock::now();
            let read = read(&tenant, &member, 0).await;
            let after = api::clock::now();
            if after < at {
                assert_eq!(available(&read), 12, "{read}");
            }
            if before >= at {
                assert_eq!(available(&read), 5, "{read}");
                break;
            }
        }
        books::hold(node().cluster, tenant.number).await;
    });
}

/// Redis was slow: what was written before the clock moved arrives after it moved.
#[test]
fn a_copy_of_before_a_clock_moved_is_not_answered_after_it_moved() {
    block_on(async {
        let program = json!({
            "wallets": [{"code": "points", "expiry": {"type": "after", "days": 30}}],
            "earn_rules": [{"code": "base", "wallet": "points",
                "award": {"type": "per_amount", "amount": 100, "points": 1}}]
        });
        let api = time::sandbox(&program, "2036-03-01T03:00:00Z").await;
        let member = time::enrol(&api).await;
        time::buy(&api, &member, 1_000, "2036-03-01T03:00:00Z").await;
        let path = format!("/v1/members/{member}/balances");
        let balances = async || api.get(&path).await.expect(200);
        wait_until("the balances are hot", || async {
            balances().await.header("X-Balance-Source") == "cache"
        })
        .await;
        assert_eq!(available(&balances().await), 10);
        let tenant = api.get("/v1/tenant").await.expect(200).text("/id");
        let number = number_of(&node().cluster.owner().await, &tenant).await;
        let id: MemberId = member.parse().unwrap();
        let name = key(TenantNumber(number), KeyKind::Balances, id.uuid());
        let mut redis = link().await;
        let before: HashMap<String, String> = redis.hgetall(&name).await.unwrap();
        let before: Vec<(String, String)> = before.into_iter().collect();
        for now in ["2036-06-01T00:00:00Z", "2036-06-02T00:00:00Z"] {
            time::set_clock(&api, now).await;
            let _: () = redis.hset_multiple(&name, &before).await.unwrap();
            let late = balances().await;
            assert_eq!(
                (available(&late), late.header("X-Balance-Source")),
                (0, "ledger"),
                "{late}"
            );
            let again = balances().await;
            assert_eq!(
                (available(&again), again.header("X-Balance-Source")),
                (0, "cache"),
                "{again}"
            );
        }
    });
}

#[test]
fn every_key_starts_with_its_tenant_in_braces() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 7).await;
        warm(&tenant, &member).await;
        let keys: Vec<String> = link().await.keys("*").await.unwrap();
        assert!(!keys.is_empty());
        for key in keys {
            let number = key
                .strip_prefix("{t:")
                .and_then(|rest| rest.split_once("}:"));
            let is_named = number.is_some_and(|(number, _)| number.parse::<i64>().is_ok());
            assert!(is_named, "{key}");
        }
    });
}
