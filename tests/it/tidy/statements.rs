//! Where SQL may stand and what it must say, so that one tenant's statement can't touch another's rows and the same
//! statements run on a sharded database.

use std::collections::BTreeSet;

use super::none;
use super::source::{Source, all, rust};

/// Modules whose SQL is not in a `store.rs`.
const SQL_PLACES: [&str; 6] = [
    "api/src/ledger/",
    "api/src/db/",
    "api/src/db.rs",
    "api/src/catalog.rs",
    "api/src/idempotency.rs",
    "api/src/verify",
];
/// Words that would not run on shards, or would hide a decision in the database.
const FORBIDDEN: [&str; 12] = [
    "merge into",
    "random()",
    "gen_random_uuid",
    "uuid_generate",
    "pg_advisory",
    "listen ",
    "notify ",
    "create rule",
    "create trigger",
    "security definer",
    "nextval",
    "set_config(",
];

fn is_sql_place(source: &Source) -> bool {
    source.name() == "store.rs"
        || SQL_PLACES
            .iter()
            .any(|place| source.path.starts_with(place))
}

fn looks_like_sql(text: &str) -> bool {
    let text = text.trim_start().to_lowercase();
    let starts = |word: &str| text.starts_with(word);
    (starts("select ") && !text.contains(" a "))
        || starts("insert into ")
        || starts("delete from ")
        || starts("with ") && text.contains("select ")
        || (starts("update ") && text.contains(" set "))
}

/// Tables with a tenant's data, from the migrations.
fn tenant_tables() -> BTreeSet<String> {
    let migrations = all()
        .into_iter()
        .filter(|source| source.path.ends_with("/up.sql"));
    let mut tables = BTreeSet::new();
    for migration in migrations {
        for line in migration.text.lines() {
            let table = line.strip_prefix("alter table ");
            let table = table.and_then(|rest| rest.strip_suffix(" enable row level security;"));
            tables.extend(table.map(str::to_owned));
        }
    }
    assert!(
        tables.len() > 10,
        "the migrations were not understood: {tables:?}"
    );
    tables
}

/// The statements of the product: every literal and `.sql` file that is SQL.
fn statements() -> Vec<(String, String)> {
    let mut statements = Vec::new();
    for source in all() {
        if !source.path.starts_with("api/src/") || source.is_test() {
            continue;
        }
        let texts = match source.name().rsplit_once('.') {
            Some((_, "rs")) => source.literals(),
            Some((_, "sql")) => vec![source.text.clone()],
            _ => continue,
        };
        let texts = texts.into_iter().filter(|text| looks_like_sql(text));
        statements.extend(texts.map(|text| (source.path.clone(), words(&text))));
    }
    assert!(statements.len() > 20, "the statements were not found");
    statements
}

/// Lower case, with single spaces.
fn words(text: &str) -> String {
    text.to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Tenant tables that a statement reads or changes, once per mention; the target of an insert is apart.
fn mentions(text: &str, tables: &BTreeSet<String>) -> (Option<String>, Vec<String>) {
    let mut target = None;
    let mut read = Vec::new();
    let mut before = "";
    for word in text
        .split([' ', '(', ')', ','])
        .filter(|word| !word.is_empty())
    {
        if tables.contains(word) {
            match before {
                "into" => target = Some(word.to_owned()),
                "from" | "join" | "update" => read.push(word.to_owned()),
                _ => {}
            }
        }
        before = word;
    }
    (target, read)
}

#[test]
fn sql_stands_where_it_is_looked_for() {
    let mut faults = Vec::new();
    for source in rust("api/src/") {
        if source.is_test() || is_sql_place(&source) {
            continue;
        }
        let has_statement = source.code().contains("statement! {");
        if has_statement || source.literals().iter().any(|text| looks_like_sql(text)) {
            faults.push(source.path);
        }
    }
    none("SQL outside stores", &faults);
}

#[test]
fn every_statement_names_its_tenant() {
    let tables = tenant_tables();
    let mut faults = Vec::new();
    for (path, text) in statements() {
        // The auditor looks at every tenant at once, as the owner.
        if path.starts_with("api/src/verify") {
            continue;
        }
        let (target, read) = mentions(&text, &tables);
        let named = text.matches("tenant_id = $1").count();
        if named < read.len() {
            faults.push(format!(
                "{path}: {read:?} but {named} × tenant_id = $1 in: {text}"
            ));
        }
        let is_anchored = text.contains("from tenant_keys k") && text.contains("k.tenant_id = $1");
        if target.is_some_and(|table| table != "tenant_keys") && !is_anchored {
            faults.push(format!("{path}: not selected from the anchor: {text}"));
        }
    }
    none("statements that rely on row-level security alone", &faults);
}

#[test]
fn statements_run_on_shards() {
    let mut faults = Vec::new();
    for (path, text) in statements() {
        let is_change = ["insert ", "update ", "delete "]
            .iter()
            .any(|word| text.starts_with(word));
        let mut found: Vec<&str> = FORBIDDEN
            .into_iter()
            .filter(|word| text.contains(word))
            .collect();
        if is_change && text.contains("clock_timestamp()") {
            found.push("clock_timestamp() in a change");
        }
        if ["as (insert", "as (update", "as (delete"]
            .iter()
            .any(|chain| text.contains(chain))
        {
            found.push("a change inside a CTE");
        }
        if text.contains("on conflict") && text.starts_with("insert into idempotency_keys") {
            found.push("on conflict on keys");
        }
        if text.contains("on conflict") && text.starts_with("insert into purchases") {
            found.push("on conflict on till identities");
        }
        faults.extend(
            found
                .iter()
                .map(|word| format!("{path}: {word} in: {text}")),
        );
    }
    none(
        "statements that a sharded database refuses or that hide a fault",
        &faults,
    );
}

#[test]
fn statements_have_fixed_text() {
    let mut faults = Vec::new();
    for source in rust("api/src/") {
        let code = source.code();
        if !source.is_test() && code.contains("sql_query(") {
            faults.push(source.path);
        }
    }
    none("statements that are put together at run time", &faults);
}

#[test]
fn tables_are_found_behind_their_words() {
    let tables = ["a", "b", "c"].map(str::to_owned).into();
    let text = "insert into a (x) select k.x from b k, unnest($2) where exists (select 1 from c)";
    let expected = (Some("a".to_owned()), vec!["b".to_owned(), "c".to_owned()]);
    assert_eq!(mentions(text, &tables), expected);
}
