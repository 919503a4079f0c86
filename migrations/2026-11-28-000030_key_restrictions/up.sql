set local citus.multi_shard_modify_mode to 'sequential';

-- What a key may not although its scopes allow it; read as a whole by the service only.
alter table api_keys add column restrictions json not null default '{}';

-- How many points each key moved by hand in a business day of the tenant, for keys that have a limit.
create table key_days (
    tenant_id bigint not null,
    key_id uuid not null,
    business_date date not null,
    points bigint not null,
    primary key (tenant_id, key_id, business_date)
) with (fillfactor = 50);
select tamaru_distribute('key_days');

alter table key_days enable row level security;
create policy own_tenant on key_days
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on key_days to tamaru_app;

-- What is counted in it, by the request's idempotency key, so that a repeat is counted once.
create table key_uses (
    tenant_id bigint not null,
    key_id uuid not null,
    idempotency_key uuid not null,
    business_date date not null,
    points bigint not null,
    primary key (tenant_id, key_id, idempotency_key)
);
select tamaru_distribute('key_uses');

alter table key_uses enable row level security;
create policy own_tenant on key_uses
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, delete on key_uses to tamaru_app;
