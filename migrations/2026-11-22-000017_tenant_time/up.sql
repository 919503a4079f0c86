set local citus.multi_shard_modify_mode to 'sequential';

-- The clock of a sandbox tenant once it was set; null: the database's time counts.
alter table tenant_keys add column test_clock timestamptz;

-- What was done for a business day of the tenant. A worker takes a day for a while, so that
-- another one takes over what it left undone.
create table job_runs (
    tenant_id bigint not null,
    job text not null,
    business_date date not null,
    -- By the database's time, also for a tenant with a clock of its own.
    leased_until timestamptz not null,
    finished_at timestamptz,
    primary key (tenant_id, job, business_date)
);
select tamaru_distribute('job_runs');

alter table job_runs enable row level security;
create policy own_tenant on job_runs
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on job_runs to tamaru_app;
