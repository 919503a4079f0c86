set local citus.multi_shard_modify_mode to 'sequential';

-- How often the clock of a sandbox tenant was moved. A copy of balances in Redis names the number that it was made under,
-- and counts for nothing under another.
alter table tenant_keys add column test_clock_moves bigint not null default 0;
