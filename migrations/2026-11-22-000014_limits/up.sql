set local citus.multi_shard_modify_mode to 'sequential';

-- What rules, bonuses and wallets with limits granted, per member and business date of the tenant:
-- a limit per day, week, month, year or for ever is a sum over these rows.
create table rule_uses (
    tenant_id bigint not null,
    member_id uuid not null,
    code text not null,
    business_date date not null,
    points bigint not null,
    -- Awards above zero.
    times bigint not null,
    primary key (tenant_id, member_id, code, business_date)
) with (fillfactor = 90);
select tamaru_distribute('rule_uses');

alter table rule_uses enable row level security;
create policy own_tenant on rule_uses
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on rule_uses to tamaru_app;

-- What codes with a campaign limit granted to all members together. The row is locked after the
-- members, in order of the code.
create table budgets (
    tenant_id bigint not null,
    code text not null,
    points bigint not null,
    times bigint not null,
    primary key (tenant_id, code)
) with (fillfactor = 50);
select tamaru_distribute('budgets');

alter table budgets enable row level security;
create policy own_tenant on budgets
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on budgets to tamaru_app;
