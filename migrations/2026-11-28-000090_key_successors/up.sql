set local citus.multi_shard_modify_mode to 'sequential';

-- The key that takes the place of a rotated one. Such a key can't be rotated again: its end is that of the overlap.
alter table api_keys add column replaced_by uuid;
