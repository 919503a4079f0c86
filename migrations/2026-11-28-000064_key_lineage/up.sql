set local citus.multi_shard_modify_mode to 'sequential';

-- The first of the keys that replaced each other by rotation, all of which are one hand; null: this one.
alter table api_keys add column lineage uuid;
