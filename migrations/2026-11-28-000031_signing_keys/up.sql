set local citus.multi_shard_modify_mode to 'sequential';

-- Control table: the keys that sign tokens are the service's, of no tenant.
create table signing_keys (
    kid text primary key,
    public_key bytea not null,
    -- PKCS 8, sealed with a key that is derived from the master key.
    sealed_key bytea not null,
    created_at timestamptz not null
);
select tamaru_reference('signing_keys');
grant select, insert on signing_keys to tamaru_app;
