//! A tenant per test: tests share a node and never each other's data, so every run checks isolation too.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::id::{MemberId, TenantId};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::call::{Answer, Api};
use super::node::{Node, node};

/// One point per 100 yen that never expires, spent one by one.
pub(crate) fn plain_program() -> Value {
    json!({
        "wallets": [{"code": "points", "name": "Points"}],
        "earn_rules": [
            {"code": "base", "wallet": "points", "award": {"type": "per_amount", "amount": 100, "points": 1}}
        ]
    })
}

/// What a test's tenant is to be like.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// Settings that differ from those of [`TestTenant::new`], by name.
    pub(crate) settings: Value,
    /// Absent: nothing is published.
    pub(crate) program: Option<Value>,
    /// Codes of stores.
    pub(crate) stores: Vec<&'static str>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            settings: json!({}),
            program: Some(plain_program()),
            stores: vec!["shibuya"],
        }
    }
}

/// A tenant with a key for every scope.
#[derive(Debug, Clone)]
pub(crate) struct TestTenant {
    /// The public id.
    pub(crate) id: TenantId,
    /// The number in every row.
    pub(crate) number: i64,
    /// Acts with every scope.
    pub(crate) api: Api,
    /// Acts with every scope on the sandbox twin.
    pub(crate) sandbox: Api,
}

impl TestTenant {
    /// A yen tenant in Tokyo, business day from 05:00, prices with tax, store `shibuya`, [`plain_program`] since 2020.
    pub(crate) async fn new() -> Self {
        Self::with(Spec::default()).await
    }

    /// A tenant whose program is `program`.
    pub(crate) async fn with_program(program: Value) -> Self {
        let program = Some(program);
        Self::with(Spec {
            program,
            ..Spec::default()
        })
        .await
    }

    /// A tenant on the shared node.
    pub(crate) async fn with(spec: Spec) -> Self {
        Self::on(node(), spec).await
    }

    /// A tenant on another node.
    pub(crate) async fn on(node: &Node, spec: Spec) -> Self {
        let mut settings = json!({
            "name": "Test",
            "currency": "JPY",
            "time_zone": "Asia/Tokyo",
            "business_day_cutover": "05:00",
            "prices_include_tax": true,
        });
        for (name, value) in spec.settings.as_object().into_iter().flatten() {
            settings[name] = value.clone();
        }
        let made = node
            .operator()
            .post("/v1/tenants", &settings)
            .await
            .expect(201);
        let id: TenantId = made.text("/id").parse().unwrap();
        let tenant = Self {
            id,
            number: number_of(&node.cluster.owner().await, &made.text("/id")).await,
            api: Api::new(&node.base, &made.text("/api_key/secret")),
            sandbox: Api::new(&node.base, &made.text("/sandbox/api_key/secret")),
        };
        for code in &spec.stores {
            let store = json!({"code": code, "name": code});
            tenant.api.post("/v1/stores", &store).await.expect(201);
        }
        if let Some(program) = &spec.program {
            tenant
                .publish(program, Some("2020-01-01T00:00:00Z"))
                .await
                .expect(201);
        }
        tenant
    }

    /// Saves a program as the draft and publishes it.
    pub(crate) async fn publish(&self, program: &Value, effective_from: Option<&str>) -> Answer {
        self.save(program).await.expect(200);
        let publication = match effective_from {
            Some(from) => json!({"effective_from": from}),
            None => json!({}),
        };
        self.api.post("/v1/program/publish", &publication).await
    }

    /// Saves a program over whatever the draft is.
    pub(crate) async fn save(&self, program: &Value) -> Answer {
        let draft = self.api.get("/v1/program/draft").await.expect(200);
        let save = self
            .api
            .request(Method::PUT, "/v1/program/draft")
            .json(program);
        self.api
            .send(save.header("If-Match", draft.header("etag")))
            .await
    }

    /// Enrols a member with nothing but an id.
    pub(crate) async fn member(&self) -> String {
        self.enrol(&json!({})).await
    }

    /// A member written by the owner, who needs no running node for it.
    pub(crate) async fn member_by(&self, owner: &Client) -> String {
        let (tenant, id) = (self.number, api::clock::new_id());
        let insert = format!(
            "insert into members (tenant_id, id, enrolled_at, attributes, consents, created_at)
                 values ({tenant}, '{id}', now(), '{{}}', '{{}}', now());
             insert into member_ledgers (tenant_id, member_id, last_recorded_at, status, enrolled_at)
                 values ({tenant}, '{id}', now(), 'active', now())"
        );
        owner.batch_execute(&insert).await.unwrap();
        MemberId::from_uuid(id).to_string()
    }

    /// Keeps workers of other tests from the tenant's webhooks, for tests that look at every row.
    pub(crate) async fn leave_webhooks_alone(&self, owner: &Client) {
        let alone = "update tenants set has_webhooks = false where id = $1";
        owner.execute(alone, &[&self.number]).await.unwrap();
    }

    /// Enrols a member; its id.
    pub(crate) async fn enrol(&self, fields: &Value) -> String {
        let enrolled = self.api.post("/v1/members", fields).await;
        enrolled.expect(201).text("/id")
    }

    /// A key of this tenant with these scopes only.
    pub(crate) async fn key(&self, scopes: &[&str]) -> Api {
        self.restricted(scopes, json!({})).await
    }

    /// A key with these scopes and these further fields.
    pub(crate) async fn restricted(&self, scopes: &[&str], fields: Value) -> Api {
        let mut key = json!({"name": "Limited", "scopes": scopes});
        for (name, value) in fields.as_object().into_iter().flatten() {
            key[name] = value.clone();
        }
        let made = self.api.post("/v1/api-keys", &key).await.expect(201);
        self.api.with_key(&made.text("/secret"))
    }

    /// The member's only wallet, as it is: the hot copy may be a moment behind where a machine is busy.
    pub(crate) async fn available(&self, member: &str) -> i64 {
        let wallet = first_wallet(&self.api, member).await;
        wallet["available"].as_i64().unwrap()
    }

    /// Records a receipt under a key of its own.
    pub(crate) async fn buy(&self, receipt: &Value) -> Answer {
        self.api.keyed("/v1/purchases", &unique(), receipt).await
    }

    /// A receipt of one line at noon of 21 November 2026 in Tokyo.
    pub(crate) fn receipt(&self, member: &str, number: &str, amount: i64) -> Value {
        json!({
            "store": "shibuya",
            "terminal": "pos-1",
            "receipt_number": number,
            "occurred_at": "2026-11-21T12:00:00+09:00",
            "member": {"id": member},
            "lines": [{"sku": "4901234567894", "category": "food", "quantity": 1, "amount": amount}]
        })
    }

    /// Grants points by a receipt of 100 times as much.
    pub(crate) async fn grant(&self, member: &str, points: i64) {
        let number = unique();
        let receipt = self.receipt(member, &number, points * 100);
        self.buy(&receipt).await.expect(201);
    }
}

/// The member's first wallet, as it is: the hot copy may be a moment behind where a machine is busy.
pub(crate) async fn first_wallet(api: &Api, member: &str) -> Value {
    let path = format!("/v1/members/{member}");
    let version = api.get(&path).await.expect(200).json["version"].clone();
    let path = format!("{path}/balances?min_version={version}");
    let balances = api.get(&path).await.expect(200);
    balances.json["wallets"][0].clone()
}

/// A text that no other test of this process uses.
pub(crate) fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("u{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The number in every row of a tenant.
pub(crate) async fn number_of(owner: &Client, public_id: &str) -> i64 {
    let id: TenantId = public_id.parse().unwrap();
    let query = "select id from tenants where public_id = $1::text::uuid";
    let uuid = id.uuid().to_string();
    owner.query_one(query, &[&uuid]).await.unwrap().get(0)
}
