set local citus.multi_shard_modify_mode to 'sequential';

-- By which a worker finds the tenants that wait for deliveries.
alter table tenants add column has_webhooks boolean not null default false;
-- Since when some endpoint of the tenant is there and enabled; null: none is, and nothing is written for webhooks.
-- Read in every batch.
alter table tenant_keys add column webhooks_since timestamptz;

create table webhook_endpoints (
    tenant_id bigint not null,
    id uuid not null,
    url text not null,
    -- Types of events; none: all of them.
    events text[] not null,
    description text,
    is_enabled boolean not null default true,
    -- Which of the secrets that can be derived for the endpoint counts, and how long the one before does too.
    secret_number integer not null default 1,
    previous_secret_until timestamptz,
    created_at timestamptz not null,
    -- When it was switched off by itself, and why.
    disabled_at timestamptz,
    disabled_reason text,
    -- Deliveries to it are gone; the row stays until they are.
    deleted_at timestamptz,
    -- Since when nothing arrives there, and how often in a row that was seen.
    failing_since timestamptz,
    failures integer not null default 0,
    paused_until timestamptz,
    -- A worker has it for a while, so that it gets no more at once than one worker sends.
    leased_until timestamptz,
    primary key (tenant_id, id)
) with (fillfactor = 50);
select tamaru_distribute('webhook_endpoints');

alter table webhook_endpoints enable row level security;
create policy own_tenant on webhook_endpoints
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update, delete on webhook_endpoints to tamaru_app;

-- What happened, for those who want to hear of it: written in the transaction of what happened.
create table outbox (
    tenant_id bigint not null,
    id uuid not null,
    type text not null,
    member_id uuid,
    -- The transaction of the ledger that it tells of.
    transaction_id uuid,
    -- Ids and numbers only; given on as it is.
    data text not null,
    recorded_at timestamptz not null,
    -- By the database's time, whatever the tenant's clock says.
    written_at timestamptz not null,
    is_dispatched boolean not null default false,
    primary key (tenant_id, id)
) with (fillfactor = 80);
select tamaru_distribute('outbox');

alter table outbox enable row level security;
create policy own_tenant on outbox
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, delete on outbox to tamaru_app;
grant update (is_dispatched) on outbox to tamaru_app;
-- A cursor over ids would miss what commits late; what waits is found by this instead.
create index outbox_waiting on outbox (tenant_id, id) where not is_dispatched;

-- One event on its way to one endpoint.
create table webhook_deliveries (
    tenant_id bigint not null,
    endpoint_id uuid not null,
    event_id uuid not null,
    status text not null check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null,
    last_attempt_at timestamptz,
    -- The status of the last answer, if there was one.
    response_status integer,
    -- Its beginning, for those who look for the cause.
    response_body text,
    error text,
    primary key (tenant_id, endpoint_id, event_id)
) with (fillfactor = 80);
select tamaru_distribute('webhook_deliveries');

alter table webhook_deliveries enable row level security;
create policy own_tenant on webhook_deliveries
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update, delete on webhook_deliveries to tamaru_app;
create index webhook_deliveries_due on webhook_deliveries (tenant_id, endpoint_id, next_attempt_at, event_id)
    where status = 'pending';
create index webhook_deliveries_by_event on webhook_deliveries (tenant_id, event_id);
