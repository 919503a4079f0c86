//! Rules of the schema, read from the catalog, and what row-level security alone guarantees. Every query below names
//! the faults it finds, so that a fault tells its own name.

pub(crate) mod full;
mod migrations;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::harness::sql::{CONTROL_TABLES, tables, tenant_tables};
use crate::harness::{TestTenant, block_on, node};

/// A rule and the query that finds what breaks it.
const RULES: [(&str, &str); 14] = [
    (
        "a table with tenants' data has row-level security and a policy",
        "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
            and c.relname not in ('api_keys', 'partner_grants', 'book_checks')
            and (not c.relrowsecurity or not exists (select 1 from pg_policy p where p.polrelid = c.oid))",
    ),
    (
        "row-level security is not forced: the owner's migrations and shard moves need to pass it",
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relforcerowsecurity",
    ),
    (
        "tenant_id bigint not null is the first column of a tenant table",
        "select c.relname::text from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum = 1
            where c.relrowsecurity
              and (a.attname <> 'tenant_id' or not a.attnotnull or a.atttypid <> 'bigint'::regtype)",
    ),
    (
        "every index of a tenant table leads with tenant_id",
        "select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid
            where c.relrowsecurity and i.indkey[0] is distinct from
                (select attnum from pg_attribute where attrelid = i.indrelid and attname = 'tenant_id')",
    ),
    (
        "a tenant table has a primary key",
        "select relname::text from pg_class c where relrowsecurity
            and not exists (select 1 from pg_index i where i.indrelid = c.oid and i.indisprimary)",
    ),
    (
        "a foreign key of a tenant table carries tenant_id first on both sides",
        "select conname::text from pg_constraint f join pg_class c on c.oid = f.conrelid
            where f.contype = 'f' and c.relrowsecurity
              and ((select attname from pg_attribute where attrelid = f.conrelid and attnum = f.conkey[1]) <> 'tenant_id'
                or (select attname from pg_attribute where attrelid = f.confrelid and attnum = f.confkey[1]) <> 'tenant_id')",
    ),
    (
        "foreign keys do nothing or cascade",
        "select conname::text from pg_constraint where contype = 'f'
            and (confdeltype not in ('a', 'c') or confupdtype not in ('a', 'c'))",
    ),
    (
        "ids of tenant tables come from the service: no identity, serial or volatile default",
        "select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
            left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where c.relrowsecurity and a.attnum > 0 and not a.attisdropped
              and (a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) ~* 'nextval|random|uuid\\w*\\(|clock_timestamp')",
    ),
    (
        "no triggers and no rules",
        "select tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
            where not t.tgisinternal and c.relnamespace = 'public'::regnamespace
         union all select rulename::text from pg_rules where schemaname = 'public'",
    ),
    (
        "views, if any, run with the reader's rights, and none is materialised",
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace
            and (relkind = 'm' or (relkind = 'v' and not coalesce('security_invoker=true' = any (reloptions), false)))",
    ),
    (
        "no function runs with its owner's rights",
        "select proname::text from pg_proc where prosecdef and pronamespace = 'public'::regnamespace",
    ),
    (
        "the service's role is harmless",
        "select rolname::text from pg_roles where rolname = 'tamaru_app'
            and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
         union all select rolname::text from pg_roles where rolname = 'tamaru_owner' and (rolsuper or rolbypassrls)",
    ),
    (
        "the service owns nothing and belongs to no other role",
        "select relname::text from pg_class where pg_get_userbyid(relowner) = 'tamaru_app'
         union all select r.rolname::text from pg_auth_members m join pg_roles r on r.oid = m.roleid
            where m.member = 'tamaru_app'::regrole",
    ),
    (
        "the service may not truncate, refer or make triggers",
        "select c.relname || ' ' || p from pg_class c, unnest(array['truncate', 'references', 'trigger']) p
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
              and has_table_privilege('tamaru_app', c.oid, p)",
    ),
];

/// Tables that only grow.
const APPEND_ONLY: [&str; 7] = [
    "audit_log",
    "ledger_sums",
    "ledger_transactions",
    "purchases",
    "purchase_events",
    "operations",
    "program_versions",
];

#[test]
fn the_schema_keeps_its_rules() {
    block_on(async {
        let administrator = node().cluster.administrator().await;
        for (rule, query) in RULES {
            let faults = administrator.query(query, &[]).await.unwrap();
            let faults: Vec<String> = faults.iter().map(|row| row.get(0)).collect();
            assert!(faults.is_empty(), "{rule}: {faults:?}");
        }
    });
}

#[test]
fn tables_without_row_level_security_are_the_listed_ones() {
    block_on(async {
        let administrator = node().cluster.administrator().await;
        let query = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
            and relkind in ('r', 'p') and not relrowsecurity order by 1";
        let open = administrator.query(query, &[]).await.unwrap();
        let mut open: Vec<String> = open.iter().map(|row| row.get(0)).collect();
        let mut listed = CONTROL_TABLES.map(str::to_owned);
        open.sort();
        listed.sort();
        assert_eq!(open, listed);
    });
}

#[test]
fn what_was_written_stays() {
    block_on(async {
        let administrator = node().cluster.administrator().await;
        let known = tables(&administrator).await;
        for table in APPEND_ONLY {
            assert!(known.iter().any(|name| name == table), "{table} is gone");
            for privilege in ["update", "delete"] {
                let query = "select has_table_privilege('tamaru_app', $1::text, $2::text)
                    or has_any_column_privilege('tamaru_app', $1::text, replace($2::text, 'delete', 'update'))";
                let row = administrator
                    .query_one(query, &[&table, &privilege])
                    .await
                    .unwrap();
                assert!(
                    !row.get::<_, bool>(0),
                    "the service may {privilege} {table}"
                );
            }
        }
        // A key may be forgotten when it is old, never changed.
        let query = "select has_any_column_privilege('tamaru_app', 'idempotency_keys', 'update')";
        let row = administrator.query_one(query, &[]).await.unwrap();
        assert!(!row.get::<_, bool>(0), "the service may change keys");
        // Of a lot only what is left and its time may change.
        let query = "select a.attname::text from pg_attribute a where a.attrelid = 'lots'::regclass and a.attnum > 0
            and has_column_privilege('tamaru_app', 'lots', a.attname, 'update')";
        let columns = administrator.query(query, &[]).await.unwrap();
        let mut columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
        columns.sort();
        let expected = [
            "activates_at",
            "awaits",
            "expires_at",
            "pending_until",
            "remaining",
        ];
        assert_eq!(columns, expected);
    });
}

async fn count(client: &Client, table: &str) -> i64 {
    let query = format!("select count(*) from {table}");
    client.query_one(&query, &[]).await.unwrap().get(0)
}

/// Runs one change as one tenant and takes it back; the state it was refused with.
async fn refused(client: &Client, tenant: i64, change: &str) -> Option<SqlState> {
    let head = format!("begin; set local app.tenant_id = '{tenant}'");
    client.batch_execute(&head).await.unwrap();
    let outcome = client.batch_execute(change).await;
    client.batch_execute("rollback").await.unwrap();
    outcome.err().map(|error| error.code().cloned().unwrap())
}

#[test]
fn views_show_what_their_tenant_has() {
    block_on(async {
        let tenant = TestTenant::new().await;
        tenant.grant(&tenant.member().await, 5).await;
        let service = node().cluster.service().await;
        for view in ["ledger_transfers", "wallets"] {
            assert_eq!(count(&service, view).await, 0, "{view} without a tenant");
            let head = format!("begin; set local app.tenant_id = '{}'", tenant.number);
            service.batch_execute(&head).await.unwrap();
            assert_eq!(count(&service, view).await, 1, "{view} as its tenant");
            service.batch_execute("rollback").await.unwrap();
        }
    });
}

#[test]
fn row_level_security_alone_keeps_tenants_apart() {
    block_on(async {
        let (ours, theirs) = (TestTenant::new().await, TestTenant::new().await);
        full::fill(&ours).await;
        full::fill(&theirs).await;
        let owner = node().cluster.owner().await;
        let service = node().cluster.service().await;
        for table in tenant_tables(&owner).await {
            let of = format!("select count(*) from {table} where tenant_id = $1");
            let rows: i64 = owner.query_one(&of, &[&ours.number]).await.unwrap().get(0);
            assert!(rows > 0, "{table}: the proof needs a row in every table");
            assert_eq!(count(&service, &table).await, 0, "{table} without a tenant");
            let insert = format!("insert into {table} (tenant_id) values ({})", theirs.number);
            let bare = service.batch_execute(&insert).await.unwrap_err();
            assert_eq!(
                bare.code(),
                Some(&SqlState::INSUFFICIENT_PRIVILEGE),
                "{table}"
            );

            let head = format!("begin; set local app.tenant_id = '{}'", ours.number);
            service.batch_execute(&head).await.unwrap();
            assert_eq!(count(&service, &table).await, rows, "{table} as its tenant");
            service.batch_execute("commit").await.unwrap();
            // Of a committed transaction nothing stays on the connection.
            assert_eq!(count(&service, &table).await, 0, "{table} afterwards");

            let state = refused(&service, ours.number, &insert).await;
            assert_eq!(
                state,
                Some(SqlState::INSUFFICIENT_PRIVILEGE),
                "insert into {table}"
            );
            let give = format!("update {table} set tenant_id = {}", theirs.number);
            let state = refused(&service, ours.number, &give).await;
            assert_eq!(
                state,
                Some(SqlState::INSUFFICIENT_PRIVILEGE),
                "update {table}"
            );
            let all = format!("set local row_security = off; select * from {table}");
            let state = refused(&service, ours.number, &all).await;
            assert_eq!(
                state,
                Some(SqlState::INSUFFICIENT_PRIVILEGE),
                "all of {table}"
            );
        }
    });
}
