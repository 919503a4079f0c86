set local citus.multi_shard_modify_mode to 'sequential';

-- What is done beside receipts and redemptions, or to one of them: returns, voids, claims, captures, releases, reversals,
-- adjustments, transfers. Append-only by grants.
create table operations (
    tenant_id bigint not null,
    id uuid not null,
    kind text not null,
    -- The purchase or redemption that it concerns; null when it stands alone.
    subject uuid,
    -- Counts up from 1 within the subject. Two nodes that act on one subject at once meet here, and the later one looks
    -- again: a purchase without a member has no ledger that could be locked.
    number integer,
    -- Whose ledger it moved, and the version after it; null without a member.
    member_id uuid,
    version bigint,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor uuid not null,
    -- What was answered, with what later operations need; the answer is rendered from it again, byte for byte.
    outcome text not null,
    primary key (tenant_id, id),
    unique (tenant_id, subject, number),
    check ((subject is null) = (number is null))
);
select tamaru_distribute('operations');

alter table operations enable row level security;
create policy own_tenant on operations
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on operations to tamaru_app;
