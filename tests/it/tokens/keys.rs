//! The keys that sign tokens: public for everybody, private for nobody, and followed by others in time.

use serde_json::json;

use super::{cut, with_token};
use crate::harness::call::Api;
use crate::harness::cluster::Cluster;
use crate::harness::tenant::Spec;
use crate::harness::{Answer, Node, TestTenant, block_on, node};

fn kids(jwks: &Answer) -> Vec<String> {
    let keys = jwks.json["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_public_keys_are_there_for_everybody_and_nothing_else_is() {
    block_on(async {
        let tenant = TestTenant::new().await;
        with_token(&tenant.api, &[]).await;
        let jwks = node()
            .nobody()
            .get("/.well-known/jwks.json")
            .await
            .expect(200);
        assert!(!kids(&jwks).is_empty());
        for key in jwks.json["keys"].as_array().unwrap() {
            let mut names: Vec<&String> = key.as_object().unwrap().keys().collect();
            names.sort();
            assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
            assert_eq!(
                (&key["kty"], &key["crv"], &key["alg"]),
                (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"))
            );
        }
        assert_eq!(jwks.header("cache-control"), "public, max-age=900");
    });
}

/// A node that reads the keys anew, the way any node does within a minute.
async fn fresh_kids(cluster: &'static Cluster) -> (Node, Vec<String>) {
    let node = Node::start(cluster).await;
    let jwks = node
        .nobody()
        .get("/.well-known/jwks.json")
        .await
        .expect(200);
    let kids = kids(&jwks);
    (node, kids)
}

#[test]
fn keys_follow_each_other_without_a_token_lost() {
    block_on(async {
        let cluster = node().cluster.beside("tamaru_it_tokens").await;
        let cluster: &'static _ = Box::leak(Box::new(cluster));
        let owner = cluster.owner().await;
        let (first, kids) = fresh_kids(cluster).await;
        let [old] = kids.as_slice() else {
            panic!("{kids:?}")
        };
        let tenant = TestTenant::on(&first, Spec::default()).await;
        let token = with_token(&tenant.api, &[]).await;
        let header = |token: &Api| token.key.split('.').next().unwrap().to_owned();
        let age = async |kid: &str, time: &str| {
            let age = format!(
                "update signing_keys set created_at = created_at - interval '{time}' where kid = '{kid}'"
            );
            owner.batch_execute(&age).await.unwrap();
        };
        age(old, "30 days 1 minute").await;
        let (second, kids) = fresh_kids(cluster).await;
        let [new, also] = kids.as_slice() else {
            panic!("{kids:?}")
        };
        assert_eq!(also, old, "the old one is listed beside its follower");
        let still = with_token(&tenant.api.at(&second.base), &[]).await;
        assert_eq!(
            header(&still),
            header(&token),
            "the old one signs until the new one is known"
        );
        age(new, "61 minutes").await;
        let (third, kids) = fresh_kids(cluster).await;
        assert_eq!(kids.len(), 2);
        let later = with_token(&tenant.api.at(&third.base), &[]).await;
        assert_ne!(header(&later), header(&token), "the new one signs");
        // Both are good at every node, also at the one that has not read the new key yet.
        for base in [&first.base, &second.base, &third.base] {
            for token in [&token, &still, &later] {
                token.at(base).get("/v1/tenant").await.expect(200);
            }
        }
        age(new, "60 minutes").await;
        let (fourth, left) = fresh_kids(cluster).await;
        assert_eq!(
            left,
            std::slice::from_ref(new),
            "no token of the old one lives"
        );
        cut(&token.at(&fourth.base).get("/v1/tenant").await);
        for node in [first, second, third, fourth] {
            node.server.stop().await;
        }
        node().cluster.drop_scratch("tamaru_it_tokens").await;
    });
}

#[test]
fn private_keys_are_sealed() {
    block_on(async {
        with_token(&TestTenant::new().await.api, &[]).await;
        let owner = node().cluster.owner().await;
        // PKCS 8 begins with these bytes for Ed25519; sealed, they stand nowhere.
        let query = "select count(*) from signing_keys where position('\\x06032b6570'::bytea in sealed_key) > 0";
        let bare: i64 = owner.query_one(query, &[]).await.unwrap().get(0);
        assert_eq!(bare, 0);
    });
}
