//! The rows that nearly every batch writes, in one statement: sent, prepared and begun once for all tables. None of its
//! parts reads what another writes. Inserts select from the anchor row, so that without the tenant set they write nothing.

use diesel::sql_types::{
    BigInt, Date, Integer, Json, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use crate::db::place::{Place, Tid};
use crate::db::time::{SqlDate, SqlInstant};
use crate::db::{DbError, TenantConn};
use crate::{columns, statement};

columns! {
    /// A key that is used already aborts the whole batch, which then reads again.
    KeyColumns {
        key: Uuid => SqlUuid, content: Uuid => SqlUuid, subject: Option<Uuid> => Nullable<SqlUuid>,
        refusal: Option<serde_json::Value> => Nullable<Json>, recorded_at: SqlInstant => Timestamptz,
    }
}

columns! {
    /// Accepted receipts.
    PurchaseColumns {
        id: Uuid => SqlUuid, till_identity: Uuid => SqlUuid, content: Uuid => SqlUuid,
        member: Option<Uuid> => Nullable<SqlUuid>, store: Uuid => SqlUuid, business_date: SqlDate => Date,
        occurred_at: SqlInstant => Timestamptz, recorded_at: SqlInstant => Timestamptz, actor: Uuid => SqlUuid,
        receipt: String => Text, outcome: String => Text,
    }
}

columns! {
    /// Version steps of members; `first` to `last` are the places of its moves among all, from 1.
    TransactionColumns {
        member: Uuid => SqlUuid, version: i64 => BigInt, id: Uuid => SqlUuid, kind: &'static str => Text,
        occurred_at: SqlInstant => Timestamptz, recorded_at: SqlInstant => Timestamptz, actor: Uuid => SqlUuid,
        subject: Option<Uuid> => Nullable<SqlUuid>, reason: Option<String> => Nullable<Text>,
        corrects: Option<Uuid> => Nullable<SqlUuid>, first: i32 => Integer, last: i32 => Integer,
    }
}

columns! {
    /// Moves of points, those of one transaction side by side.
    MoveColumns {
        wallet: String => Text, debit: i16 => SmallInt, credit: i16 => SmallInt, points: i64 => BigInt,
        balance_after: i64 => BigInt, rule: Option<String> => Nullable<Text>, lot: Option<Uuid> => Nullable<SqlUuid>,
    }
}

columns! {
    /// Grants.
    LotColumns {
        member: Uuid => SqlUuid, expires_at: Option<SqlInstant> => Nullable<Timestamptz>, id: Uuid => SqlUuid,
        wallet: String => Text, granted: i64 => BigInt, remaining: i64 => BigInt,
        activates_at: Option<SqlInstant> => Nullable<Timestamptz>, occurred_at: SqlInstant => Timestamptz,
        transaction: Uuid => SqlUuid, rule: String => Text, program_version: i32 => Integer,
        pending_until: Option<SqlInstant> => Nullable<Timestamptz>, awaits: Option<String> => Nullable<Text>,
    }
}

columns! {
    /// The members' ledgers after the batch, each found where its locked row stands; `first` to `last` are the places of
    /// its wallets among all, from 1.
    LedgerColumns {
        place: Place => Tid, member: Uuid => SqlUuid, version: i64 => BigInt, last_recorded_at: SqlInstant => Timestamptz,
        day: Option<SqlDate> => Nullable<Date>, spend: i64 => BigInt, gross_spend: i64 => BigInt, visits: i64 => BigInt,
        points_earned: i64 => BigInt, next_expires_at: Option<SqlInstant> => Nullable<Timestamptz>,
        first: i32 => Integer, last: i32 => Integer,
    }
}

columns! {
    /// Wallets as they are after the batch, those of one member side by side.
    WalletColumns {
        wallet: String => Text, available: i64 => BigInt, pending: i64 => BigInt, reserved: i64 => BigInt,
        deficit: i64 => BigInt, next_expires_at: Option<SqlInstant> => Nullable<Timestamptz>,
    }
}

statement! {
    /// Everything at once, and how many rows each part touched. No conflict clause: a used key or a known
    /// receipt is a duplicate.
    tenant Whole = "with written_keys as (
            insert into idempotency_keys (tenant_id, key, content_hash, subject, refusal, recorded_at)
            select k.tenant_id, u.* from tenant_keys k, (select unnest($2), unnest($3), unnest($4), unnest($5),
                unnest($6)) as u (key, content_hash, subject, refusal, recorded_at)
            where k.tenant_id = $1 returning 1),
        written_purchases as (
            insert into purchases (tenant_id, id, till_identity, content_hash, member_id, store_id, business_date,
                occurred_at, recorded_at, actor, receipt, outcome)
            select k.tenant_id, u.* from tenant_keys k, (select unnest($7), unnest($8), unnest($9), unnest($10),
                unnest($11), unnest($12), unnest($13), unnest($14), unnest($15), unnest($16), unnest($17)) as u
                (id, till_identity, content_hash, member_id, store_id, business_date, occurred_at, recorded_at, actor,
                 receipt, outcome)
            where k.tenant_id = $1 returning 1),
        written_transactions as (
            insert into ledger_transactions (tenant_id, member_id, version, id, kind, occurred_at, recorded_at, actor,
                subject, reason, corrects, wallets, debits, credits, points, balances_after, rules, lots)
            select k.tenant_id, u.member_id, u.version, u.id, u.kind, u.occurred_at, u.recorded_at, u.actor, u.subject,
                u.reason, u.corrects, $30[u.first:u.last], $31[u.first:u.last], $32[u.first:u.last],
                $33[u.first:u.last], $34[u.first:u.last], $35[u.first:u.last], $36[u.first:u.last]
            from tenant_keys k, (select unnest($18), unnest($19), unnest($20), unnest($21), unnest($22), unnest($23),
                unnest($24), unnest($25), unnest($26), unnest($27), unnest($28), unnest($29)) as u
                (member_id, version, id, kind, occurred_at, recorded_at, actor, subject, reason, corrects, first, last)
            where k.tenant_id = $1 returning cardinality(points) as moves),
        written_lots as (
            insert into lots (tenant_id, member_id, expires_at, id, wallet, granted, remaining, activates_at,
                occurred_at, transaction_id, rule, program_version, pending_until, awaits)
            select k.tenant_id, u.member_id, coalesce(u.expires_at, 'infinity'), u.id, u.wallet, u.granted,
                u.remaining, u.activates_at, u.occurred_at, u.transaction_id, u.rule, u.program_version,
                case when u.awaits is null then u.pending_until else coalesce(u.pending_until, 'infinity') end,
                u.awaits
            from tenant_keys k, (select unnest($37), unnest($38), unnest($39), unnest($40), unnest($41), unnest($42),
                unnest($43), unnest($44), unnest($45), unnest($46), unnest($47), unnest($48), unnest($49)) as u
                (member_id, expires_at, id, wallet, granted, remaining, activates_at, occurred_at, transaction_id,
                 rule, program_version, pending_until, awaits)
            where k.tenant_id = $1 returning 1),
        moved_ledgers as (
            update member_ledgers set version = u.version, last_recorded_at = u.last_recorded_at, last_day = u.day,
                day_spend = u.spend, day_gross_spend = u.gross_spend, day_visits = u.visits,
                day_points_earned = u.points_earned, next_expires_at = coalesce(u.next_expires_at, 'infinity'),
                wallets = $62[u.first:u.last], available = $63[u.first:u.last], pending = $64[u.first:u.last],
                reserved = $65[u.first:u.last], deficit = $66[u.first:u.last], next_expiries = $67[u.first:u.last],
                room = null
            from (select unnest($50), unnest($51), unnest($52), unnest($53), unnest($54), unnest($55), unnest($56),
                unnest($57), unnest($58), unnest($59), unnest($60), unnest($61))
                as u (place, member_id, version, last_recorded_at, day, spend, gross_spend, visits, points_earned,
                    next_expires_at, first, last)
            where member_ledgers.ctid = u.place and member_ledgers.tenant_id = $1
                and member_ledgers.member_id = u.member_id returning 1)
        select array[(select count(*) from written_keys), (select count(*) from written_purchases),
            (select count(*) from written_transactions), (select coalesce(sum(moves), 0) from written_transactions),
            (select count(*) from written_lots), (select count(*) from moved_ledgers)]";
    { tenant } + { keys: KeyColumns, purchases: PurchaseColumns, transactions: TransactionColumns,
      moves: MoveColumns, lots: LotColumns, ledgers: LedgerColumns, wallets: WalletColumns }
    -> { Vec<i64> => diesel::sql_types::Array<BigInt> }
}

impl Whole {
    /// Write it; each part must touch exactly the rows that were decided.
    pub(super) async fn write(self, tx: &TenantConn) -> Result<(), DbError> {
        let parts = [
            self.keys.rows(),
            self.purchases.rows(),
            self.transactions.rows(),
            self.moves.rows(),
            self.lots.rows(),
            self.ledgers.rows(),
        ];
        let expected: Vec<i64> = parts
            .into_iter()
            .map(|rows| i64::try_from(rows).unwrap_or(i64::MAX))
            .collect();
        match self.all(tx).await?.pop() {
            Some((touched,)) if touched == expected => Ok(()),
            touched => Err(DbError::Failed(format!(
                "{touched:?} rows were written instead of {expected:?}"
            ))),
        }
    }
}
