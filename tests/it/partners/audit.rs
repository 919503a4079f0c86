//! What partners do, and what they are let do, stands in the tenant's log.

use serde_json::{Value, json};

use super::{grant, partner, token};
use crate::harness::{TestTenant, block_on};

#[test]
fn the_log_names_the_partner_that_acted_and_what_it_was_let() {
    block_on(async {
        let partner = partner().await;
        let tenant = TestTenant::new().await;
        let granted = grant(&tenant, &partner, &["tenant:admin"], json!({})).await;
        let grant = granted.expect(201).text("/id");
        let store = json!({"code": "ginza", "name": "Ginza"});
        let token = token(&partner, &tenant).await;
        token.post("/v1/stores", &store).await.expect(201);
        let end = format!("/v1/partner-grants/{grant}");
        tenant.api.delete(&end).await.expect(200);
        tenant.api.delete(&end).await.expect(200);
        let log = tenant.api.get("/v1/audit-log").await.expect(200).json;
        let entries: Vec<&Value> = log["data"].as_array().unwrap().iter().take(3).collect();
        let actions: Vec<&Value> = entries.iter().map(|entry| &entry["action"]).collect();
        let expected = [
            "partner_grant.revoked",
            "store.created",
            "partner_grant.created",
        ];
        assert_eq!(actions, expected, "once each, latest first");
        let [ended, made, let_in] = entries[..] else {
            panic!("{log}")
        };
        assert_eq!(made["partner"], json!(partner.id));
        assert_eq!(ended["partner"], Value::Null);
        assert_eq!(let_in["subject"], json!(grant));
        assert_eq!(let_in["after"]["partner"], json!(partner.id));
        assert_eq!(let_in["after"]["scopes"], json!(["tenant:admin"]));
        assert_eq!(ended["before"]["revoked_at"], Value::Null);
        assert!(ended["after"]["revoked_at"].is_string(), "{ended}");
    });
}
