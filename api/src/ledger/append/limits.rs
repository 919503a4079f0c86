//! What a batch used of limits that outlive their receipt.

use std::collections::{BTreeMap, BTreeSet};

use diesel::sql_types::{Array, BigInt, Date, Text, Uuid as SqlUuid};
use domain::history::Uses;
use domain::id::MemberId;
use domain::ledger::Transaction;
use jiff::civil;
use uuid::Uuid;

use super::exactly;
use crate::db::time::SqlDate;
use crate::db::{DbError, TenantConn};
use crate::statement;

/// Added uses by member and day, and by campaign.
#[derive(Debug, Default)]
pub(super) struct LimitRows {
    days: BTreeMap<(MemberId, String, civil::Date), Uses>,
    budgets: BTreeMap<String, Uses>,
    /// Budgets that have a row already, which is locked.
    kept: BTreeSet<String>,
}

impl LimitRows {
    /// Nothing yet; the budgets of `kept` have rows, which are locked.
    pub(super) fn after(kept: BTreeSet<String>) -> Self {
        Self {
            kept,
            ..Self::default()
        }
    }

    /// Add what one transaction used.
    pub(super) fn add(&mut self, made: &Transaction) -> Result<(), DbError> {
        for used in &made.uses {
            let key = (made.member, used.code.clone(), used.business_date);
            add(self.days.entry(key).or_default(), used.uses())?;
            if used.campaign {
                let budget = self.budgets.entry(used.code.clone()).or_default();
                add(budget, used.uses())?;
            }
        }
        Ok(())
    }

    /// Write what was added; members and budgets are locked.
    pub(super) async fn write(self, tx: &TenantConn) -> Result<(), DbError> {
        let tenant = tx.number();
        let kept = self.kept;
        let budgets = self.budgets.into_iter();
        let (old, new): (Vec<_>, Vec<_>) = budgets.partition(|(code, _)| kept.contains(code));
        let written = tokio::join!(
            exactly(self.days.len(), upsert_uses(tenant, self.days).run(tx)),
            exactly(old.len(), update_budgets(tenant, old).run(tx)),
            exactly(new.len(), insert_budgets(tenant, new).run(tx)),
        );
        DbError::cause(<[_; 3]>::from(written))
    }
}

fn add(sum: &mut Uses, more: Uses) -> Result<(), DbError> {
    let overflow = |_overflow| DbError::Failed("the uses of a limit are out of range".into());
    *sum = sum.checked_add(more).map_err(overflow)?;
    Ok(())
}

fn upsert_uses(tenant: i64, rows: BTreeMap<(MemberId, String, civil::Date), Uses>) -> UpsertUses {
    let n = rows.len();
    let mut columns = UpsertUses {
        tenant,
        member: Vec::with_capacity(n),
        code: Vec::with_capacity(n),
        business_date: Vec::with_capacity(n),
        points: Vec::with_capacity(n),
        times: Vec::with_capacity(n),
    };
    for ((member, code, date), uses) in rows {
        columns.member.push(member.uuid());
        columns.code.push(code);
        columns.business_date.push(date.into());
        columns.points.push(uses.points.get());
        columns.times.push(uses.times);
    }
    columns
}

fn update_budgets(tenant: i64, rows: Vec<(String, Uses)>) -> UpdateBudgets {
    let (code, points, times) = budget_columns(rows);
    UpdateBudgets {
        tenant,
        code,
        points,
        times,
    }
}

fn insert_budgets(tenant: i64, rows: Vec<(String, Uses)>) -> InsertBudgets {
    let (code, points, times) = budget_columns(rows);
    InsertBudgets {
        tenant,
        code,
        points,
        times,
    }
}

fn budget_columns(rows: Vec<(String, Uses)>) -> (Vec<String>, Vec<i64>, Vec<i64>) {
    let rows = rows.into_iter();
    rows.map(|(code, uses)| (code, uses.points.get(), uses.times))
        .collect()
}

statement! {
    /// Add to what codes granted on business dates; the members are locked.
    tenant UpsertUses = "insert into rule_uses (tenant_id, member_id, code, business_date, points, times)
        select k.tenant_id, u.* from tenant_keys k, unnest($2, $3, $4, $5, $6) as u
            (member_id, code, business_date, points, times)
        where k.tenant_id = $1
        on conflict (tenant_id, member_id, code, business_date) do update set
            points = rule_uses.points + excluded.points, times = rule_uses.times + excluded.times";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>, code: Vec<String> => Array<Text>,
      business_date: Vec<SqlDate> => Array<Date>, points: Vec<i64> => Array<BigInt>,
      times: Vec<i64> => Array<BigInt> }
}

statement! {
    /// Add to budgets that are locked.
    tenant UpdateBudgets = "update budgets set points = budgets.points + u.points, times = budgets.times + u.times
        from (select * from unnest($2, $3, $4) as t (code, points, times)) u
        where budgets.tenant_id = $1 and budgets.code = u.code";
    { tenant: i64 => BigInt, code: Vec<String> => Array<Text>, points: Vec<i64> => Array<BigInt>,
      times: Vec<i64> => Array<BigInt> }
}

statement! {
    /// No conflict clause: a budget that another node made since aborts the batch, which then reads
    /// again and finds a row to lock.
    tenant InsertBudgets = "insert into budgets (tenant_id, code, points, times)
        select k.tenant_id, u.* from tenant_keys k, unnest($2, $3, $4) as u (code, points, times)
        where k.tenant_id = $1";
    { tenant: i64 => BigInt, code: Vec<String> => Array<Text>, points: Vec<i64> => Array<BigInt>,
      times: Vec<i64> => Array<BigInt> }
}
