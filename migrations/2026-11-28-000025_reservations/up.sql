set local citus.multi_shard_modify_mode to 'sequential';

-- Redemptions that hold points now: a row comes with the reservation and goes with its end, in the transaction of each, so
-- that those whose time is over are found without a look at any that ended.
create table reservations (
    tenant_id bigint not null,
    -- The redemption.
    id uuid not null,
    member_id uuid not null,
    -- From this instant on it is over.
    expires_at timestamptz not null,
    primary key (tenant_id, id)
);
select tamaru_distribute('reservations');
create index reservations_by_end on reservations (tenant_id, expires_at);

alter table reservations enable row level security;
create policy own_tenant on reservations
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, delete on reservations to tamaru_app;
