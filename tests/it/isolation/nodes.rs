//! Two processes on one PostgreSQL and Redis are one service: what one made the other knows, and lets nobody else see.

use super::contract::{Operation, Place, operations};
use super::world::World;
use super::{matrix, wants_a_key};
use crate::harness::process::ServerProcess;
use crate::harness::{Answer, block_on, node};

/// A read of the tenant's own objects.
fn own(world: &World, operation: &Operation) -> String {
    let mut path = operation.path.clone();
    for position in &operation.positions {
        if let Place::Path(name) = &position.place {
            path = path.replace(&format!("{{{name}}}"), &world.id(&position.prefix));
        }
    }
    for number in &operation.numbers {
        path = path.replace(&format!("{{{number}}}"), "1");
    }
    path
}

/// What both say, but for the moment at which a copy was taken.
fn content(answer: &Answer) -> (u16, serde_json::Value) {
    let mut json = answer.json.clone();
    for fleeting in ["request_id", "as_of", "exported_at"] {
        json.as_object_mut().map(|object| object.remove(fleeting));
    }
    (answer.status, json)
}

#[test]
fn another_tenants_ids_do_not_exist_at_another_node() {
    block_on(async {
        let other = ServerProcess::start(node().cluster).await;
        matrix(node(), &other.base).await;
        wants_a_key(&other.base).await;
        other.kill();
    });
}

#[test]
fn what_one_node_made_the_other_shows() {
    block_on(async {
        let other = ServerProcess::start(node().cluster).await;
        let world = World::build(node()).await;
        let mut shown = 0;
        for operation in operations(node()).await {
            if operation.method != reqwest::Method::GET || operation.is_operators() {
                continue;
            }
            let path = own(&world, &operation);
            let here = world.tenant.api.get(&path).await;
            let there = world.tenant.api.at(&other.base).get(&path).await;
            assert_eq!(content(&here), content(&there), "{path}");
            if !operation.positions.is_empty() {
                // The sandbox's only are refused at both.
                assert!([200, 403].contains(&here.status), "{path}: {here}");
            }
            shown += 1;
        }
        assert!(shown > 30, "only {shown} reads were compared");
        other.kill();
    });
}
