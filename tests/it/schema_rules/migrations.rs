//! Every migration can be undone and done again, and leaves the schema that the service's own migrator makes.

use std::fs;
use std::path::PathBuf;

use tokio_postgres::Client;

use crate::harness::cluster::connect;
use crate::harness::{block_on, node};

/// Everything that a migration makes, in words.
const SCHEMA: &str = "
    select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || ' ' || a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || ' ' || a.attidentity::text
        || ' ' || coalesce(a.attacl::text, '') as text
    from pg_attribute a join pg_class c on c.oid = a.attrelid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
        and not a.attisdropped and c.relname <> '__diesel_schema_migrations'
    union all
    select 'table ' || relname || ' ' || relrowsecurity || ' ' || coalesce(reloptions::text, '')
        || ' ' || coalesce(relacl::text, '') from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S', 'v', 'm')
        and relname <> '__diesel_schema_migrations'
    union all
    select 'index ' || indexdef from pg_indexes where schemaname = 'public' and tablename <> '__diesel_schema_migrations'
    union all
    select 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid::regclass::text <> '__diesel_schema_migrations'
    union all
    select 'policy ' || tablename || ' ' || policyname || ' ' || qual || ' ' || coalesce(with_check, '') from pg_policies
    union all
    select 'function ' || proname || ' ' || prosrc from pg_proc where pronamespace = 'public'::regnamespace
    order by 1";

async fn schema(client: &Client) -> Vec<String> {
    let rows = client.query(SCHEMA, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The folders of all migrations, oldest first.
fn folders() -> Vec<PathBuf> {
    let root = crate::tidy::source::root().join("migrations");
    let mut folders: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

async fn run(client: &Client, folder: &std::path::Path, file: &str) {
    let text = fs::read_to_string(folder.join(file)).unwrap();
    // Concurrent indexes stand in files of their own and refuse a transaction.
    let text = if text.contains("concurrently") {
        text
    } else {
        format!("begin; {text}; commit")
    };
    if let Err(error) = client.batch_execute(&text).await {
        panic!("{folder:?}/{file}: {error:?}");
    }
}

#[test]
fn up_down_up_gives_the_same_schema() {
    block_on(async {
        let cluster = node().cluster;
        let url = cluster.scratch("tamaru_it_schema").await;
        let client = connect(&url).await;
        let allow = "grant create on schema public to tamaru_owner;
            grant usage on schema public to tamaru_app; set role tamaru_owner";
        client.batch_execute(allow).await.unwrap();
        let empty = schema(&client).await;
        let folders = folders();
        for folder in &folders {
            run(&client, folder, "up.sql").await;
        }
        let once = schema(&client).await;
        for folder in folders.iter().rev() {
            run(&client, folder, "down.sql").await;
        }
        assert_eq!(schema(&client).await, empty, "something was left behind");
        for folder in &folders {
            run(&client, folder, "up.sql").await;
        }
        assert_eq!(schema(&client).await, once, "the second time differs");
        assert_eq!(
            schema(&cluster.administrator().await).await,
            once,
            "the migrator differs"
        );
        drop(client);
        cluster.drop_scratch("tamaru_it_schema").await;
    });
}
