set local citus.multi_shard_modify_mode to 'sequential';

-- Control table: what the last look at the books of each tenant found, for those who watch the whole service.
create table book_checks (
    tenant_id bigint not null references tenants (id),
    invariant text not null,
    violations bigint not null,
    checked_at timestamptz not null,
    primary key (tenant_id, invariant)
);
select tamaru_reference('book_checks');
grant select, insert, update on book_checks to tamaru_app;
