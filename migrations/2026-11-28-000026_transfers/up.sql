set local citus.multi_shard_modify_mode to 'sequential';

-- A transfer is one operation in the ledgers of two members: of the one who sends, and of this one. Account 16 of
-- ledger_transfers is what is between them.
alter table operations
    add column counterpart_id uuid,
    add column counterpart_version bigint,
    add check ((counterpart_id is null) = (counterpart_version is null));
