set local citus.multi_shard_modify_mode to 'sequential';

-- The anchor: one row per tenant. Set-based inserts select the tenant from here, so that a
-- statement that runs without the tenant set writes nothing instead of something wrong.
create table tenant_keys (
    tenant_id bigint not null primary key,
    -- Goes up with every change of program, stores or settings; read in every batch, so that
    -- no node judges a receipt by an old version.
    catalog_revision bigint not null default 1
);
select tamaru_distribute('tenant_keys');

alter table tenant_keys enable row level security;
create policy own_tenant on tenant_keys
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on tenant_keys to tamaru_app;
