set local citus.multi_shard_modify_mode to 'sequential';

-- An adjustment of more points than that waits until a second key approves it; null: none does.
alter table tenants add column two_person_above bigint check (two_person_above >= 0);
