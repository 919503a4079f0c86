alter view wallets rename to held_wallets;
create table wallets (
    tenant_id bigint not null,
    member_id uuid not null,
    wallet text not null,
    available bigint not null check (available >= 0),
    pending bigint not null check (pending >= 0),
    reserved bigint not null check (reserved >= 0),
    deficit bigint not null check (deficit >= 0),
    next_expires_at timestamptz not null,
    primary key (tenant_id, member_id, wallet)
) with (fillfactor = 70);
select tamaru_distribute('wallets');

alter table wallets enable row level security;
create policy own_tenant on wallets
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on wallets to tamaru_app;
insert into wallets select * from held_wallets;
create index wallets_by_next_expiry on wallets (tenant_id, next_expires_at) where next_expires_at < 'infinity';

drop view held_wallets;
drop index member_ledgers_by_next_expiry;
alter table member_ledgers set (fillfactor = 70);
alter table member_ledgers drop column room, drop column next_expiries, drop column deficit, drop column reserved,
    drop column pending, drop column available, drop column wallets, drop column next_expires_at,
    drop column enrolled_at, drop column status;
