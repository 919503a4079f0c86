//! Another tenant's objects can't be seen, told from what does not exist, or changed. Everything is generated from
//! the OpenAPI document, and run with both locks in place and with row-level security taken away.

pub(crate) mod contract;
mod locks;
mod nodes;
pub(crate) mod noninterference;
mod redis_names;
mod small_pool;
pub(crate) mod world;

use serde_json::{Value, json};

use contract::{IdPosition, Operation, Place, operations};
use world::{World, unused};

use crate::harness::call::Api;
use crate::harness::tenant::plain_program;
use crate::harness::{Answer, Node, TestTenant, block_on, node, sql};

/// Operations without a key; a new one has to be written here.
const PUBLIC: [&str; 2] = ["create_token", "list_token_keys"];

/// The smallest body of an operation that reads an id in it; the id is put in afterwards.
fn body_of(operation: &Operation) -> Value {
    let receipt = json!({
        "store": "shibuya",
        "receipt_number": "foreign",
        "occurred_at": "2026-11-21T12:00:00+09:00",
        "member": {"id": null},
        "lines": [{"quantity": 1, "amount": 100}]
    });
    match operation.path.as_str() {
        "/v1/quotes" | "/v1/purchases" => receipt,
        "/v1/purchases/batch" => json!({"purchases": [receipt]}),
        "/v1/redemptions" => {
            json!({"member": {"id": null}, "wallet": "points", "points": 1, "mode": "capture"})
        }
        "/v1/exchanges" => {
            json!({"return": {"purchase": null, "amount": 1}, "purchase": receipt})
        }
        "/v1/purchases/{id}/claim" => json!({"member": {"id": null}}),
        "/v1/adjustments" => {
            json!({"member": {"id": null}, "wallet": "points", "points": 1, "reason": "foreign"})
        }
        "/v1/transfers" => {
            let side = json!({"member": {"id": null}});
            json!({"from": side, "to": side, "wallet": "points", "points": 1})
        }
        "/v1/members/lookup" => json!({"member": {"id": null}}),
        "/v1/members" | "/v1/members/{id}" => json!({"referred_by": null}),
        other => panic!("teach the test a body of {other} with an id in it"),
    }
}

/// Calls an operation as `caller` with `id` in one position and the caller's own in the others.
async fn call(caller: &World, operation: &Operation, position: &IdPosition, id: &str) -> Answer {
    let mut path = operation.path.clone();
    let mut body = operation.has_body.then(|| json!({}));
    for other in &operation.positions {
        let Place::Path(name) = &other.place else {
            continue;
        };
        let own = caller.id(&other.prefix);
        let text = if other.place == position.place {
            id
        } else {
            &own
        };
        path = path.replace(&format!("{{{name}}}"), text);
    }
    match &position.place {
        Place::Path(_) => {}
        Place::Query(name) => path = format!("{path}?{name}={id}"),
        Place::Body(pointer) => {
            let mut filled = body_of(operation);
            for other in &operation.positions {
                if let Place::Body(pointer) = &other.place
                    && let Some(own) = filled.pointer_mut(pointer)
                {
                    *own = json!(caller.id(&other.prefix));
                }
            }
            *filled.pointer_mut(pointer).unwrap() = json!(id);
            body = Some(filled);
        }
    }
    let mut request = caller.tenant.api.request(operation.method.clone(), &path);
    request = request.header("Idempotency-Key", format!("foreign-{}", operation.id));
    if let Some(body) = body {
        request = request.json(&body);
    }
    alone(caller.tenant.api.send(request).await)
}

/// What a batch says of its only part, as if it had been sent alone.
fn alone(mut answer: Answer) -> Answer {
    let Some(result) = answer.json.pointer("/results/0").cloned() else {
        return answer;
    };
    answer.status = u16::try_from(result["status"].as_u64().unwrap()).unwrap();
    answer.json = result["problem"].clone();
    answer
}

/// Another tenant's id is answered like one that nobody has, and as the place of the id demands.
async fn check(ours: &World, theirs: &World, operation: &Operation, position: &IdPosition) {
    let foreign = call(ours, operation, position, &theirs.id(&position.prefix)).await;
    let nobodys = call(ours, operation, position, &unused(&position.prefix)).await;
    let place = format!(
        "{} at {:?}: {foreign} / {nobodys}",
        operation.id, position.place
    );
    assert_eq!(foreign.status, nobodys.status, "{place}");
    assert_eq!(
        foreign.without_request_id(),
        nobodys.without_request_id(),
        "{place}"
    );
    match &position.place {
        Place::Path(_) => assert_eq!(
            (foreign.status, foreign.code()),
            (404, "not_found"),
            "{place}"
        ),
        Place::Query(_) => assert_eq!(foreign.json["data"], json!([]), "{place}"),
        Place::Body(_) if operation.path.ends_with("/lookup") => {
            assert!([404, 422].contains(&foreign.status), "{place}");
        }
        Place::Body(pointer) => {
            let faults = foreign.faults();
            assert_eq!(foreign.status, 422, "{place}");
            assert_eq!(faults.len(), 1, "{place}");
            assert_eq!(faults[0].1, "unknown_reference", "{place}");
            let pointer = pointer.trim_start_matches("/purchases/0");
            assert!(pointer.starts_with(&faults[0].0), "{place}");
        }
    }
    assert!(!foreign.to_string().contains(&theirs.canary), "{place}");
}

/// The whole matrix between two tenants that `node` made, with the questions of one of them asked at `asked`.
async fn matrix(node: &Node, asked: &str) {
    let (mut ours, theirs) = (World::build(node).await, World::build(node).await);
    ours.tenant.api = ours.tenant.api.at(asked);
    let program = plain_program();
    theirs.tenant.publish(&program, None).await.expect(201);
    let owner = node.cluster.owner().await;
    let before = sql::digest(&owner, theirs.tenant.number).await;
    let operations = operations(node).await;
    let mut checked = 0;
    for operation in operations
        .iter()
        .filter(|operation| !operation.is_operators())
    {
        for position in &operation.positions {
            check(&ours, &theirs, operation, position).await;
            checked += 1;
        }
        if operation.method == reqwest::Method::GET && operation.positions.is_empty() {
            nothing_of_theirs_is_listed(&ours, &theirs, operation).await;
        }
    }
    assert!(checked >= 18, "only {checked} positions were found");
    by_what_a_till_knows(&ours, &theirs).await;
    assert_eq!(sql::digest(&owner, theirs.tenant.number).await, before);
}

async fn nothing_of_theirs_is_listed(ours: &World, theirs: &World, operation: &Operation) {
    let path = operation.path_with("2");
    if operation.numbers.is_empty() {
        let answer = ours.tenant.api.get(&path).await;
        let answer = answer.to_string();
        assert!(!answer.contains(&theirs.canary), "{path}: {answer}");
    } else {
        // Version 3, which only they have.
        let (foreign, nobodys) = (operation.path_with("3"), operation.path_with("77"));
        let foreign = ours.tenant.api.get(&foreign).await.expect(404);
        let nobodys = ours.tenant.api.get(&nobodys).await.expect(404);
        assert_eq!(foreign.without_request_id(), nobodys.without_request_id());
    }
    if !operation.has_cursor {
        return;
    }
    let first = theirs
        .tenant
        .api
        .get(&format!("{path}?limit=1"))
        .await
        .expect(200);
    if let Some(cursor) = first.json["next_cursor"].as_str() {
        let stolen = ours
            .tenant
            .api
            .get(&format!("{path}?limit=1&cursor={cursor}"))
            .await;
        assert_eq!(
            (stolen.status, stolen.code()),
            (400, "invalid_cursor"),
            "{path}: {stolen}"
        );
    }
}

/// Cards and store codes are no ids of ours, so the document does not mark them.
async fn by_what_a_till_knows(ours: &World, theirs: &World) {
    let receipt = |member: Value, store: &str| {
        let mut receipt = ours.tenant.receipt(&ours.member, "foreign-card", 100);
        receipt["member"] = member;
        receipt["store"] = json!(store);
        receipt
    };
    for path in ["/v1/quotes", "/v1/purchases"] {
        let mut answers = Vec::new();
        for (card, store) in [
            (theirs.card.as_str(), "shibuya"),
            ("nobodys-card", "shibuya"),
            (ours.card.as_str(), theirs.store_code.as_str()),
            (ours.card.as_str(), "nobodys-store"),
        ] {
            let body = receipt(json!({"card": card}), store);
            answers.push(
                ours.tenant
                    .api
                    .keyed(path, "foreign-card", &body)
                    .await
                    .expect(422),
            );
        }
        assert_eq!(
            answers[0].without_request_id(),
            answers[1].without_request_id()
        );
        assert_eq!(
            answers[2].without_request_id(),
            answers[3].without_request_id()
        );
    }
    let find = |card: &str| format!("/v1/members?card={card}");
    let found = ours.tenant.api.get(&find(&theirs.card)).await;
    let nothing = ours.tenant.api.get(&find("nobodys-card")).await;
    assert_eq!(found.without_request_id(), nothing.without_request_id());
    let look_up = json!({"member": {"card": theirs.card}});
    let found = ours.tenant.api.post("/v1/members/lookup", &look_up).await;
    assert!([404, 422].contains(&found.status), "{found}");
}

#[test]
fn another_tenants_ids_do_not_exist() {
    block_on(matrix(node(), &node().base));
}

/// Every operation but the listed ones wants a key, and says so in the same words.
async fn wants_a_key(asked: &str) {
    let mut bodies = Vec::new();
    for operation in operations(node()).await {
        let path = operation.path_with(&unused("mem_"));
        let nobody = Api::new(asked, "");
        let request = nobody.request(operation.method.clone(), &path);
        let answer = nobody.send(request).await;
        let name = &operation.id;
        let is_listed = PUBLIC.contains(&name.as_str());
        assert_eq!(operation.is_public, is_listed, "{name}");
        if is_listed {
            continue;
        }
        assert_eq!(
            (answer.status, answer.code()),
            (401, "invalid_credentials"),
            "{name}: {answer}"
        );
        assert!(!answer.header("www-authenticate").is_empty(), "{name}");
        bodies.push(answer.without_request_id());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "one answer for every failure: {bodies:?}");
}

#[test]
fn nobody_gets_in_without_a_key() {
    block_on(wants_a_key(&node().base));
}

/// A key of the tenant with every scope but these. The operator's is none that a tenant could have.
async fn key_without(tenant: &TestTenant, scopes: &[String]) -> Api {
    let has = |scope: &&str| !scopes.iter().any(|needed| needed == scope);
    let all = api::auth::scope::Scope::ALL.iter();
    let rest: Vec<&str> = all.map(|scope| scope.as_str()).filter(has).collect();
    tenant.key(&rest).await
}

#[test]
fn a_key_does_what_its_scopes_say() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let owner = node().cluster.owner().await;
        let mut without = std::collections::BTreeMap::new();
        for operation in operations(node()).await {
            if operation.scopes.is_empty() {
                continue;
            }
            if !without.contains_key(&operation.scopes) {
                let key = key_without(&tenant, &operation.scopes).await;
                without.insert(operation.scopes.clone(), key);
            }
            let before = sql::digest(&owner, tenant.number).await;
            let key = &without[&operation.scopes];
            let path = operation.path_with(&member);
            let request = key.request(operation.method.clone(), &path);
            let answer = key.send(request.header("Idempotency-Key", "scope")).await;
            assert_eq!(
                (answer.status, answer.code()),
                (403, "insufficient_scope"),
                "{}: {answer}",
                operation.id
            );
            assert_eq!(
                sql::digest(&owner, tenant.number).await,
                before,
                "{}",
                operation.id
            );
            for scope in operation
                .scopes
                .iter()
                .filter(|_| !operation.is_operators())
            {
                let key = tenant.key(&[scope.as_str()]).await;
                let answer = key.send(key.request(operation.method.clone(), &path)).await;
                // Some operations are a sandbox's only, whatever the key.
                let is_let_in =
                    ![401, 403].contains(&answer.status) || answer.code() == "sandbox_only";
                assert!(is_let_in, "{} with {scope}: {answer}", operation.id);
            }
        }
    });
}
