set local citus.multi_shard_modify_mode to 'sequential';

-- What was answered once more under a key that is not the first for it; then neither subject nor refusal.
alter table idempotency_keys add column repeats uuid;
