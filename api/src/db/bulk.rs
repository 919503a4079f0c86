//! Whole tables of one tenant in and out, as their owner: by `copy`, which the sessions of the pool don't speak. Which
//! tables there are is read from the catalog, so that none is forgotten.

use std::collections::BTreeSet;

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, CopyInSink, CopyOutStream, NoTls, Row};

use super::DbError;

/// What both directions begin with: nothing is cut by row-level security, which is an error instead; nothing is waited
/// for at a limit; and values are written in one way, whatever the database is set to.
const HEAD: &str = "set local row_security = off; set local statement_timeout = 0;
    set local idle_in_transaction_session_timeout = 0; set local datestyle = 'ISO'; set local intervalstyle = 'postgres';
    set local timezone = 'UTC'; set local bytea_output = 'hex'";

/// Tables of the service itself, of which a tenant has no part: the keys that sign tokens, and the schema's own notes.
const OF_NOBODY: [&str; 2] = ["signing_keys", "__diesel_schema_migrations"];
/// Partners belong to no tenant; those come along whom the tenant granted something.
const PARTNERS: &str = "partners";
const PARTNER_KEYS: &str = "replaced_partner_keys";

/// A table as the catalog describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What it keeps, without what is computed.
    pub columns: Vec<String>,
}

impl Table {
    fn column_list(&self) -> String {
        let quoted: Vec<String> = self.columns.iter().map(|name| quoted(name)).collect();
        quoted.join(", ")
    }

    /// Which of its rows are those of tenants; `None` for those of nobody.
    fn condition(&self, tenants: &[i64]) -> Result<Option<String>, DbError> {
        let numbers: Vec<String> = tenants.iter().map(ToString::to_string).collect();
        let numbers = numbers.join(", ");
        let granted =
            format!("(select partner_id from partner_grants where tenant_id in ({numbers}))");
        match self.name.as_str() {
            name if OF_NOBODY.contains(&name) => Ok(None),
            "tenants" => Ok(Some(format!("id in ({numbers})"))),
            PARTNERS => Ok(Some(format!("id in {granted}"))),
            PARTNER_KEYS => Ok(Some(format!("partner_id in {granted}"))),
            _ if self.columns.iter().any(|name| name == "tenant_id") => {
                Ok(Some(format!("tenant_id in ({numbers})")))
            }
            name => Err(DbError::Failed(format!(
                "nobody said whose the rows of {name} are"
            ))),
        }
    }
}

/// The tenant as the control table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twins {
    /// Its number and that of its sandbox.
    pub numbers: Vec<i64>,
    /// Whether it is itself a sandbox.
    pub is_sandbox: bool,
}

/// One connection with one transaction.
pub struct Bulk {
    client: Client,
}

impl std::fmt::Debug for Bulk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Bulk")
    }
}

impl Bulk {
    /// Begin to read one moment.
    pub async fn snapshot(owner_url: &SecretString) -> Result<Self, DbError> {
        let begin = "begin isolation level repeatable read read only";
        Self::open(owner_url, begin).await
    }

    /// Begin to write, all or nothing.
    pub async fn write(owner_url: &SecretString) -> Result<Self, DbError> {
        Self::open(owner_url, "begin").await
    }

    async fn open(owner_url: &SecretString, begin: &str) -> Result<Self, DbError> {
        let unavailable = |error: tokio_postgres::Error| DbError::Unavailable(error.to_string());
        let connected = tokio_postgres::connect(owner_url.expose_secret(), NoTls).await;
        let (client, connection) = connected.map_err(unavailable)?;
        // It ends with the client, and what went wrong shows there.
        tokio::spawn(connection);
        let bulk = Self { client };
        bulk.say(&format!("{begin}; {HEAD}")).await?;
        Ok(bulk)
    }

    /// The newest migration, and how many there are.
    pub async fn schema(&self) -> Result<(String, i64), DbError> {
        let query = "select coalesce(max(version), ''), count(*) from __diesel_schema_migrations";
        let row = self.client.query_one(query, &[]).await?;
        Ok((column(&row, 0)?, column(&row, 1)?))
    }

    /// Every table in which tenants have a part, each behind those that it refers to.
    pub async fn tables(&self) -> Result<Vec<Table>, DbError> {
        let query = "select c.relname::text,
                array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = ''),
                array(select r.relname::text from pg_constraint f join pg_class r on r.oid = f.confrelid
                    where f.contype = 'f' and f.conrelid = c.oid and f.confrelid <> c.oid)
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            group by c.oid, c.relname order by c.relname";
        let mut found = Vec::new();
        for row in self.client.query(query, &[]).await? {
            let (name, columns) = (column(&row, 0)?, column(&row, 1)?);
            let table = Table { name, columns };
            if table.condition(&[])?.is_some() {
                found.push((table, column(&row, 2)?));
            }
        }
        in_order(found)
    }

    /// A tenant that was not deleted.
    pub async fn twins(&self, public_id: &str) -> Result<Option<Twins>, DbError> {
        let query = "select t.id, s.id, t.sandbox_of is not null from tenants t left join tenants s on s.sandbox_of = t.id
            where t.public_id = $1::text::uuid and t.status <> 'deleted'";
        let Some(row) = self.client.query_opt(query, &[&public_id]).await? else {
            return Ok(None);
        };
        let twin: Option<i64> = column(&row, 1)?;
        Ok(Some(Twins {
            numbers: [column(&row, 0)?].into_iter().chain(twin).collect(),
            is_sandbox: column(&row, 2)?,
        }))
    }

    /// Whether one of these numbers, or this id, is in use, even by a tenant that is deleted.
    pub async fn is_taken(&self, public_id: &str, numbers: &[i64]) -> Result<bool, DbError> {
        let query = "select exists (select 1 from tenants where id = any($1) or public_id = $2::text::uuid)";
        let row = self
            .client
            .query_one(query, &[&numbers, &public_id])
            .await?;
        column(&row, 0)
    }

    /// A member of the tenant and its key as it is stored, where any has one.
    pub async fn wrapped_key(&self, tenant: i64) -> Result<Option<(String, Vec<u8>)>, DbError> {
        let query =
            "select member_id::text, wrapped_key from member_profiles where tenant_id = $1 limit 1";
        let found = self.client.query_opt(query, &[&tenant]).await?;
        let found = found.map(|row| Ok((column(&row, 0)?, column(&row, 1)?)));
        found.transpose()
    }

    /// The rows of tenants, a line each.
    pub async fn rows(&self, table: &Table, tenants: &[i64]) -> Result<CopyOutStream, DbError> {
        let Some(condition) = table.condition(tenants)? else {
            return Err(DbError::Failed(format!("{} is nobody's", table.name)));
        };
        let (columns, name) = (table.column_list(), quoted(&table.name));
        let copy = format!("copy (select {columns} from {name} where {condition}) to stdout");
        Ok(self.client.copy_out(&copy).await?)
    }

    /// Takes lines as [`Self::rows`] gives them; [`Self::settle`] follows when all were sent.
    pub async fn fill(&self, table: &Table) -> Result<CopyInSink<Bytes>, DbError> {
        let target = if is_shared(table) {
            let (name, incoming) = (quoted(&table.name), incoming(table));
            let make = format!("create temporary table {incoming} (like {name}) on commit drop");
            self.say(&make).await?;
            incoming
        } else {
            quoted(&table.name)
        };
        let columns = table.column_list();
        let copy = format!("copy {target} ({columns}) from stdin");
        Ok(self.client.copy_in(&copy).await?)
    }

    /// Partners that are there already stay as they are, with the keys that they have here.
    pub async fn settle(&self, table: &Table) -> Result<(), DbError> {
        let (incoming, columns) = (incoming(table), table.column_list());
        match table.name.as_str() {
            PARTNERS => {
                self.say(&format!(
                    "delete from {incoming} i using partners p where p.id = i.id;
                     insert into partners ({columns}) select {columns} from {incoming}"
                ))
                .await
            }
            PARTNER_KEYS => {
                let new = format!("\"incoming_{PARTNERS}\"");
                self.say(&format!(
                    "insert into replaced_partner_keys ({columns})
                     select {columns} from {incoming} where partner_id in (select id from {new})"
                ))
                .await
            }
            "tenants" => {
                self.say(
                    "select setval(pg_get_serial_sequence('tenants', 'id'), newest.id)
                     from (select max(id) as id from tenants) newest
                     where newest.id > (select last_value from tenants_id_seq)",
                )
                .await
            }
            _ => Ok(()),
        }
    }

    /// Leave out sums of ledgers at moments that are not over by the clock here: what is recorded before them has yet to
    /// come. A worker writes them down again.
    pub async fn forget_sums_ahead(&self, tenants: &[i64]) -> Result<(), DbError> {
        let over = "select (clock_timestamp() - interval '1 minute')::text";
        let over: String = self.client.query_one(over, &[]).await?.try_get(0)?;
        let ahead =
            "delete from ledger_sums where tenant_id = $1 and until > $2::text::timestamptz";
        for tenant in tenants {
            self.client.execute(ahead, &[tenant, &over]).await?;
        }
        Ok(())
    }

    /// End what was begun.
    pub async fn commit(self) -> Result<(), DbError> {
        let ended = self.client.batch_execute("commit").await;
        ended.map_err(|error| DbError::OutcomeUnknown(error.to_string()))
    }

    async fn say(&self, text: &str) -> Result<(), DbError> {
        Ok(self.client.batch_execute(text).await?)
    }
}

/// Whether a table's rows may be there already, for other tenants.
fn is_shared(table: &Table) -> bool {
    [PARTNERS, PARTNER_KEYS].contains(&table.name.as_str())
}

fn incoming(table: &Table) -> String {
    quoted(&format!("incoming_{}", table.name))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl From<tokio_postgres::Error> for DbError {
    /// What the database said, without the values that it said it of.
    fn from(error: tokio_postgres::Error) -> Self {
        let said = error.as_db_error().map(|said| said.message().to_owned());
        Self::Failed(said.unwrap_or_else(|| error.to_string()))
    }
}

fn column<'a, T: tokio_postgres::types::FromSql<'a>>(
    row: &'a Row,
    index: usize,
) -> Result<T, DbError> {
    Ok(row.try_get(index)?)
}

/// Each table behind those that it refers to.
fn in_order(mut waiting: Vec<(Table, Vec<String>)>) -> Result<Vec<Table>, DbError> {
    let (mut ordered, mut names) = (Vec::new(), BTreeSet::new());
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(_, refers_to)| refers_to.iter().all(|name| names.contains(name)));
        if ready.is_empty() {
            return Err(DbError::Failed(
                "tables refer to each other in a circle".into(),
            ));
        }
        for (table, _) in ready {
            names.insert(table.name.clone());
            ordered.push(table);
        }
        waiting = rest;
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests;
