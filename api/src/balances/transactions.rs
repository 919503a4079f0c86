//! A member's statement: every atomic change, the newest first, with the balance after it.

use std::collections::HashMap;

use actix_web::web::{Data, Json, Path};
use domain::catalog::Catalog;
use domain::id::{LotId, MemberId};
use domain::ledger::Account;

use super::entry::{StatementEntry, StatementRow, StoredTransaction, Untouched, row_type, signed};
use super::store::{
    BalancesBefore, MemberIsThere, TransactionsBefore, TransactionsOfStores, TransfersOf,
};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::MembersRead;
use crate::catalog::Catalogs;
use crate::db::{DbError, TenantConn};
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

const ROUTE: &str = "transactions";

/// List a member's transactions, the newest first.
///
/// Versions go down by one from entry to entry without gaps. A key for some stores sees what took place in those and what
/// belongs to no store, such as expiry; what it does not see leaves gaps.
#[utoipa::path(
    get,
    path = "/v1/members/{id}/transactions",
    operation_id = "list_transactions",
    tag = "balances",
    params(("id" = MemberId, Path, description = "Id of the member"), PageQuery),
    responses((status = 200, description = "One page of the statement", body = Page<StatementEntry>), Problems),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn list_transactions(
    app: Data<App>,
    caller: Caller<MembersRead>,
    path: Path<String>,
    Query(PageQuery { limit, cursor }): Query<PageQuery>,
) -> Result<Json<Page<StatementEntry>>, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    let filters = member.to_string();
    let list = app.cursors.of(caller.tenant.0, ROUTE, &filters);
    let before: i64 = list.decode(cursor.as_deref())?.unwrap_or(i64::MAX);
    let (db, catalogs, tenant) = (app.db.clone(), app.catalogs.clone(), caller.tenant);
    let part = Part {
        before,
        limit: limit.and_one_more(),
        stores: caller.restrictions.stores.clone(),
    };
    let found = app
        .db
        .run(async move {
            let tx = db.snapshot(tenant).await?;
            let found = statement(&tx, &catalogs, member, part).await?;
            tx.commit().await?;
            Ok::<_, DbError>(found)
        })
        .await??;
    let entries = found.ok_or_else(Problem::not_found)?;
    let page = Page::cut(entries, limit, &list, |last| last.version)?;
    Ok(Json(page))
}

/// What is wanted of a statement.
pub(super) struct Part {
    /// What is older than this version.
    pub(super) before: i64,
    pub(super) limit: i64,
    /// Where it took place; none = wherever it did.
    pub(super) stores: Option<Vec<String>>,
}

/// What is written never changes, so the statements need no common snapshot.
pub(super) async fn statement(
    tx: &TenantConn,
    catalogs: &Catalogs,
    member: MemberId,
    part: Part,
) -> Result<Option<Vec<StatementEntry>>, DbError> {
    let stored = transactions(tx, member, part).await?;
    if stored.is_empty() {
        let is_there = MemberIsThere {
            tenant: tx.number(),
            member: member.uuid(),
        };
        let is_there = is_there.all(tx).await?.pop() == Some((true,));
        return Ok(is_there.then(Vec::new));
    }
    let mut rows = rows_of(tx, member, &stored).await?;
    let is_empty = |transaction: &&StoredTransaction| !rows.contains_key(&transaction.version);
    let empty: Vec<&StoredTransaction> = stored.iter().filter(is_empty).collect();
    let mut untouched = untouched(tx, catalogs, member, &empty).await?;
    let entries = stored.into_iter().map(|transaction| {
        let rows = rows.remove(&transaction.version).unwrap_or_default();
        let untouched = untouched.remove(&transaction.version);
        StatementEntry::new(transaction, rows, untouched)
    });
    Ok(Some(entries.collect()))
}

async fn transactions(
    tx: &TenantConn,
    member: MemberId,
    part: Part,
) -> Result<Vec<StoredTransaction>, DbError> {
    let (tenant, member) = (tx.number(), member.uuid());
    let Part {
        before,
        limit,
        stores,
    } = part;
    let rows = match stores {
        None => {
            let all = TransactionsBefore {
                tenant,
                member,
                before,
                limit,
            };
            all.all(tx).await?
        }
        Some(stores) => {
            let some = TransactionsOfStores {
                tenant,
                member,
                before,
                limit,
                stores,
            };
            some.all(tx).await?
        }
    };
    let stored = rows.into_iter().map(
        |(version, id, kind, occurred_at, recorded_at, purchase, redemption, reason, corrects)| {
            StoredTransaction {
                version,
                id,
                kind,
                occurred_at: occurred_at.into(),
                recorded_at: recorded_at.into(),
                purchase,
                redemption,
                reason,
                corrects,
            }
        },
    );
    Ok(stored.collect())
}

async fn rows_of(
    tx: &TenantConn,
    member: MemberId,
    stored: &[StoredTransaction],
) -> Result<HashMap<i64, Vec<StatementRow>>, DbError> {
    let transfers = TransfersOf {
        tenant: tx.number(),
        member: member.uuid(),
        versions: stored
            .iter()
            .map(|transaction| transaction.version)
            .collect(),
    };
    let mut rows: HashMap<i64, Vec<StatementRow>> = HashMap::new();
    for (version, wallet, debit, credit, points, balance_after, rule, lot) in
        transfers.all(tx).await?
    {
        let accounts = Account::from_code(debit).zip(Account::from_code(credit));
        let (debit, credit) = accounts
            .ok_or_else(|| DbError::Failed("a transfer between unknown accounts".into()))?;
        rows.entry(version).or_default().push(StatementRow {
            r#type: row_type(debit, credit),
            wallet,
            points: signed(debit, credit, points),
            balance_after,
            rule,
            lot_id: lot.map(LotId::from_uuid),
        });
    }
    Ok(rows)
}

/// What to show for transactions that moved nothing: the first wallet of the program that was in
/// force when they were recorded, with what it held.
async fn untouched(
    tx: &TenantConn,
    catalogs: &Catalogs,
    member: MemberId,
    empty: &[&StoredTransaction],
) -> Result<HashMap<i64, Untouched>, DbError> {
    if empty.is_empty() {
        return Ok(HashMap::new());
    }
    let (catalog, _now) = catalogs.for_transaction(tx).await?;
    let mut wallets: HashMap<i64, String> = empty
        .iter()
        .filter_map(|transaction| Some((transaction.version, first_wallet(&catalog, transaction)?)))
        .collect();
    let (versions, codes) = wallets
        .iter()
        .map(|(version, code)| (*version, code.clone()))
        .unzip();
    let before = BalancesBefore {
        tenant: tx.number(),
        member: member.uuid(),
        versions,
        wallets: codes,
    };
    let rows = before.all(tx).await?.into_iter();
    let shown = rows.filter_map(|(version, balance)| {
        let wallet = wallets.remove(&version)?;
        Some((version, Untouched { wallet, balance }))
    });
    Ok(shown.collect())
}

fn first_wallet(catalog: &Catalog, transaction: &StoredTransaction) -> Option<String> {
    let version = catalog.version_at(transaction.recorded_at)?;
    let wallet = version.program.wallets().first()?;
    Some(wallet.code.clone())
}
