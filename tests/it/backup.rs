//! A tenant that was backed up and brought back into an empty database is the same for everybody who asks, and a
//! backup that is not as it was written changes nothing.

mod answers;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use api::config::Config;
use api::db::bulk::Bulk;
use api::secrets::Secrets;
use api::tenants::{BackupError, backup, restore};
use api::verify::{is_clean, verify};
use serde_json::json;
use tokio_postgres::Client;

use crate::harness::cluster::{Cluster, MASTER_KEY};
use crate::harness::sql::{self, digest};
use crate::harness::tenant::{Spec, number_of};
use crate::harness::{Node, TestTenant, block_on, node};
use crate::isolation::noninterference::script;
use crate::schema_rules::full;

/// Tables that are the service's own, with no part of a tenant.
const OF_NOBODY: [&str; 2] = ["signing_keys", "__diesel_schema_migrations"];

fn secrets() -> Secrets {
    Secrets::new(MASTER_KEY.into()).unwrap()
}

/// A folder that is gone with its value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("tamaru-it-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

/// A node on a database of its own, without the Redis that all databases of these tests share.
async fn node_beside(name: &str) -> Node {
    let cluster = Box::leak(Box::new(node().cluster.beside(name).await));
    let config = Config {
        redis_url: None,
        ..cluster.config()
    };
    Node::with(cluster, config).await
}

/// A tenant with a row in every table, and a past in its sandbox.
async fn lived_in(node: &Node, owner: &Client) -> TestTenant {
    let tenant = TestTenant::on(node, Spec::default()).await;
    full::fill_by(&tenant, owner).await;
    script::play(&tenant.sandbox).await;
    let new = json!({"name": "Till maker"});
    let partner = node.operator().post("/v1/partners", &new).await.expect(201);
    let partner = partner.text("/id");
    let grant = json!({"partner": partner, "scopes": ["members:read"]});
    let granted = tenant.api.post("/v1/partner-grants", &grant).await;
    granted.expect(201);
    let rotate = format!("/v1/partners/{partner}/rotate");
    let rotated = node.operator().post(&rotate, &json!({})).await;
    assert!([200, 201].contains(&rotated.status), "{rotated}");
    let check = format!(
        "insert into book_checks values ({}, 'I1', 0, now())",
        tenant.number
    );
    owner.batch_execute(&check).await.unwrap();
    tenant
}

/// Rows of every table, whose ever they are.
async fn rows(owner: &Client) -> Vec<(String, i64)> {
    let mut counted = Vec::new();
    for table in sql::tables(owner).await {
        let count = format!("select count(*) from {table}");
        let rows = owner.query_one(&count, &[]).await.unwrap().get(0);
        counted.push((table, rows));
    }
    counted
}

#[test]
fn every_table_is_in_a_backup_or_is_nobodys() {
    block_on(async {
        let url = node().cluster.administrator_url.clone().into();
        let bulk = Bulk::snapshot(&url).await.unwrap();
        let kept = bulk.tables().await.unwrap();
        let mut kept: Vec<String> = kept.into_iter().map(|table| table.name).collect();
        kept.extend(OF_NOBODY.map(str::to_owned));
        kept.sort();
        let mut all = sql::tables(&node().cluster.administrator().await).await;
        all.sort();
        assert_eq!(kept, all);
    });
}

#[test]
fn the_services_own_role_takes_no_backup_from_which_rows_would_be_missing() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let folder = Folder::new("backup-role");
        let (file, url) = (folder.file("backup"), node().cluster.service_url.clone());
        let refused = backup(&url.into(), &secrets(), tenant.id, &file).await;
        let refused = refused.unwrap_err().to_string();
        assert!(!file.exists(), "{refused}");
        let owners = node().cluster.administrator_url.clone().into();
        let sandbox = tenant.sandbox.get("/v1/tenant").await.expect(200);
        let sandbox = sandbox.text("/id").parse().unwrap();
        let refused = backup(&owners, &secrets(), sandbox, &file).await;
        assert!(matches!(refused, Err(BackupError::Sandbox(_))));
        let nobody = "ten_00000000000000000000000000".parse().unwrap();
        let refused = backup(&owners, &secrets(), nobody, &file).await;
        assert!(matches!(refused, Err(BackupError::NoTenant(_))));
        tenant.enrol(&json!({"family_name": "山田"})).await;
        let others = Secrets::new("another-master-key-than-that-of-the-service".into()).unwrap();
        let refused = backup(&owners, &others, tenant.id, &file).await;
        assert!(matches!(refused, Err(BackupError::OtherMasterKey)));
        assert!(!file.exists());
    });
}

/// Everything that must be refused without a trace.
async fn bad_files(cluster: &Cluster, folder: &Folder, good: &Path) {
    let url = cluster.administrator_url.clone().into();
    let owner = cluster.owner().await;
    let before = rows(&owner).await;
    let whole = fs::read(good).unwrap();
    let bad = folder.file("bad");
    let middle = whole.len() / 2;
    for length in [0, 10, middle, whole.len() - 1] {
        fs::write(&bad, &whole[..length]).unwrap();
        let refused = restore(&url, &secrets(), &bad).await.unwrap_err();
        assert!(matches!(refused, BackupError::Cut), "{length}: {refused}");
    }
    for position in [30, middle, whole.len() - 2] {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        fs::write(&bad, &changed).unwrap();
        assert!(restore(&url, &secrets(), &bad).await.is_err(), "{position}");
    }
    let others = Secrets::new("another-master-key-than-that-of-the-service".into()).unwrap();
    let refused = restore(&url, &others, good).await.unwrap_err();
    assert!(matches!(refused, BackupError::OtherMasterKey), "{refused}");
    assert_eq!(rows(&owner).await, before);
    let newer = "insert into __diesel_schema_migrations (version) values ('99991231235959')";
    owner.batch_execute(newer).await.unwrap();
    let refused = restore(&url, &secrets(), good).await.unwrap_err();
    assert!(
        matches!(refused, BackupError::OtherSchema { .. }),
        "{refused}"
    );
    let older = "delete from __diesel_schema_migrations where version = '99991231235959'";
    owner.batch_execute(older).await.unwrap();
    assert_eq!(rows(&owner).await, before);
}

/// What only the operator is told.
async fn for_the_operator(node: &Node, tenant: &TestTenant) -> Vec<String> {
    let mut told = Vec::new();
    for path in [
        format!("/v1/tenants/{}", tenant.id),
        "/v1/partners".to_owned(),
    ] {
        let answer = node.operator().get(&path).await.expect(200);
        told.push(answer.to_string());
    }
    told
}

/// Life goes on where the tenant was brought to.
async fn goes_on(node: &Node, tenant: &TestTenant, owner: &Client) {
    let api = tenant.api.at(&node.base);
    let member = json!({"cards": ["2900000000777"], "family_name": "佐藤"});
    let enrolled = api.post("/v1/members", &member).await.expect(201);
    let receipt = tenant.receipt(&enrolled.text("/id"), "after-the-move", 5_000);
    let bought = api.keyed("/v1/purchases", "after-the-move", &receipt).await;
    bought.expect(201);
    let spend = json!({"member": {"card": "2900000000777"}, "wallet": "points", "points": 5, "mode": "capture"});
    let spent = api
        .keyed("/v1/redemptions", "after-the-move-too", &spend)
        .await;
    spent.expect(201);
    let new = TestTenant::on(node, Spec::default()).await;
    assert!(
        new.number > tenant.number,
        "{} after {}",
        new.number,
        tenant.number
    );
    let findings = verify(&node.cluster.administrator_url.clone().into()).await;
    let findings = findings.unwrap();
    assert!(is_clean(&findings), "{findings:#?}");
    let partners: i64 = sql::one(
        owner,
        "select count(*) from partner_grants g join partners p on p.id = g.partner_id where g.tenant_id = $1",
        tenant.number,
    )
    .await;
    assert_eq!(partners, 1);
}

#[test]
fn a_tenant_that_was_brought_back_into_an_empty_database_is_the_same() {
    block_on(async {
        let from = node_beside("tamaru_it_backup_from").await;
        // So that the tenant's numbers are not the first ones.
        TestTenant::on(&from, Spec::default()).await;
        let owner = from.cluster.owner().await;
        let tenant = lived_in(&from, &owner).await;
        let sandbox = tenant
            .sandbox
            .get("/v1/tenant")
            .await
            .expect(200)
            .text("/id");
        let numbers = [tenant.number, number_of(&owner, &sandbox).await];
        let mut before = answers::of(&from, [&tenant.api, &tenant.sandbox]).await;
        let told = for_the_operator(&from, &tenant).await;

        let folder = Folder::new("backup");
        let file = folder.file("backup");
        let url = from.cluster.administrator_url.clone().into();
        // Sums at a moment that is not over where they are brought to are left out there.
        let ahead = format!(
            "insert into ledger_sums values ({}, now() + interval '1 hour', 'points', 11, 1, 7)",
            tenant.number
        );
        owner.batch_execute(&ahead).await.unwrap();
        let taken = backup(&url, &secrets(), tenant.id, &file).await.unwrap();
        assert!(taken.rows > 200, "{taken:?}");
        let ahead = "delete from ledger_sums where until > now()";
        owner.batch_execute(ahead).await.unwrap();
        let digests = [
            digest(&owner, numbers[0]).await,
            digest(&owner, numbers[1]).await,
        ];
        before.and_exports().await;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("山田"), "personal data stands in the open");
        let again = backup(&url, &secrets(), tenant.id, &file).await;
        assert!(matches!(again, Err(BackupError::File { .. })), "{again:?}");

        let to = node_beside("tamaru_it_backup_to").await;
        bad_files(to.cluster, &folder, &file).await;
        let url = to.cluster.administrator_url.clone().into();
        let brought = restore(&url, &secrets(), &file).await.unwrap();
        assert_eq!(brought, taken);
        let new_owner = to.cluster.owner().await;
        for (number, before) in numbers.into_iter().zip(digests) {
            assert_eq!(digest(&new_owner, number).await, before);
        }
        before.are_those_of(&to).await;
        assert_eq!(for_the_operator(&to, &tenant).await, told);
        let counted = rows(&new_owner).await;
        for file in [&file, &folder.file("bad")] {
            let refused = restore(&url, &secrets(), file).await;
            assert!(refused.is_err(), "{refused:?}");
        }
        assert_eq!(rows(&new_owner).await, counted);
        let twice = restore(&url, &secrets(), &file).await;
        assert!(matches!(twice, Err(BackupError::Taken(_))), "{twice:?}");
        goes_on(&to, &tenant, &new_owner).await;
        for node in [from, to] {
            node.server.stop().await;
        }
        for name in ["tamaru_it_backup_from", "tamaru_it_backup_to"] {
            node().cluster.drop_scratch(name).await;
        }
    });
}
