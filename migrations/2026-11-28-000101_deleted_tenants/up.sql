set local citus.multi_shard_modify_mode to 'sequential';

-- A deleted tenant is nobody's any more: its keys are revoked, and `tamaru tenants purge` takes its rows out of every
-- table. This row stays, so that the same can be done again where a backup brings them back.
alter table tenants drop constraint tenants_status_check;
alter table tenants add constraint tenants_status_check check (status in ('active', 'suspended', 'deleted'));
