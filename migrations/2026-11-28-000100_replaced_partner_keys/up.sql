set local citus.multi_shard_modify_mode to 'sequential';

-- Control table: keys of partners that were replaced, and until when they work; they stay, since what they asked for
-- remembers them. The newest key of a partner stands in partners, where a node of the version before looks for it.
create table replaced_partner_keys (
    id uuid primary key,
    partner_id uuid not null references partners (id),
    secret_hash text not null,
    ends_at timestamptz not null
);
select tamaru_reference('replaced_partner_keys');
create index replaced_partner_keys_by_partner on replaced_partner_keys (partner_id);
grant select, insert on replaced_partner_keys to tamaru_app;
grant update (ends_at) on replaced_partner_keys to tamaru_app;
