set local citus.multi_shard_modify_mode to 'sequential';

-- Everything that a decision asks of a member stands in the row that is locked for it: wallets side by side, the first of
-- each list being the first wallet, and where the member stands, which `members` says too (`tamaru verify` compares them).
-- A look and an update for each wallet cost more than all that is done with them.
alter table member_ledgers
    add column status text not null default 'active',
    add column enrolled_at timestamptz not null default now(),
    -- The earliest expiry among open lots: may be too early, never too late.
    add column next_expires_at timestamptz not null default 'infinity',
    add column wallets text[] not null default '{}',
    add column available bigint[] not null default '{}' check (0 <= all (available)),
    add column pending bigint[] not null default '{}' check (0 <= all (pending)),
    add column reserved bigint[] not null default '{}' check (0 <= all (reserved)),
    add column deficit bigint[] not null default '{}' check (0 <= all (deficit)),
    -- The same as next_expires_at for each wallet; null for never.
    add column next_expiries timestamptz[] not null default '{}',
    add constraint member_ledgers_wallets_check check (cardinality(available) = cardinality(wallets)
        and cardinality(pending) = cardinality(wallets) and cardinality(reserved) = cardinality(wallets)
        and cardinality(deficit) = cardinality(wallets) and cardinality(next_expiries) = cardinality(wallets)),
    -- A row that is updated again and again needs room on its page for its next version. A low fillfactor leaves it, and
    -- also makes Postgres clean up the page for every single version that is over. So the room is within the rows: they
    -- are written longer than they need to be, and the first batch that changes them gives that up.
    add column room bytea;
alter table member_ledgers alter column room set default '\x0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000';
alter table member_ledgers set (fillfactor = 90);

update member_ledgers l set status = m.status, enrolled_at = m.enrolled_at,
        next_expires_at = coalesce(w.earliest, 'infinity'), wallets = coalesce(w.wallets, '{}'),
        available = coalesce(w.available, '{}'), pending = coalesce(w.pending, '{}'),
        reserved = coalesce(w.reserved, '{}'), deficit = coalesce(w.deficit, '{}'),
        next_expiries = coalesce(w.expiries, '{}')
    from members m left join (
        select tenant_id, member_id, min(next_expires_at) as earliest, array_agg(wallet order by wallet) as wallets,
            array_agg(available order by wallet) as available, array_agg(pending order by wallet) as pending,
            array_agg(reserved order by wallet) as reserved, array_agg(deficit order by wallet) as deficit,
            array_agg(nullif(next_expires_at, 'infinity') order by wallet) as expiries
        from wallets group by tenant_id, member_id) w on w.tenant_id = m.tenant_id and w.member_id = m.id
    where m.tenant_id = l.tenant_id and m.id = l.member_id;
-- Whoever enrols a member says both.
alter table member_ledgers alter column status drop default, alter column enrolled_at drop default;
drop table wallets;
create index member_ledgers_by_next_expiry on member_ledgers (tenant_id, next_expires_at) where next_expires_at < 'infinity';

-- One row for each wallet.
create view wallets with (security_invoker = true) as
    select tenant_id, member_id, wallet, available, pending, reserved, deficit,
        coalesce(next_expiry, 'infinity') as next_expires_at
    from (
        select tenant_id, member_id, unnest(wallets) as wallet, unnest(available) as available,
            unnest(pending) as pending, unnest(reserved) as reserved, unnest(deficit) as deficit,
            unnest(next_expiries) as next_expiry
        from member_ledgers) w;
grant select on wallets to tamaru_app;
analyze member_ledgers;
