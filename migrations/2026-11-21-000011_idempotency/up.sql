set local citus.multi_shard_modify_mode to 'sequential';

-- Written in the transaction of what it guards. There is never an on-conflict clause on this
-- table: a key that is already used must abort the whole batch.
create table idempotency_keys (
    tenant_id bigint not null,
    -- Hash of the caller's key.
    key uuid not null,
    content_hash uuid not null,
    -- What was made under the key; null when the command was refused.
    subject uuid,
    -- A refusal that repeats: its code and numbers.
    refusal json,
    recorded_at timestamptz not null,
    primary key (tenant_id, key)
);
select tamaru_distribute('idempotency_keys');

alter table idempotency_keys enable row level security;
create policy own_tenant on idempotency_keys
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on idempotency_keys to tamaru_app;
