set local citus.multi_shard_modify_mode to 'sequential';

-- A change of the cut-over counts from the next business day; receipts of before are cut as they were then:
-- [{"before": date, "cutover": time}], ascending.
alter table tenants add column earlier_cutovers json not null default '[]';
