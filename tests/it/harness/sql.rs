//! What SQL can prove about a tenant's data from outside the service.

use std::collections::BTreeMap;

use tokio_postgres::Client;

/// Tables without row-level security: the service must read them before it knows its tenant.
pub(crate) const CONTROL_TABLES: [&str; 8] = [
    "tenants",
    "api_keys",
    "partners",
    "partner_grants",
    "replaced_partner_keys",
    "signing_keys",
    "book_checks",
    "__diesel_schema_migrations",
];

/// Every table of the schema, by name.
pub(crate) async fn tables(client: &Client) -> Vec<String> {
    let query = "select relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p') order by 1";
    let rows = client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Every table that holds tenants' data.
pub(crate) async fn tenant_tables(client: &Client) -> Vec<String> {
    let mut tables = tables(client).await;
    tables.retain(|table| !CONTROL_TABLES.contains(&table.as_str()));
    tables
}

/// A digest of everything a tenant has, by table: equal digests mean that nothing changed.
pub(crate) async fn digest(owner: &Client, tenant: i64) -> BTreeMap<String, String> {
    let mut digests = BTreeMap::new();
    for table in tenant_tables(owner).await {
        let query = format!(
            "select count(*)::text || ' ' || coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '')
             from {table} t where t.tenant_id = $1"
        );
        let row = owner.query_one(&query, &[&tenant]).await.unwrap();
        digests.insert(table, row.get(0));
    }
    digests
}

/// The only column of the only row.
pub(crate) async fn one<T>(client: &Client, query: &str, tenant: i64) -> T
where
    T: for<'a> tokio_postgres::types::FromSql<'a>,
{
    client.query_one(query, &[&tenant]).await.unwrap().get(0)
}
