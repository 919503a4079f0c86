set local citus.multi_shard_modify_mode to 'sequential';

create table stores (
    tenant_id bigint not null,
    id uuid not null,
    code text not null,
    name text not null,
    -- Null: the tenant's zone.
    time_zone text,
    revision bigint not null default 1,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, code)
);
select tamaru_distribute('stores');

alter table stores enable row level security;
create policy own_tenant on stores
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on stores to tamaru_app;
