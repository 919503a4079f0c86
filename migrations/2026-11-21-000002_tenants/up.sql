set local citus.multi_shard_modify_mode to 'sequential';

-- Control table: no row-level security, since the service must find the tenant before it can act for it.
create table tenants (
    -- Internal number: short in every key of every tenant table.
    id bigint generated always as identity primary key,
    public_id uuid not null unique,
    -- Set on a sandbox twin: the live tenant it belongs to.
    sandbox_of bigint references tenants (id) unique,
    name text not null,
    currency text not null,
    time_zone text not null,
    business_day_cutover time not null,
    prices_include_tax boolean not null,
    -- Units of 10^-4 percent.
    default_tax_percent bigint not null,
    tax_rounding text not null check (tax_rounding in ('floor', 'half_up', 'ceil')),
    points_paid_as text not null check (points_paid_as in ('tender', 'discount')),
    receipt_max_age_days integer,
    receipt_max_future_minutes integer not null,
    earn_before_enrolment boolean not null,
    requests_per_second integer,
    status text not null default 'active' check (status in ('active', 'suspended')),
    -- Goes up with every change: the ETag, and how other nodes notice.
    revision bigint not null default 1,
    created_at timestamptz not null,
    changed_at timestamptz not null
);
select tamaru_reference('tenants');
grant select, insert, update on tenants to tamaru_app;
create index tenants_by_change on tenants (changed_at);
