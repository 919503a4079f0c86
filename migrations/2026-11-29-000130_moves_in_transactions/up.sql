set local citus.multi_shard_modify_mode to 'sequential';

-- The moves of a transaction stand in its row, side by side in the order in which they took place: the first of each list
-- is the first move. A row of its own for each cost a place in an index and a third of what a receipt writes. The rows are
-- written anew in the order of time, which the block range index lives from.
alter table ledger_transactions rename to ledger_transactions_before;
alter index ledger_transactions_pkey rename to ledger_transactions_before_pkey;
drop index ledger_transactions_of_time;
drop index ledger_transactions_by_time;

create table ledger_transactions (
    tenant_id bigint not null,
    member_id uuid not null,
    version bigint not null,
    id uuid not null,
    kind text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    -- The API key that asked for it.
    actor uuid not null,
    -- The purchase or redemption it belongs to.
    subject uuid,
    reason text,
    corrects uuid,
    wallets text[] not null default '{}',
    -- Points go from a debit to a credit account: zero-sum by construction.
    -- Accounts: 1 available, 2 pending, 3 reserved, 4 deficit; 11 issued, 12 redeemed, 13 expired, 14 adjusted,
    -- 15 donated, 16 on the way from member to member.
    debits smallint[] not null default '{}',
    credits smallint[] not null default '{}',
    points bigint[] not null default '{}' check (0 < all (points)),
    -- Available points of the wallet after each move.
    balances_after bigint[] not null default '{}',
    rules text[] not null default '{}',
    lots uuid[] not null default '{}',
    primary key (tenant_id, member_id, version),
    constraint ledger_transactions_moves_check check (cardinality(wallets) = cardinality(points)
        and cardinality(debits) = cardinality(points) and cardinality(credits) = cardinality(points)
        and cardinality(balances_after) = cardinality(points) and cardinality(rules) = cardinality(points)
        and cardinality(lots) = cardinality(points))
);
select tamaru_distribute('ledger_transactions');

alter table ledger_transactions enable row level security;
create policy own_tenant on ledger_transactions
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on ledger_transactions to tamaru_app;

insert into ledger_transactions
    select t.*, coalesce(r.wallets, '{}'), coalesce(r.debits, '{}'), coalesce(r.credits, '{}'), coalesce(r.points, '{}'),
        coalesce(r.balances_after, '{}'), coalesce(r.rules, '{}'), coalesce(r.lots, '{}')
    from ledger_transactions_before t left join (
        select tenant_id, member_id, version,
            array_agg(wallet order by position) as wallets, array_agg(debit order by position) as debits,
            array_agg(credit order by position) as credits, array_agg(points order by position) as points,
            array_agg(balance_after order by position) as balances_after, array_agg(rule order by position) as rules,
            array_agg(lot_id order by position) as lots
        from ledger_transfers group by tenant_id, member_id, version) r using (tenant_id, member_id, version)
    order by t.recorded_at, t.tenant_id, t.member_id, t.version;
drop table ledger_transfers;
drop table ledger_transactions_before;

create index ledger_transactions_of_time on ledger_transactions (tenant_id, id) where subject is null;
create index ledger_transactions_by_time on ledger_transactions
    using brin (tenant_id, recorded_at) with (pages_per_range = 32, autosummarize = on);

-- One row for each move. What joins moves with something else reads them from their transactions instead, since such a
-- list can't be looked up row by row.
create view ledger_transfers with (security_invoker = true) as
    select tenant_id, member_id, version, generate_subscripts(points, 1) - 1 as position,
        unnest(wallets) as wallet, unnest(debits) as debit, unnest(credits) as credit, unnest(points) as points,
        unnest(balances_after) as balance_after, unnest(rules) as rule, unnest(lots) as lot_id
    from ledger_transactions;
grant select on ledger_transfers to tamaru_app;
analyze ledger_transactions;
