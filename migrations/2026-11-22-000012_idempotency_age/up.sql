set local citus.multi_shard_modify_mode to 'sequential';

-- Keys are kept for a while, not for ever. They are written in the order of their age, so a block
-- range index finds the old ones at hardly any cost to the write.
create index idempotency_keys_by_age on idempotency_keys using brin (tenant_id, recorded_at);
grant delete on idempotency_keys to tamaru_app;
