set local citus.multi_shard_modify_mode to 'sequential';

-- All moves of a tenant's ledger that were recorded before a moment, by wallet and accounts. A moment is written down
-- once nothing can be recorded before it any more, and never changes. What a tenant owes at an instant is what stands at
-- the last moment until then, and the moves since.
create table ledger_sums (
    tenant_id bigint not null,
    until timestamptz not null,
    wallet text not null,
    debit smallint not null,
    credit smallint not null,
    points bigint not null,
    primary key (tenant_id, until, wallet, debit, credit)
);
select tamaru_distribute('ledger_sums');

alter table ledger_sums enable row level security;
create policy own_tenant on ledger_sums
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on ledger_sums to tamaru_app;
