-- A points ledger as a good engineer would write it by hand, without a service around it.
-- Runs inside a schema of its own (the search path is set by the caller).
create table tenants (tenant_id int primary key, name text not null);
create table members (
  tenant_id int not null references tenants, member_id bigint not null,
  card_no text not null, rank_code smallint not null default 1, joined_at timestamptz not null default now(),
  primary key (tenant_id, member_id));
-- Room on each page lets a balance be updated in place.
create table wallets (
  tenant_id int not null, member_id bigint not null, wallet smallint not null default 1,
  version bigint not null default 0, balance bigint not null default 0, lifetime bigint not null default 0,
  primary key (tenant_id, member_id, wallet)) with (fillfactor = 80);
create table ledger_transactions (
  tenant_id int not null, id uuid not null, member_id bigint not null, kind smallint not null,
  idempotency_key text not null, occurred_at timestamptz not null, recorded_at timestamptz not null default now(),
  payload jsonb not null,
  primary key (tenant_id, id));
create unique index ledger_tx_idem on ledger_transactions (tenant_id, idempotency_key);
create index ledger_tx_member on ledger_transactions (tenant_id, member_id, id);
create table ledger_entries (
  tenant_id int not null, tx_id uuid not null, seq smallint not null, member_id bigint not null,
  account smallint not null, amount bigint not null, balance_after bigint,
  primary key (tenant_id, tx_id, seq));
create table lots (
  tenant_id int not null, id uuid not null, member_id bigint not null,
  earned bigint not null, remaining bigint not null, expires_at date not null,
  primary key (tenant_id, id)) with (fillfactor = 90);
create index lots_open on lots (tenant_id, member_id, expires_at) where remaining > 0;
create table outbox (
  tenant_id int not null, id uuid not null, payload jsonb not null,
  primary key (tenant_id, id));

-- Ids that grow with time keep inserts at the right edge of every index.
create function uuid7() returns uuid language sql volatile as $$
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
    || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid $$;

-- The same work in one round trip; a key used before changes nothing.
create function earn_one(p_tenant int, p_member bigint, p_key text, p_points bigint, p_amount bigint)
returns bigint language plpgsql as $$
declare b bigint; v uuid := uuid7(); x uuid;
begin
  select balance into b from wallets where tenant_id = p_tenant and member_id = p_member and wallet = 1 for update;
  insert into ledger_transactions (tenant_id, id, member_id, kind, idempotency_key, occurred_at, payload)
    values (p_tenant, v, p_member, 1, p_key, now(),
      jsonb_build_object('amount', p_amount, 'store', 'S001', 'rule', 'base-1pct', 'receipt', p_key))
    on conflict (tenant_id, idempotency_key) do nothing returning id into x;
  if x is null then return b; end if;
  insert into ledger_entries values
    (p_tenant, v, 1, p_member, 1, p_points, b + p_points), (p_tenant, v, 2, p_member, 2, -p_points, null);
  insert into lots values (p_tenant, v, p_member, p_points, p_points, current_date + 365);
  update wallets set balance = balance + p_points, lifetime = lifetime + p_points, version = version + 1
    where tenant_id = p_tenant and member_id = p_member and wallet = 1;
  insert into outbox values (p_tenant, v,
    jsonb_build_object('type', 'points.earned', 'member', p_member, 'points', p_points, 'balance', b + p_points));
  return b + p_points;
end $$;
