//! The export of one member: everything, and only that member's.

use serde_json::{Value, json};

use crate::books;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node};

/// Each consent with the time and the place at which it was given or taken back.
fn consents_stand_in(export: &Value) {
    let history: Vec<(&Value, &Value, &Value)> = export["consent_history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (&change["consent"], &change["granted"], &change["source"]))
        .collect();
    let expected = [
        (json!("letters"), json!(true), json!("paper form")),
        (json!("letters"), json!(false), json!("call")),
        (json!("mail"), json!(true), json!("call")),
    ];
    let expected: Vec<(&Value, &Value, &Value)> = expected
        .iter()
        .map(|(consent, granted, source)| (consent, granted, source))
        .collect();
    assert_eq!(history, expected);
}

#[test]
fn an_export_holds_everything_of_one_member() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let card = unique();
        let member = tenant
            .enrol(&json!({"cards": [card], "family_name": "山田", "consents": {"letters": true}, "consent_source": "paper form"}))
            .await;
        let other = tenant.enrol(&json!({"family_name": "other-canary"})).await;
        tenant.grant(&other, 3).await;
        let path = format!("/v1/members/{member}");
        let change =
            json!({"consents": {"letters": false, "mail": true}, "consent_source": "call"});
        tenant.api.patch(&path, &change).await.expect(200);
        let nothing = json!({"consent_source": "call"});
        tenant.api.patch(&path, &nothing).await.expect(200);
        tenant.grant(&member, 12).await;
        let spend =
            json!({"member": {"id": member}, "wallet": "points", "points": 5, "mode": "capture"});
        let spent = tenant.api.keyed("/v1/redemptions", &unique(), &spend).await;
        let reader = tenant.key(&["members:read"]).await;
        let export = reader.get(&format!("{path}/export")).await.expect(200);
        assert!(!export.to_string().contains("other-canary"));
        let export = export.json;
        assert_eq!(export["member"]["family_name"], "山田");
        assert_eq!(export["member"]["cards"], json!([card]));
        assert_eq!(export["balances"][0]["available"], 7);
        consents_stand_in(&export);
        let kinds: Vec<&Value> = export["transactions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|made| &made["type"])
            .collect();
        assert_eq!(kinds, ["redeem", "purchase"]);
        assert_eq!(
            export["transactions"][0]["redemption_id"],
            json!(spent.expect(201).text("/id"))
        );
        let moved = json!([{"wallet": "points", "from": "available", "to": "redeemed", "points": 5, "rule": null}]);
        assert_eq!(export["transactions"][0]["moves"], moved);
        assert_eq!(
            export["purchases"][0]["receipt"]["lines"][0]["amount"],
            1_200
        );
        assert_eq!(
            export["purchases"][0]["id"],
            export["transactions"][1]["purchase_id"]
        );
        assert_eq!(export["is_complete"], true);
        let log = tenant
            .api
            .get("/v1/audit-log?action=member.exported")
            .await
            .json;
        assert_eq!(log["data"][0]["subject"], json!(member));
        tenant
            .key(&["members:write"])
            .await
            .get(&format!("{path}/export"))
            .await
            .expect(403);
    });
}

#[test]
fn of_very_many_transactions_the_latest_are_exported() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let id = member.parse::<domain::id::MemberId>().unwrap().uuid();
        let owner = node().cluster.owner().await;
        let number = tenant.number;
        // Transactions of nothing, as many as an export may hold.
        let fill = format!(
            "insert into ledger_transactions (tenant_id, member_id, version, id, kind, occurred_at, recorded_at, actor)
                 select {number}, '{id}', n, lpad(to_hex(n), 32, '0')::uuid, 'expire', now(), now(), '{id}'
                 from generate_series(1, 10000) n;
             update member_ledgers set version = 10000 where tenant_id = {number}"
        );
        owner.batch_execute(&fill).await.unwrap();
        // What a wallet held before them is not looked for in each of them.
        let statement = format!("/v1/members/{member}/transactions?limit=200");
        let lines = tenant.api.get(&statement).await.expect(200).json;
        assert_eq!(lines["data"].as_array().unwrap().len(), 200);
        let path = format!("/v1/members/{member}/export");
        let full = tenant.api.get(&path).await.expect(200).json;
        assert_eq!(full["transactions"].as_array().unwrap().len(), 10_000);
        assert_eq!(full["is_complete"], true);
        tenant.grant(&member, 1).await;
        let more = tenant.api.get(&path).await.expect(200).json;
        let all = more["transactions"].as_array().unwrap();
        assert_eq!((all.len(), &all[0]["version"]), (10_000, &json!(10_001)));
        assert_eq!(more["is_complete"], false);
        books::hold(node().cluster, number).await;
    });
}
