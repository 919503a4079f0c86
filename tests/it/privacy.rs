//! Members who leave: what is personal is gone from everywhere, and the books stay whole.

mod export;

use std::fs::File;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::books::{self, wait_until};
use crate::harness::call::Api;
use crate::harness::cluster::{MASTER_KEY, OPERATOR_KEY};
use crate::harness::process::{free_port, program};
use crate::harness::tenant::{Spec, unique};
use crate::harness::{TestTenant, block_on, node, sql};

/// A member with the canary in everything that may be said of it.
fn fields(canary: &str) -> Value {
    json!({
        "external_id": format!("{canary}-id"),
        "cards": [format!("29{canary}")],
        "emails": [format!("{canary}@example.com")],
        "email": format!("{canary}-2@example.com"),
        "family_name": format!("{canary}山田"),
        "given_name": format!("{canary}花子"),
        "gender": format!("{canary}-gender"),
        "postal_code": format!("{canary}-150"),
        "address": format!("{canary} Shibuya"),
        "attributes": {"note": format!("{canary}-note")},
        "consents": {format!("{canary}-letters"): true},
        "consent_source": format!("{canary}-form"),
    })
}

/// Tables in which some row holds the text, as text or as the bytes of a column.
async fn tables_with(owner: &Client, canary: &str) -> Vec<String> {
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    for table in sql::tables(owner).await {
        let query = format!(
            "select count(*) from {table} t where t::text like '%' || $1 || '%' or t::text like '%' || $2 || '%'"
        );
        let row = owner.query_one(&query, &[&canary, &hex]).await.unwrap();
        if row.get::<_, i64>(0) > 0 {
            found.push(table);
        }
    }
    found
}

/// Whether some key or value of Redis holds the text.
async fn redis_has(canary: &str) -> bool {
    let client = redis::Client::open(node().cluster.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!(!keys.is_empty(), "the proof needs something in Redis");
    for key in keys {
        let dump: Option<Vec<u8>> = redis::cmd("DUMP")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .unwrap();
        let dump = dump.unwrap_or_default();
        let has = dump
            .windows(canary.len())
            .any(|bytes| bytes == canary.as_bytes());
        if has || key.contains(canary) {
            return true;
        }
    }
    false
}

#[test]
fn of_an_erased_member_nothing_personal_is_left_anywhere() {
    block_on(async {
        let log = std::env::temp_dir().join(format!("tamaru-it-log-{}", std::process::id()));
        let file = File::create(&log).unwrap();
        let port = free_port();
        let cluster = node().cluster;
        let mut server = Command::new(program())
            .arg("serve")
            .env("TAMARU_LISTEN", format!("127.0.0.1:{port}"))
            .env("DATABASE_URL", &cluster.service_url)
            .env("REDIS_URL", &cluster.redis_url)
            .env("TAMARU_OPERATOR_KEY", OPERATOR_KEY)
            .env("TAMARU_MASTER_KEY", MASTER_KEY)
            .env("TAMARU_LOG", "debug")
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let nobody = Api::new(&base, "");
        wait_until("the server is ready", || async {
            let ready = nobody.request(reqwest::Method::GET, "/readyz");
            Api::try_send(ready)
                .await
                .is_ok_and(|answer| answer.status == 200)
        })
        .await;
        let mut tenant = TestTenant::with(Spec::default()).await;
        tenant.api = tenant.api.at(&base);
        live_and_leave(&tenant).await;
        server.kill().unwrap();
        server.wait().unwrap();
        let logged = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_file(&log).unwrap();
        assert!(
            logged.contains("/v1/purchases"),
            "the proof needs a log: {logged}"
        );
        assert!(!logged.contains(&canary_of(&tenant)), "{logged}");
    });
}

fn canary_of(tenant: &TestTenant) -> String {
    format!("cnry{}x", tenant.number)
}

/// A member with everything; its id.
async fn live(tenant: &TestTenant, owner: &Client) -> String {
    let api = &tenant.api;
    let endpoint = json!({"url": "https://example.com/hook"});
    api.post("/v1/webhook-endpoints", &endpoint)
        .await
        .expect(201);
    tenant.leave_webhooks_alone(owner).await;
    let canary = canary_of(tenant);
    let member = tenant.enrol(&fields(&canary)).await;
    let path = format!("/v1/members/{member}");
    let change = json!({"address": format!("{canary} Ginza"), "consents": {"mail": false}});
    api.patch(&path, &change).await.expect(200);
    let mut receipt = tenant.receipt(&member, "1", 5_000);
    receipt["member"] = json!({"card": format!("29{canary}")});
    tenant.buy(&receipt).await.expect(201);
    let spend = json!({"member": {"email": format!("{canary}@example.com")}, "wallet": "points", "points": 7, "mode": "capture"});
    api.keyed("/v1/redemptions", &unique(), &spend)
        .await
        .expect(201);
    // Refusals are remembered too.
    let much = json!({"member": {"card": format!("29{canary}")}, "wallet": "points", "points": 70_000, "mode": "capture"});
    api.keyed("/v1/redemptions", &unique(), &much)
        .await
        .expect(409);
    let look_up = json!({"member": {"card": format!("29{canary}")}});
    api.post("/v1/members/lookup", &look_up).await.expect(200);
    member
}

/// Lives, leaves, and is looked for.
async fn live_and_leave(tenant: &TestTenant) {
    let owner = node().cluster.owner().await;
    let (api, canary) = (&tenant.api, canary_of(tenant));
    let member = live(tenant, &owner).await;
    let path = format!("/v1/members/{member}");
    let balances = format!("{path}/balances");
    let before = api.get(&balances).await.expect(200).json;
    let shown = api.get(&path).await.expect(200);
    assert!(shown.to_string().contains(&canary));
    let before_tables = tables_with(&owner, &canary).await;
    assert_eq!(
        before_tables,
        ["consent_changes", "members"],
        "what rules may know of is not sealed"
    );

    let erase = format!("{path}/personal-data");
    let erased = api.delete(&erase).await.expect(200).json;
    assert_eq!(erased["status"], "erased");
    api.delete(&erase).await.expect(200);

    assert_eq!(tables_with(&owner, &canary).await, Vec::<String>::new());
    assert!(!redis_has(&canary).await);
    let count = |table: &str| format!("select count(*) from {table} where tenant_id = $1");
    for table in ["member_profiles", "member_identifiers", "consent_changes"] {
        assert_eq!(
            sql::one::<i64>(&owner, &count(table), tenant.number).await,
            0,
            "{table}"
        );
    }
    let left = api.get(&path).await.expect(200);
    assert!(!left.to_string().contains(&canary), "{left}");
    assert_eq!(left.json["cards"], json!([]));
    let after = api.get(&balances).await.expect(200).json;
    assert_eq!(after["wallets"], before["wallets"]);
    assert_eq!(after["wallets"][0]["available"], 43);
    let statement = api
        .get(&format!("{path}/transactions"))
        .await
        .expect(200)
        .json;
    assert_eq!(statement["data"].as_array().unwrap().len(), 2);
    let export = api.get(&format!("{path}/export")).await.expect(200);
    assert!(!export.to_string().contains(&canary), "{export}");
    is_unknown(tenant, &member).await;
    books::hold(node().cluster, tenant.number).await;
}

/// By whatever it was found, nobody is there; by its id nothing more can be done.
async fn is_unknown(tenant: &TestTenant, member: &str) {
    let (api, canary) = (&tenant.api, canary_of(tenant));
    let path = format!("/v1/members/{member}");
    let look_up = json!({"member": {"card": format!("29{canary}")}});
    api.post("/v1/members/lookup", &look_up).await.expect(422);
    let mut receipt = tenant.receipt(member, "1", 5_000);
    let mut by_card = receipt.clone();
    by_card["member"] = look_up["member"].clone();
    receipt["member"] = json!({"id": member});
    receipt["receipt_number"] = json!("2");
    let refused = tenant.buy(&receipt).await;
    assert_eq!((refused.status, refused.code()), (409, "member_closed"));
    by_card["receipt_number"] = json!("3");
    tenant.buy(&by_card).await.expect(422);
    let refused = api.patch(&path, &json!({"family_name": "X"})).await;
    assert_eq!((refused.status, refused.code()), (409, "member_closed"));
    let events = api
        .get("/v1/events?type=member.erased")
        .await
        .expect(200)
        .json;
    assert_eq!(events["data"].as_array().unwrap().len(), 1, "once");
    let log = api
        .get("/v1/audit-log?action=member.personal_data_erased")
        .await
        .json;
    assert_eq!(log["data"][0]["subject"], json!(member));
    assert_eq!(log["data"].as_array().unwrap().len(), 1, "once");
    // Its card is free for somebody else.
    let card = json!({"cards": [format!("29{canary}")]});
    let next = api.post("/v1/members", &card).await.expect(201).text("/id");
    api.delete(&format!("/v1/members/{next}/personal-data"))
        .await
        .expect(200);
    books::hold(node().cluster, tenant.number).await;
}

#[test]
fn a_closed_member_keeps_its_points_and_takes_no_more() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let card = unique();
        let member = tenant.enrol(&json!({"cards": [card]})).await;
        tenant.grant(&member, 30).await;
        let close = format!("/v1/members/{member}/close");
        let closed = tenant.api.post(&close, &json!({})).await.expect(200);
        assert_eq!(closed.json["status"], "closed");
        let again = tenant.api.post(&close, &json!({})).await.expect(200);
        assert_eq!(again.json, closed.json);
        assert_eq!(tenant.available(&member).await, 30);
        let mut receipt = tenant.receipt(&member, "late", 100);
        for named in [json!({"id": member}), json!({"card": card})] {
            receipt["member"] = named;
            let refused = tenant.buy(&receipt).await;
            assert_eq!((refused.status, refused.code()), (409, "member_closed"));
        }
        let spend =
            json!({"member": {"id": member}, "wallet": "points", "points": 5, "mode": "capture"});
        let refused = tenant.api.keyed("/v1/redemptions", &unique(), &spend).await;
        assert_eq!((refused.status, refused.code()), (409, "member_closed"));
        let log = tenant
            .api
            .get("/v1/audit-log?action=member.closed")
            .await
            .json;
        assert_eq!(log["data"][0]["before"], json!({"status": "active"}));
        // Whoever left may still be forgotten, and then there is nothing to close.
        let erase = format!("/v1/members/{member}/personal-data");
        tenant.api.delete(&erase).await.expect(200);
        let refused = tenant.api.post(&close, &json!({})).await;
        assert_eq!((refused.status, refused.code()), (409, "member_closed"));
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn nothing_is_recorded_behind_the_end_of_a_membership() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let buying = (0..60).map(|_| {
            let tenant = tenant.clone();
            let receipt = tenant.receipt(&member, &unique(), 100);
            tokio::spawn(async move { tenant.buy(&receipt).await })
        });
        let buying: Vec<_> = buying.collect();
        let close = format!("/v1/members/{member}/close");
        let closed = tenant.api.post(&close, &json!({})).await.expect(200).json;
        let version = closed["version"].as_i64().unwrap();
        let mut recorded = 0;
        for bought in buying {
            let answer = bought.await.unwrap();
            recorded += i64::from(answer.status == 201);
            assert!([201, 409].contains(&answer.status), "{answer}");
        }
        assert_eq!(recorded, version, "the answer tells the last version");
        books::hold(node().cluster, tenant.number).await;
    });
}
