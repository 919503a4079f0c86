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

fn root() -> PathBuf {
    crate::tidy::source::root().join("migrations")
}

/// The folders of all migrations, oldest first.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(root())
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

/// A database of its own without any schema yet, as the owner of what comes.
async fn scratch(name: &str) -> Client {
    let client = connect(&node().cluster.scratch(name).await).await;
    let allow = "grant create on schema public to tamaru_owner;
        grant usage on schema public to tamaru_app; set role tamaru_owner";
    client.batch_execute(allow).await.unwrap();
    client
}

/// The schema as it was before a migration, with some rows, and the folder of that migration.
async fn before(name: &str, migration: &str, rows: &str) -> (Client, PathBuf) {
    let client = scratch(name).await;
    let (before, after): (Vec<_>, Vec<_>) = folders()
        .into_iter()
        .partition(|folder| folder < &root().join(migration));
    for folder in &before {
        run(&client, folder, "up.sql").await;
    }
    client.batch_execute(rows).await.unwrap();
    let migration = after.into_iter().next().unwrap();
    (client, migration)
}

/// The only column of every row.
async fn texts(client: &Client, query: &str) -> Vec<Option<String>> {
    let rows = client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A transaction of two moves, one of none.
const MOVES: &str = "
    insert into ledger_transactions (tenant_id, member_id, version, id, kind, occurred_at, recorded_at, actor)
        select 1, gen_random_uuid(), v, gen_random_uuid(), 'purchase', now(), now(), gen_random_uuid()
        from generate_series(1, 2) v;
    insert into ledger_transfers
        select 1, member_id, version, position, 'points', 11, 1, 10 + position, 20, rule, gen_random_uuid()
        from ledger_transactions, (values (0, 'base'), (1, null)) as r (position, rule) where version = 2";

#[test]
fn moves_go_into_the_rows_of_their_transactions_and_back() {
    block_on(async {
        let (client, migration) = before("tamaru_it_moves", "2026-11-29-000130", MOVES).await;
        let moves = "select t.id::text || to_jsonb(r) from ledger_transactions t
            left join ledger_transfers r using (tenant_id, member_id, version) order by t.version, r.position";
        let told = texts(&client, moves).await;
        assert_eq!(told.len(), 3);
        run(&client, &migration, "up.sql").await;
        assert_eq!(texts(&client, moves).await, told);
        run(&client, &migration, "down.sql").await;
        assert_eq!(texts(&client, moves).await, told);
        drop(client);
        node().cluster.drop_scratch("tamaru_it_moves").await;
    });
}

/// Members: one with two wallets, one without any, one who left.
const WALLETS: &str = "
    insert into members (tenant_id, id, status, enrolled_at, attributes, consents, created_at)
        select 1, lpad(v::text, 32, '0')::uuid, case v when 3 then 'closed' else 'active' end,
            now() - interval '1 day' * v, '{}', '{}', now() from generate_series(1, 3) v;
    insert into member_ledgers (tenant_id, member_id, version, last_recorded_at)
        select 1, id, 0, now() from members;
    insert into wallets values
        (1, lpad('1', 32, '0')::uuid, 'points', 5, 6, 7, 0, now()), (1, lpad('1', 32, '0')::uuid, 'miles', 1, 2, 3, 4, 'infinity'),
        (1, lpad('3', 32, '0')::uuid, 'points', 9, 0, 0, 0, 'infinity')";

#[test]
fn wallets_go_into_the_ledgers_of_their_members_and_back() {
    block_on(async {
        let (client, migration) = before("tamaru_it_wallets", "2026-11-29-000131", WALLETS).await;
        let wallets = "select to_jsonb(w)::text from wallets w order by member_id, wallet";
        let told = texts(&client, wallets).await;
        assert_eq!(told.len(), 3);
        run(&client, &migration, "up.sql").await;
        assert_eq!(texts(&client, wallets).await, told);
        let standing =
            "select l.status || (l.enrolled_at = m.enrolled_at) || (l.next_expires_at < 'infinity')
            from member_ledgers l join members m on m.id = l.member_id order by m.id";
        assert_eq!(
            texts(&client, standing).await,
            ["activetruetrue", "activetruefalse", "closedtruefalse"].map(some)
        );
        run(&client, &migration, "down.sql").await;
        assert_eq!(texts(&client, wallets).await, told);
        drop(client);
        node().cluster.drop_scratch("tamaru_it_wallets").await;
    });
}

/// Members by days: two of which the earlier was counted last, one day that nobody noted as the last, one, none.
const DAYS: &str = "
    insert into members (tenant_id, id, enrolled_at, attributes, consents, created_at)
        select 1, lpad(v::text, 32, '0')::uuid, now(), '{}', '{}', now() from generate_series(1, 4) v;
    insert into member_ledgers (tenant_id, member_id, version, last_recorded_at, status, enrolled_at, last_day)
        select 1, lpad(v::text, 32, '0')::uuid, 0, now(), 'active', now(), day::date
        from (values (1, '2026-11-20'), (2, null), (3, '2026-11-20'), (4, null)) l (v, day);
    insert into member_days
        select 1, lpad(v::text, 32, '0')::uuid, day::date, v * 10, v * 11, v, v * 12
        from (values (1, '2026-11-20'), (1, '2026-11-21'), (2, '2026-11-20'), (3, '2026-11-20')) d (v, day)";

#[test]
fn the_latest_days_go_into_the_ledgers_of_their_members_and_back() {
    block_on(async {
        let (client, migration) = before("tamaru_it_days", "2026-11-29-000132", DAYS).await;
        let days = "select to_jsonb(d)::text from member_days d where business_date is not null
            order by member_id, business_date";
        let told = texts(&client, days).await;
        assert_eq!(told.len(), 4);
        run(&client, &migration, "up.sql").await;
        assert_eq!(texts(&client, days).await, told);
        let latest =
            "select coalesce(last_day::text, 'none') from member_ledgers order by member_id";
        let latest = texts(&client, latest).await;
        assert_eq!(
            latest,
            ["2026-11-21", "2026-11-20", "2026-11-20", "none"].map(some)
        );
        let earlier = "select business_date::text from earlier_days";
        assert_eq!(texts(&client, earlier).await, ["2026-11-20"].map(some));
        run(&client, &migration, "down.sql").await;
        assert_eq!(texts(&client, days).await, told);
        drop(client);
        node().cluster.drop_scratch("tamaru_it_days").await;
    });
}

#[test]
fn up_down_up_gives_the_same_schema() {
    block_on(async {
        let cluster = node().cluster;
        let client = scratch("tamaru_it_schema").await;
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
