set local citus.multi_shard_modify_mode to 'sequential';

-- Control table: a partner acts for several tenants and belongs to none. Its key stands here and
-- not in api_keys, so that no statement on keys of tenants can meet it.
create table partners (
    id uuid primary key,
    name text not null,
    key_id uuid not null unique,
    -- argon2id of the whole key; the key itself is shown once and kept nowhere.
    secret_hash text not null,
    last_four text not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    changed_at timestamptz not null
);
select tamaru_reference('partners');
create index partners_by_change on partners (changed_at);
grant select, insert, update on partners to tamaru_app;

-- Control table: a grant is looked up before its tenant is known.
create table partner_grants (
    id uuid primary key,
    tenant_id bigint not null references tenants (id),
    partner_id uuid not null references partners (id),
    scopes text[] not null,
    -- Codes; null: every store.
    stores text[],
    created_at timestamptz not null,
    created_by uuid not null,
    revoked_at timestamptz,
    changed_at timestamptz not null
);
select tamaru_reference('partner_grants');
create index partner_grants_by_tenant on partner_grants (tenant_id, id);
create index partner_grants_by_change on partner_grants (changed_at);
-- What counts is one grant, so that there is one to take back.
create unique index partner_grants_once on partner_grants (tenant_id, partner_id) where revoked_at is null;
grant select, insert, update on partner_grants to tamaru_app;
