set local citus.multi_shard_modify_mode to 'sequential';

-- When and where a member agreed to something, or took it back.
create table consent_changes (
    tenant_id bigint not null,
    member_id uuid not null,
    consent text not null,
    -- The member's revision that has it.
    revision bigint not null,
    -- Null: it is not spoken of any more.
    granted boolean,
    source text,
    recorded_at timestamptz not null,
    actor uuid not null,
    primary key (tenant_id, member_id, consent, revision)
);
select tamaru_distribute('consent_changes');

alter table consent_changes enable row level security;
create policy own_tenant on consent_changes
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, delete on consent_changes to tamaru_app;
