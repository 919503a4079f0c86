set local citus.multi_shard_modify_mode to 'sequential';

-- What happened to a recorded purchase, such as its delivery. Append-only by grants.
create table purchase_events (
    tenant_id bigint not null,
    id uuid not null,
    purchase_id uuid not null,
    member_id uuid not null,
    event text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor uuid not null,
    -- What was answered; the answer is rendered from it again, byte for byte.
    outcome json not null,
    primary key (tenant_id, id)
);
select tamaru_distribute('purchase_events');

alter table purchase_events enable row level security;
create policy own_tenant on purchase_events
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on purchase_events to tamaru_app;
