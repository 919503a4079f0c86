alter view ledger_transfers rename to ledger_moves;
create table ledger_transfers (
    tenant_id bigint not null,
    member_id uuid not null,
    version bigint not null,
    position smallint not null,
    wallet text not null,
    debit smallint not null,
    credit smallint not null check (credit <> debit),
    points bigint not null check (points > 0),
    balance_after bigint not null,
    rule text,
    lot_id uuid,
    primary key (tenant_id, member_id, version, position)
);
select tamaru_distribute('ledger_transfers');

alter table ledger_transfers enable row level security;
create policy own_tenant on ledger_transfers
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on ledger_transfers to tamaru_app;

insert into ledger_transfers select * from ledger_moves;
drop view ledger_moves;
alter table ledger_transactions drop column wallets, drop column debits, drop column credits, drop column points,
    drop column balances_after, drop column rules, drop column lots;
