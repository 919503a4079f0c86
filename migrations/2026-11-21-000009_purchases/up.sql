set local citus.multi_shard_modify_mode to 'sequential';

-- A receipt that was accepted, with its evaluation: everything a return or a backtest needs.
create table purchases (
    tenant_id bigint not null,
    id uuid not null,
    -- Hash of store, terminal, receipt number and business date: the till's own key.
    till_identity uuid not null,
    content_hash uuid not null,
    member_id uuid,
    store_id uuid not null,
    business_date date not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor uuid not null,
    receipt json not null,
    -- What was answered; the answer is rendered from it again, byte for byte.
    outcome json not null,
    primary key (tenant_id, id),
    unique (tenant_id, till_identity)
-- A receipt of ordinary length stays in its row: squeezing each costs more than the space it saves.
) with (toast_tuple_target = 8160);
select tamaru_distribute('purchases');

alter table purchases enable row level security;
create policy own_tenant on purchases
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on purchases to tamaru_app;
