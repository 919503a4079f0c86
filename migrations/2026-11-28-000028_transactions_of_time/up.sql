set local citus.multi_shard_modify_mode to 'sequential';

-- A transaction is found by its id through what made it. What time alone did was made by nothing, and is found here.
create index ledger_transactions_of_time on ledger_transactions (tenant_id, id) where subject is null;
