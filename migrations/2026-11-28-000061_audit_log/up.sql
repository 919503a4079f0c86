set local citus.multi_shard_modify_mode to 'sequential';

-- Who changed what of the configuration. Append-only by grants; each row holds the hash of the one before.
create table audit_log (
    tenant_id bigint not null,
    number bigint not null,
    recorded_at timestamptz not null,
    action text not null,
    -- The id of what was changed.
    subject text not null,
    -- The key that asked for it; null: the operator of the service, or the service itself.
    api_key uuid,
    actor text not null check (actor in ('api_key', 'operator', 'system')),
    -- The partner whose credential it was, if it was one's.
    partner text,
    -- JSON of what differs.
    before text,
    after text,
    previous_hash bytea not null,
    hash bytea not null,
    primary key (tenant_id, number)
);
select tamaru_distribute('audit_log');

alter table audit_log enable row level security;
create policy own_tenant on audit_log
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on audit_log to tamaru_app;

-- The end of the tenant's chain; its row is locked while one more is added.
create table audit_heads (
    tenant_id bigint not null primary key,
    number bigint not null,
    hash bytea not null
) with (fillfactor = 50);
select tamaru_distribute('audit_heads');

alter table audit_heads enable row level security;
create policy own_tenant on audit_heads
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on audit_heads to tamaru_app;
