set local citus.multi_shard_modify_mode to 'sequential';

-- A member without anything personal: what the ledger and the rules may know.
create table members (
    tenant_id bigint not null,
    id uuid not null,
    status text not null default 'active' check (status in ('active', 'closed', 'merged', 'erased')),
    enrolled_at timestamptz not null,
    -- Code of the store of enrolment, as it was given.
    store text,
    referred_by uuid,
    attributes json not null,
    consents json not null,
    revision bigint not null default 1,
    created_at timestamptz not null,
    primary key (tenant_id, id)
);
select tamaru_distribute('members');

alter table members enable row level security;
create policy own_tenant on members
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on members to tamaru_app;

-- Personal data apart and sealed by a key of its own: erasing a member destroys the key here
-- and rewrites nothing else.
create table member_profiles (
    tenant_id bigint not null,
    member_id uuid not null,
    -- The member's data key, wrapped by the tenant's.
    wrapped_key bytea not null,
    sealed bytea not null,
    primary key (tenant_id, member_id),
    foreign key (tenant_id, member_id) references members (tenant_id, id)
);
select tamaru_distribute('member_profiles');

alter table member_profiles enable row level security;
create policy own_tenant on member_profiles
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update, delete on member_profiles to tamaru_app;

-- Cards, phones, e-mails, external ids. look_up is a keyed hash of kind and normalised value,
-- so that neither a dump nor another tenant can tell whose number it is.
create table member_identifiers (
    tenant_id bigint not null,
    look_up uuid not null,
    kind text not null check (kind in ('card', 'external_id', 'phone', 'email')),
    member_id uuid not null,
    sealed bytea not null,
    created_at timestamptz not null,
    primary key (tenant_id, look_up),
    foreign key (tenant_id, member_id) references members (tenant_id, id)
);
select tamaru_distribute('member_identifiers');
create index member_identifiers_by_member on member_identifiers (tenant_id, member_id);

alter table member_identifiers enable row level security;
create policy own_tenant on member_identifiers
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update, delete on member_identifiers to tamaru_app;
