//! A tenant per test: tests share a node and never each other's data, so every run checks isolation too.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::id::TenantId;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::call::Api;
use super::node::{Node, node};
use super::seed;

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
        let owner = node.cluster.owner().await;
        let (id, number, key) = seed::tenant(&owner, &spec).await;
        Self {
            id,
            number,
            api: Api::new(&node.base, &key),
        }
    }

    /// Enrols a member with nothing but an id.
    pub(crate) async fn member(&self) -> String {
        seed::member(&node().cluster.owner().await, self.number).await
    }

    /// Enrols a member on another node's database.
    pub(crate) async fn member_by(&self, owner: &Client) -> String {
        seed::member(owner, self.number).await
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
        let answer = self.api.keyed("/v1/purchases", &number, &receipt).await;
        answer.expect(201);
    }
}

/// A text that no other test of this process uses.
pub(crate) fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("u{}", COUNT.fetch_add(1, Ordering::Relaxed))
}
