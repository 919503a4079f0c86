//! What members are found by: any writing of what the till knows, one member each, within one
//! tenant, and readable in no table.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::call::Answer;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node};
use crate::members::{enrol, full};

/// For a query: every byte by its number.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn a_member_is_found_by_every_identifier_in_any_writing() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let id = enrol(&tenant, &full()).await.expect(201).text("/id");
        let ways = [
            ("external_id", "customer-4711"),
            ("card", "290000012345"),
            ("card", "２９００ ０００ １２３４５"),
            ("card", "A9"),
            ("phone", "+819012345678"),
            ("phone", "０９０−１２３４−５６７８"),
            ("phone", "+4915123456789"),
            ("phone", "0312345678"),
            ("email", "hanako@EXAMPLE.com"),
        ];
        for (kind, text) in ways {
            let body = json!({"member": {kind: text}});
            let found = tenant
                .api
                .post("/v1/members/lookup", &body)
                .await
                .expect(200);
            assert_eq!(found.json["id"], json!(id), "{kind} {text}");
            let path = format!("/v1/members?{kind}={}", escaped(text));
            let listed = tenant.api.get(&path).await.expect(200);
            assert_eq!(listed.json["data"][0], found.json, "{kind} {text}");
            assert_eq!(listed.json["next_cursor"], Value::Null);
        }
        let body = json!({"member": {"id": id}});
        tenant
            .api
            .post("/v1/members/lookup", &body)
            .await
            .expect(200);
    });
}

#[test]
fn what_nobody_has_finds_nobody() {
    block_on(async {
        let (tenant, other) = (TestTenant::new().await, TestTenant::new().await);
        let foreign = enrol(&other, &full()).await.expect(201).text("/id");
        for member in [
            json!({"card": "2900-000-12345"}),
            json!({"phone": "nonsense"}),
            json!({"id": foreign}),
        ] {
            let body = json!({"member": member});
            let answer = tenant
                .api
                .post("/v1/members/lookup", &body)
                .await
                .expect(422);
            let fault = ("/member".to_owned(), "unknown_reference".to_owned());
            assert_eq!(answer.faults(), [fault]);
        }
        let none = tenant.api.get("/v1/members?card=1").await.expect(200);
        assert_eq!(none.json, json!({"data": [], "next_cursor": null}));
        for wrong in ["", "?card=1&phone=2", "?name=x", "?card=1&card=2"] {
            let answer = tenant
                .api
                .get(&format!("/v1/members{wrong}"))
                .await
                .expect(400);
            assert_eq!(answer.code(), "invalid_parameter", "{wrong}");
        }
        tenant
            .api
            .get(&format!("/v1/members/{foreign}"))
            .await
            .expect(404);
        for wrong in [
            "x",
            "mem_",
            "pur_01k3z8q4v5e7r9t2y4a6b8c0d1",
            "%00",
            "%2e%2e",
        ] {
            tenant
                .api
                .get(&format!("/v1/members/{wrong}"))
                .await
                .expect(404);
        }
    });
}

#[test]
fn an_identifier_belongs_to_one_member_of_one_tenant() {
    block_on(async {
        let (tenant, other) = (TestTenant::new().await, TestTenant::new().await);
        enrol(&tenant, &json!({"cards": ["1"], "phone": "090-1234-5678"}))
            .await
            .expect(201);
        let taken = enrol(
            &tenant,
            &json!({"cards": ["2", " 1 "], "phones": ["+81 90 1234 5678"]}),
        )
        .await
        .expect(409);
        assert_eq!(taken.code(), "identifier_taken");
        let pointers: Vec<String> = taken
            .faults()
            .into_iter()
            .map(|(pointer, _)| pointer)
            .collect();
        assert_eq!(pointers, ["/cards/1", "/phones/0"]);
        enrol(&tenant, &json!({"cards": ["2"], "external_id": "1"}))
            .await
            .expect(201);
        enrol(&other, &json!({"cards": ["1"], "phone": "090-1234-5678"}))
            .await
            .expect(201);
    });
}

#[test]
fn of_many_who_want_a_card_at_once_one_gets_it() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let body = json!({"cards": ["7", "8", "9"], "email": "a@b.jp"});
        let answers = join_all((0..20).map(|_| insist(&tenant, &body))).await;
        let enrolled = answers.iter().filter(|answer| answer.status == 201);
        let refused = answers
            .iter()
            .filter(|answer| answer.code() == "identifier_taken");
        assert_eq!((enrolled.count(), refused.count()), (1, 19));
    });
}

/// Enrols as a till does: a 503 says that nothing was written, so it asks again.
async fn insist(tenant: &TestTenant, body: &Value) -> Answer {
    loop {
        let answer = enrol(tenant, body).await;
        if answer.status != 503 {
            return answer;
        }
    }
}

#[test]
fn a_number_without_country_code_is_its_own_outside_japan() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let owner = node().cluster.owner().await;
        let update = format!(
            "update tenants set currency = 'EUR' where id = {}",
            tenant.number
        );
        owner.batch_execute(&update).await.unwrap();
        enrol(&tenant, &json!({"phones": ["090-1234-5678"]}))
            .await
            .expect(201);
        enrol(&tenant, &json!({"phones": ["+81 90 1234 5678"]}))
            .await
            .expect(201);
    });
}

#[test]
fn no_table_shows_what_is_personal() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let canary = "canary-7Q";
        let body = json!({
            "external_id": canary, "cards": [canary], "emails": [format!("{canary}@example.com")],
            "phones": ["08076543210"], "family_name": canary, "address": canary, "gender": canary
        });
        tenant
            .api
            .keyed("/v1/members", &unique(), &body)
            .await
            .expect(201);
        let owner = node().cluster.owner().await;
        let tables = "select table_name::text from information_schema.tables
            where table_schema = 'public' and table_type = 'BASE TABLE'";
        for row in owner.query(tables, &[]).await.unwrap() {
            let table: String = row.get(0);
            let rows = format!("select t::text from {table} t");
            for row in owner.query(&rows, &[]).await.unwrap() {
                let text: String = row.get(0);
                assert!(
                    !text.contains(canary) && !text.contains("8076543210"),
                    "{table}: {text}"
                );
                assert!(!text.contains("63616e6172792d3751"), "{table}: {text}");
            }
        }
    });
}

#[test]
fn an_email_belongs_to_one_member_in_any_case_and_stays_as_written() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let written = json!({"email": "Hanako.Yamada@Example.com"});
        let id = tenant.enrol(&written).await;
        for email in [
            "Hanako.Yamada@Example.com",
            "hanako.yamada@example.com",
            "HANAKO.YAMADA@EXAMPLE.COM",
        ] {
            let look_up = json!({"member": {"email": email}});
            let found = tenant
                .api
                .post("/v1/members/lookup", &look_up)
                .await
                .expect(200);
            assert_eq!(found.json["id"], json!(id), "{email}");
            assert_eq!(found.json["email"], written["email"]);
            let taken = tenant
                .api
                .post("/v1/members", &json!({"email": email}))
                .await
                .expect(409);
            assert_eq!(taken.code(), "identifier_taken");
        }
    });
}
