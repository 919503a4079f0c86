set local citus.multi_shard_modify_mode to 'sequential';

-- What a lot waits for. Null: its points are available. Infinity: nothing is due by time alone.
alter table lots add column pending_until timestamptz;
-- The event that makes the points spendable; null: the time above does. An empty lot that still
-- waits was cancelled.
alter table lots add column awaits text;
grant update (pending_until, awaits, activates_at, expires_at) on lots to tamaru_app;

-- Both indexes leave out what no sweep will ever look for, and neither names a column that an
-- ordinary redemption changes.
create index lots_by_waiting on lots (tenant_id, pending_until) where pending_until < 'infinity';
-- By wallet instead of by lot: a receipt that adds a lot seldom changes which one ends next.
create index wallets_by_next_expiry on wallets (tenant_id, next_expires_at) where next_expires_at < 'infinity';
