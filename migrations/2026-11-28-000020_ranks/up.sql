set local citus.multi_shard_modify_mode to 'sequential';

-- Where members stand on ladders. Without a row a member stands where everybody begins.
create table ranks (
    tenant_id bigint not null,
    member_id uuid not null,
    ladder text not null,
    -- Code of the step that spending made, and the business date on which it began.
    earned text,
    earned_on date,
    -- A rank that somebody set goes before it, up to and with its last date.
    manual text,
    manual_until date,
    -- From when on the present rank counts.
    since timestamptz,
    changes integer not null,
    -- The last business date whose review is done; all members are reviewed up to tenant_keys.ranks_reviewed_on.
    reviewed_on date,
    -- Reviews after reviewed_on are to be done again: a receipt of the past came in.
    is_late boolean not null,
    primary key (tenant_id, member_id, ladder)
-- Where a whole ladder falls at once, every row still finds room on its page.
) with (fillfactor = 50);
select tamaru_distribute('ranks');

alter table ranks enable row level security;
create policy own_tenant on ranks
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on ranks to tamaru_app;
-- The few that a review must look at whatever the counters say.
create index ranks_to_look_at on ranks (tenant_id, member_id) where is_late or manual_until is not null;

-- Every change with the numbers that caused it. Append-only by grants.
create table rank_changes (
    tenant_id bigint not null,
    member_id uuid not null,
    ladder text not null,
    number integer not null,
    code text,
    previous text,
    effective_at timestamptz not null,
    recorded_at timestamptz not null,
    cause text not null,
    purchase_id uuid,
    until date,
    reason text,
    -- [{"metric", "threshold", "value", "from", "to"}], given back as it is.
    numbers text not null,
    program_version integer not null,
    -- The member's ledger version when it was made; that of the receipt, if one made it.
    version bigint not null,
    -- The API key that asked for it.
    actor uuid not null,
    primary key (tenant_id, member_id, ladder, number)
);
select tamaru_distribute('rank_changes');

alter table rank_changes enable row level security;
create policy own_tenant on rank_changes
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on rank_changes to tamaru_app;

-- The business date whose reviews have begun, and the last one whose reviews are done for everybody.
alter table tenant_keys add column ranks_began_on date, add column ranks_reviewed_on date;
