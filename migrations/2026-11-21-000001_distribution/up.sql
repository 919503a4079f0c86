set local citus.multi_shard_modify_mode to 'sequential';

-- Plain Postgres today, row-sharded Citus tomorrow: both run the same migrations, since
-- these two do nothing unless the extension is there.
create function tamaru_distribute(table_name text) returns void language plpgsql as $$
begin
    if exists (select 1 from pg_extension where extname = 'citus') then
        execute format('select create_distributed_table(%L, %L)', table_name, 'tenant_id');
    end if;
end $$;

create function tamaru_reference(table_name text) returns void language plpgsql as $$
begin
    if exists (select 1 from pg_extension where extname = 'citus') then
        execute format('select create_reference_table(%L)', table_name);
    end if;
end $$;
