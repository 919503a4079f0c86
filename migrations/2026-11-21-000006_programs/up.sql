set local citus.multi_shard_modify_mode to 'sequential';

-- The document being edited; one per tenant.
create table program_drafts (
    tenant_id bigint not null primary key,
    document json not null,
    revision bigint not null,
    changed_at timestamptz not null
);
select tamaru_distribute('program_drafts');

alter table program_drafts enable row level security;
create policy own_tenant on program_drafts
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on program_drafts to tamaru_app;

-- Published versions never change: the service may only add.
create table program_versions (
    tenant_id bigint not null,
    version integer not null,
    document json not null,
    effective_from timestamptz not null,
    published_at timestamptz not null,
    published_by uuid not null,
    primary key (tenant_id, version)
);
select tamaru_distribute('program_versions');

alter table program_versions enable row level security;
create policy own_tenant on program_versions
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on program_versions to tamaru_app;
