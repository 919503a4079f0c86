set local citus.multi_shard_modify_mode to 'sequential';

create table redemptions (
    tenant_id bigint not null,
    id uuid not null,
    member_id uuid not null,
    -- Hash of the caller's own reference, unique within the tenant when given.
    reference uuid,
    content_hash uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor uuid not null,
    outcome json not null,
    primary key (tenant_id, id),
    unique (tenant_id, reference)
);
select tamaru_distribute('redemptions');

alter table redemptions enable row level security;
create policy own_tenant on redemptions
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on redemptions to tamaru_app;
