set local citus.multi_shard_modify_mode to 'sequential';

-- The row that is locked: one per member, made at enrolment.
create table member_ledgers (
    tenant_id bigint not null,
    member_id uuid not null,
    -- Up by one with every committed command of the member, without gaps.
    version bigint not null default 0,
    -- Ledger time never runs backwards within a member.
    last_recorded_at timestamptz not null,
    primary key (tenant_id, member_id),
    foreign key (tenant_id, member_id) references members (tenant_id, id)
) with (fillfactor = 70);
select tamaru_distribute('member_ledgers');

alter table member_ledgers enable row level security;
create policy own_tenant on member_ledgers
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on member_ledgers to tamaru_app;

-- Balances, in no index: an update stays on its page.
create table wallets (
    tenant_id bigint not null,
    member_id uuid not null,
    wallet text not null,
    available bigint not null check (available >= 0),
    pending bigint not null check (pending >= 0),
    reserved bigint not null check (reserved >= 0),
    deficit bigint not null check (deficit >= 0),
    -- The earliest expiry among open lots: may be too early, never too late.
    next_expires_at timestamptz not null,
    primary key (tenant_id, member_id, wallet)
) with (fillfactor = 70);
select tamaru_distribute('wallets');

alter table wallets enable row level security;
create policy own_tenant on wallets
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on wallets to tamaru_app;

-- Points granted together. expires_at is infinity for points that never expire.
create table lots (
    tenant_id bigint not null,
    member_id uuid not null,
    expires_at timestamptz not null,
    id uuid not null,
    wallet text not null,
    granted bigint not null check (granted > 0),
    remaining bigint not null check (remaining between 0 and granted),
    activates_at timestamptz,
    occurred_at timestamptz not null,
    transaction_id uuid not null,
    rule text not null,
    program_version integer not null,
    primary key (tenant_id, member_id, expires_at, id)
) with (fillfactor = 90);
select tamaru_distribute('lots');

alter table lots enable row level security;
create policy own_tenant on lots
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on lots to tamaru_app;
grant update (remaining) on lots to tamaru_app;

-- One row per atomic change of a member's points, also of 0 points. Append-only by grants.
create table ledger_transactions (
    tenant_id bigint not null,
    member_id uuid not null,
    version bigint not null,
    id uuid not null,
    kind text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    -- The API key that asked for it.
    actor uuid not null,
    -- The purchase or redemption it belongs to.
    subject uuid,
    reason text,
    corrects uuid,
    primary key (tenant_id, member_id, version)
);
select tamaru_distribute('ledger_transactions');

alter table ledger_transactions enable row level security;
create policy own_tenant on ledger_transactions
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on ledger_transactions to tamaru_app;

-- Points moved from a debit to a credit account: zero-sum by construction. Append-only by grants.
-- Accounts: 1 available, 2 pending, 3 reserved, 4 deficit; 11 issued, 12 redeemed, 13 expired, 14 adjusted, 15 donated.
create table ledger_transfers (
    tenant_id bigint not null,
    member_id uuid not null,
    version bigint not null,
    position smallint not null,
    wallet text not null,
    debit smallint not null,
    credit smallint not null check (credit <> debit),
    points bigint not null check (points > 0),
    -- Available points of the wallet after this row.
    balance_after bigint not null,
    rule text,
    lot_id uuid,
    primary key (tenant_id, member_id, version, position)
);
select tamaru_distribute('ledger_transfers');

alter table ledger_transfers enable row level security;
create policy own_tenant on ledger_transfers
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert on ledger_transfers to tamaru_app;

-- Counters per business date: every window of spend, visits or points is a sum over them.
create table member_days (
    tenant_id bigint not null,
    member_id uuid not null,
    business_date date not null,
    spend bigint not null,
    gross_spend bigint not null,
    visits bigint not null,
    points_earned bigint not null,
    primary key (tenant_id, member_id, business_date)
) with (fillfactor = 90);
select tamaru_distribute('member_days');

alter table member_days enable row level security;
create policy own_tenant on member_days
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, update on member_days to tamaru_app;
