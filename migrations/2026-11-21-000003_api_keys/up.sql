set local citus.multi_shard_modify_mode to 'sequential';

-- Control table: a key is looked up before its tenant is known.
create table api_keys (
    id uuid primary key,
    tenant_id bigint not null references tenants (id),
    name text not null,
    -- argon2id of the whole key; the key itself is shown once and kept nowhere.
    secret_hash text not null,
    last_four text not null,
    scopes text[] not null,
    created_at timestamptz not null,
    created_by uuid,
    expires_at timestamptz,
    revoked_at timestamptz,
    changed_at timestamptz not null
);
select tamaru_reference('api_keys');
create index api_keys_by_tenant on api_keys (tenant_id, id);
create index api_keys_by_change on api_keys (changed_at);
grant select, insert, update on api_keys to tamaru_app;
