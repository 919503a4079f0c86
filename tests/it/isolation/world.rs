//! A tenant in which every kind of object exists, with a canary in every text.

use domain::id::{
    AdjustmentId, ApiKeyId, EventId, MemberId, PartnerGrantId, PurchaseId, RedemptionId, StoreId,
    TenantId, TransactionId, WebhookEndpointId,
};
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness::TestTenant;
use crate::harness::node::Node;
use crate::harness::tenant::{Spec, plain_program, unique};

/// What both tenants have in common on purpose: collisions must not matter.
const SHARED_CARD: &str = "2900000099999";

/// One tenant's objects.
pub(crate) struct World {
    pub(crate) tenant: TestTenant,
    /// In every text of this tenant and nowhere else.
    pub(crate) canary: String,
    /// The code of a store that only this tenant has.
    pub(crate) store_code: String,
    /// A card that only this tenant's member has.
    pub(crate) card: String,
    pub(crate) member: String,
    store: String,
    purchase: String,
    redemption: String,
    adjustment: String,
    transaction: String,
    api_key: String,
    endpoint: String,
    event: String,
    partner_grant: String,
}

impl World {
    /// Builds the same objects for every tenant.
    pub(crate) async fn build(node: &Node) -> Self {
        let canary = format!("cn-{}", unique());
        let settings = json!({"name": canary});
        let spec = Spec {
            settings,
            ..Spec::default()
        };
        let tenant = TestTenant::on(node, spec).await;
        let store_code = format!("s-{canary}");
        let store = json!({"code": store_code, "name": canary});
        let store = tenant
            .api
            .post("/v1/stores", &store)
            .await
            .expect(201)
            .text("/id");
        let key = json!({"name": canary, "scopes": ["members:read"]});
        let api_key = tenant
            .api
            .post("/v1/api-keys", &key)
            .await
            .expect(201)
            .text("/id");
        let partner = json!({"name": "Till maker"});
        let partner = node.operator().post("/v1/partners", &partner).await;
        let partner = partner.expect(201).text("/id");
        let grant = json!({"partner": partner, "scopes": ["members:read"], "stores": [store_code]});
        let granted = tenant.api.post("/v1/partner-grants", &grant).await;
        let partner_grant = granted.expect(201).text("/id");
        let card = format!("29{canary}");
        let mut world = Self {
            member: tenant.enrol(&fields(&canary, &card)).await,
            tenant,
            canary,
            store_code,
            card,
            store,
            purchase: String::new(),
            redemption: String::new(),
            adjustment: String::new(),
            transaction: String::new(),
            api_key,
            endpoint: String::new(),
            event: String::new(),
            partner_grant,
        };
        world.record(&node.cluster.owner().await).await;
        world
    }

    async fn record(&mut self, owner: &Client) {
        let tenant = &self.tenant;
        let endpoint = json!({"url": "https://example.com/hook", "description": self.canary});
        let made = tenant.api.post("/v1/webhook-endpoints", &endpoint).await;
        self.endpoint = made.expect(201).text("/id");
        tenant.leave_webhooks_alone(owner).await;
        let mut receipt = tenant.receipt(&self.member, "same-number", 50_000);
        receipt["lines"][0]["sku"] = json!(self.canary);
        self.purchase = tenant.buy(&receipt).await.expect(201).text("/id");
        receipt["receipt_number"] = json!(self.canary);
        tenant.buy(&receipt).await.expect(201);
        let spend = json!({"member": {"id": self.member}, "wallet": "points", "points": 7, "mode": "capture"});
        let spent = tenant
            .api
            .keyed("/v1/redemptions", "same-key", &spend)
            .await;
        self.redemption = spent.expect(201).text("/id");
        let hold = json!({"member": {"id": self.member}, "wallet": "points", "points": 3, "mode": "reserve", "ttl_seconds": 604_800});
        for key in ["held", "released"] {
            let held = tenant.api.keyed("/v1/redemptions", key, &hold).await;
            let held = held.expect(201).text("/id");
            if key == "released" {
                let path = format!("/v1/redemptions/{held}/release");
                tenant
                    .api
                    .keyed(&path, "release", &json!({}))
                    .await
                    .expect(200);
            }
        }
        let given = json!({"member": {"id": self.member}, "wallet": "points", "points": 5, "reason": self.canary});
        let given = tenant
            .api
            .keyed("/v1/adjustments", "give", &given)
            .await
            .expect(201);
        (self.adjustment, self.transaction) = (given.text("/id"), given.text("/transaction_id"));
        let mut program = plain_program();
        program["wallets"][0]["name"] = json!(self.canary);
        tenant.publish(&program, None).await.expect(201);
        let events = tenant.api.get("/v1/events").await.expect(200);
        self.event = events.text("/data/0/id");
    }

    /// This tenant's id of a kind.
    pub(crate) fn id(&self, prefix: &str) -> String {
        match prefix {
            MemberId::PREFIX => self.member.clone(),
            StoreId::PREFIX => self.store.clone(),
            PurchaseId::PREFIX => self.purchase.clone(),
            RedemptionId::PREFIX => self.redemption.clone(),
            AdjustmentId::PREFIX => self.adjustment.clone(),
            TransactionId::PREFIX => self.transaction.clone(),
            WebhookEndpointId::PREFIX => self.endpoint.clone(),
            EventId::PREFIX => self.event.clone(),
            PartnerGrantId::PREFIX => self.partner_grant.clone(),
            ApiKeyId::PREFIX => self.api_key.clone(),
            TenantId::PREFIX => self.tenant.id.to_string(),
            other => panic!("teach the world to make an id {other}…"),
        }
    }
}

/// An id of a kind that nobody has.
pub(crate) fn unused(prefix: &str) -> String {
    let id = MemberId::from_uuid(api::clock::new_id()).to_string();
    id.replace(MemberId::PREFIX, prefix)
}

fn fields(canary: &str, card: &str) -> Value {
    json!({
        "external_id": "same-external-id",
        "cards": [card, SHARED_CARD],
        "phones": ["+819000000001"],
        "emails": ["same@example.com"],
        "family_name": canary,
        "attributes": {"note": canary},
        "store": "shibuya",
    })
}
